"""Fields that take what people write: any width, eras, 万 and hyphens are normalised before anything is judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Any, Final, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from caasis.engines.japanese import MAX_YEN, format_yen, normalise_phone, normalise_text, parse_japanese_date, parse_yen
from caasis.kernel.clock import day_in_japan, utc_now
from caasis.platform.forms.widgets import DateBoxes, YenInput, YenOrUnknown


class Unknown(Enum):
    """「わからない」 is a legitimate answer, and another one than no answer."""

    UNKNOWN = "unknown"


UNKNOWN: Final[Literal[Unknown.UNKNOWN]] = Unknown.UNKNOWN

_ERA_YEAR = re.compile(r"(?:明治|大正|昭和|平成|令和|[MTSHRmtshr])\.?(?:元|\d{1,2})")


def _today() -> date:
    return day_in_japan(utc_now())


class JapaneseDateField(forms.Field):
    """A day in three boxes; the year may be 2025, ２０２５, 令和7 or R7, and a whole date in the first box is read too.

    Cleans to `datetime.date`, to `UNKNOWN` when `unknown_label` is given and chosen, or to None when left empty.
    `today` is the clock, by default the day in Japan; `not_after_today` refuses the future.
    """

    widget = DateBoxes
    default_error_messages = {
        "incomplete": "年・月・日を、すべて入力してください。",
        "year": "年を、2025や令和7のように入力してください。",
        "invalid": "カレンダーにない日です。年・月・日を確かめてください。",
        "future": "きょうか、きょうより前の日を入力してください。",
        "earliest": "年が古すぎます。年を確かめてください。",
    }

    def __init__(
        self,
        *,
        not_after_today: bool = False,
        unknown_label: str = "",
        earliest: date = date(1900, 1, 1),
        today: Callable[[], date] = _today,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("widget", DateBoxes(unknown_label=unknown_label))
        super().__init__(**kwargs)
        self.not_after_today, self.earliest, self.today = not_after_today, earliest, today

    def to_python(self, value: Any) -> date | Unknown | None:
        """`value` is the widget's list: year, month, day as typed, and whether 「わからない」 is ticked."""
        if value is None or isinstance(value, date | Unknown):
            return value
        year, month, day, *rest = [normalise_text(part) if isinstance(part, str) else part for part in value]
        if not (year or month or day):
            return UNKNOWN if rest and rest[0] else None
        if year and not month and not day:
            # People paste or speak a whole date into the first box.
            found = parse_japanese_date(year, self.today())
            if found is None or (year.isdecimal() and len(year) != 8):
                raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        else:
            if not (year and month and day):
                raise ValidationError(self.error_messages["incomplete"], code="incomplete")
            found = self._from_boxes(year, month, day)
        if found < self.earliest:
            raise ValidationError(self.error_messages["earliest"], code="earliest")
        if self.not_after_today and found > self.today():
            raise ValidationError(self.error_messages["future"], code="future")
        return found

    def _from_boxes(self, year: str, month: str, day: str) -> date:
        year, month, day = (
            part.replace(" ", "").removesuffix(unit) for part, unit in ((year, "年"), (month, "月"), (day, "日"))
        )
        if not (re.fullmatch(r"\d{4}", year) or _ERA_YEAR.fullmatch(year)):
            raise ValidationError(self.error_messages["year"], code="year")
        found = parse_japanese_date(f"{year}年{month}月{day}日", self.today())
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or None))
        except ValidationError:
            return True


class YenField(forms.Field):
    """A sum of money as people write it: 1,480,000, 148万, １２３円. Cleans to whole yen (int), `UNKNOWN` or None."""

    default_error_messages = {
        "invalid": "金額を、148万や1,480,000のように入力してください。",
        "negative": "金額は0円以上で入力してください。",
        "too_large": "金額が大きすぎます。けたを確かめてください。",
        "required_or_unknown": "金額を入力するか「わからない」を選んでください。",
    }

    def __init__(self, *, unknown_label: str = "", max_value: int = MAX_YEN, **kwargs: Any) -> None:
        kwargs.setdefault("widget", YenOrUnknown(unknown_label=unknown_label) if unknown_label else YenInput())
        super().__init__(**kwargs)
        self.max_value = max_value
        if unknown_label and "required" not in (kwargs.get("error_messages") or {}):
            self.error_messages["required"] = self.error_messages["required_or_unknown"]

    def to_python(self, value: Any) -> int | Unknown | None:
        """`value` is what was typed, or the two-part widget's list: the sum as typed, and whether it is unknown."""
        if value is None or isinstance(value, int | Unknown):
            return value
        text, unknown = value if isinstance(value, list | tuple) else (value, False)
        text = normalise_text(text or "")
        if not text:
            return UNKNOWN if unknown else None
        if re.match(r"[-−▲△]", text):
            raise ValidationError(self.error_messages["negative"], code="negative")
        amount = parse_yen(text)
        if amount is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if amount > self.max_value:
            raise ValidationError(self.error_messages["too_large"], code="too_large")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return format_yen(value).removesuffix("円") if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class PhoneField(forms.CharField):
    """A telephone number; cleans to E.164 (`+81312345678`) or the empty string."""

    default_error_messages = {"invalid": "電話番号を、市外局番から入力してください。"}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "data-width": "8"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        number = normalise_phone(text)
        if number is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class PostcodeField(forms.CharField):
    """A Japanese postcode; cleans to seven digits or the empty string."""

    default_error_messages = {"invalid": "郵便番号は7けたの数字で入力してください。"}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "postal-code", "data-width": "8"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = normalise_text(super().to_python(value) or "").removeprefix("〒").replace("-", "").replace(" ", "")
        if text and not re.fullmatch(r"[0-9]{7}", text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return text


class JapaneseEmailField(forms.EmailField):
    """A mail address; full-width letters are taken for what they mean."""

    default_error_messages = {"invalid": "メールアドレスの形を確かめてください。例：name@example.jp"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # EmailField's validator carries Django's sentence, and it is the validator that raises.
        self.validators = [_with_message(v, str(self.error_messages["invalid"])) for v in self.validators]

    def to_python(self, value: Any) -> str:
        return normalise_text(super().to_python(value) or "").replace(" ", "")


def _with_message(validator: Any, message: str) -> Any:
    return EmailValidator(message=message) if isinstance(validator, EmailValidator) else validator
