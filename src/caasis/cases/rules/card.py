"""The card: the flat form of a record's main party, contract and business, as screen, API, draft and approval use it.

A card is a plain dict from the field names below to JSON values. Days are `date`, amounts whole yen, unknown is None
(or an empty text); True/False/None where a fact may be unknown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from caasis.cases.rules.fields import BY_NAME, FIELDS, SEALED_NAMES, Field, Kind
from caasis.engines.japanese import format_date_ja, format_yen, parse_japanese_date, parse_yen

__all__ = ["BY_NAME", "FIELDS", "SEALED_NAMES", "Field", "Kind"]

#: Most keywords that a case may carry.
MAX_KEYWORDS = 5
#: 相談概要 is counted up to this many characters when the case is registered.
SUMMARY_LIMIT = 500

IsCode = Callable[[str, str], bool]


def clean_card(
    raw: Mapping[str, Any], *, today: date, is_code: IsCode
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed or sent, as typed values, and sentences for what can't be taken.

    Tolerant: full width, era dates, 「3万8千円」. Names that are no field of the card are ignored by forms and refused by
    the API, which checks before. `is_code(list, code)` says whether a code exists.
    """
    return clean_fields(raw, BY_NAME, today=today, is_code=is_code)


def clean_fields(
    raw: Mapping[str, Any], fields: Mapping[str, Field], *, today: date, is_code: IsCode
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The same for any set of fields: the card's, or those of one part of the record."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, given in raw.items():
        field = fields.get(name)
        if field is None:
            continue
        try:
            values[name] = _clean(field, given, today, is_code)
        except ValueError as error:
            errors[name] = [str(error)]
    return values, errors


def _clean(field: Field, given: Any, today: date, is_code: IsCode) -> Any:
    match field.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            return _text(field, given)
        case Kind.CODE:
            code = _text(field, given)
            if code and not is_code(field.code_list, code):
                raise ValueError(f"{field.label}を一覧から選んでください。")
            return code
        case Kind.CODES:
            codes = [str(code) for code in _list(given)]
            if any(not is_code(field.code_list, code) for code in codes):
                raise ValueError(f"{field.label}を一覧から選んでください。")
            return list(dict.fromkeys(codes))
        case Kind.WORDS:
            words = [word.strip()[:30] for item in _list(given) for word in _text(field, str(item)).replace("、", " ").split()]
            words = list(dict.fromkeys(word for word in words if word))
            if len(words) > MAX_KEYWORDS:
                raise ValueError(f"{field.label}は{MAX_KEYWORDS}つまでです。")
            return words
        case Kind.DAY:
            return _day(field, given, today)
        case Kind.YEN:
            return _yen(field, given)
        case Kind.NUMBER:
            return _number(field, given)
        case Kind.FLAG:
            return given in (True, "true", "on", "1", "yes", 1)
        case Kind.MAYBE:
            if given in (None, "", "unknown"):
                return None
            return given in (True, "true", "on", "1", "yes", 1)


def _text(field: Field, given: Any) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise ValueError(f"{field.label}は文字で入力してください。")
    # A NUL can't be stored, and line ends differ between browsers.
    text = given.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError(f"{field.label}に読めない文字があります。打ち直してください。")
    if field.limit and len(text) > field.limit:
        raise ValueError(f"{field.label}は{field.limit:,}字までです。短くしてください。")
    return text


def _list(given: Any) -> list[Any]:
    if given in (None, ""):
        return []
    if isinstance(given, str):
        return [item for item in given.split(",") if item]
    if isinstance(given, list | tuple):
        return list(given)
    raise ValueError("一覧から選んでください。")


def _day(field: Field, given: Any, today: date) -> date | None:
    if given in (None, ""):
        return None
    if isinstance(given, date):
        day: date | None = given
    else:
        day = parse_japanese_date(str(given)[:40], today)
    if day is None:
        raise ValueError(f"{field.label}を「2026年11月3日」のように入力してください。")
    if not 1950 <= day.year <= today.year + 10:
        raise ValueError(f"{field.label}の年を確かめてください。")
    return day


def _yen(field: Field, given: Any) -> int | None:
    if given in (None, ""):
        return None
    amount = given if isinstance(given, int) and not isinstance(given, bool) else parse_yen(str(given)[:40])
    if amount is None or not 0 <= amount <= 10**13:
        raise ValueError(f"{field.label}を「38000」か「3万8千円」のように入力してください。")
    return int(amount)


def _number(field: Field, given: Any) -> int | None:
    if given in (None, ""):
        return None
    text = str(given).strip().removesuffix(field.unit).removesuffix("才")
    if not text.isdecimal() or len(text) > 4 or int(text) > field.limit:
        raise ValueError(f"{field.label}を0から{field.limit}までの数字で入力してください。")
    return int(text)


def show(name: str, value: Any, label_of: Callable[[str, str], str]) -> str:
    """A value of the card as a person reads it, for differences and prints."""
    return show_value(BY_NAME[name], value, label_of)


def show_value(field: Field, value: Any, label_of: Callable[[str, str], str]) -> str:
    """A value of any field as a person reads it."""
    if value in (None, "", []):
        return ""
    match field.kind:
        case Kind.DAY:
            return format_date_ja(value if isinstance(value, date) else date.fromisoformat(value))
        case Kind.YEN:
            return format_yen(int(value))
        case Kind.CODE:
            return label_of(field.code_list, value)
        case Kind.TEXT if field.code_list:
            return label_of(field.code_list, value)
        case Kind.CODES:
            return "・".join(label_of(field.code_list, code) for code in value)
        case Kind.WORDS:
            return "・".join(value)
        case Kind.NUMBER:
            return f"{value}{field.unit}"
        case Kind.FLAG:
            return "あり" if value else ""
        case Kind.MAYBE:
            return "はい" if value else "いいえ"
        case _:
            return str(value)


def to_json(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card with days as ISO texts."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in card.items()}


def from_json_value(name: str, value: Any) -> Any:
    """A value of `to_json` as it was before: days are days again."""
    return date.fromisoformat(value) if value and BY_NAME[name].kind is Kind.DAY else value


def from_json(text: str) -> dict[str, Any]:
    """A draft's card: values stay as they were typed (texts), because a draft may hold what isn't valid yet."""
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of the fields whose value differs, in the card's order."""
    empty: tuple[Any, ...] = (None, "", [])
    return [
        field.name
        for field in FIELDS
        if field.name in after
        and before.get(field.name) != after[field.name]
        and not (before.get(field.name) in empty and after[field.name] in empty)
    ]
