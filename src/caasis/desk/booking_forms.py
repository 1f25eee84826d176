"""The form in which a centre enters when it takes bookings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from caasis.appointments.booking_selectors import Offer
from caasis.appointments.rules.booking_hours import (
    LENGTHS,
    MOST_DAYS_AHEAD,
    MOST_LEAD_HOURS,
    MOST_SEATS,
    MOST_SPANS,
    Span,
)
from caasis.appointments.vocabulary import BookingWay
from caasis.engines.japanese import WEEKDAYS
from caasis.platform.forms import AppForm

_NO_LENGTH = "1回の長さを、一覧から選びなおしてください。"
_SPANS = range(1, MOST_SPANS + 1)


class BookingHoursForm(AppForm):
    """For each way: its spans of each weekday, how long one booking is, how many people at once."""

    requirement_marks = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for way in BookingWay:
            for weekday, word in enumerate(WEEKDAYS):
                for span in _SPANS:
                    for end, says in (("opens", "始まり"), ("closes", "終わり")):
                        label = f"{way.label} {word}曜日 {span}回目の{says}"
                        self.fields[_name(way, end, weekday, span)] = forms.TimeField(
                            label=label,
                            required=False,
                            input_formats=["%H:%M", "%H:%M:%S"],
                            widget=forms.TimeInput(attrs={"type": "time", "aria-label": label}, format="%H:%M"),
                            error_messages={"invalid": f"{word}曜日の時刻を、9:00のように入力してください。"},
                        )
            self.fields[f"minutes_{way}"] = forms.TypedChoiceField(
                label="1回の長さ", coerce=int, choices=[(one, f"{one}分") for one in LENGTHS], initial=30,
                error_messages={"required": _NO_LENGTH, "invalid_choice": _NO_LENGTH},
            )  # fmt: skip
            self.fields[f"capacity_{way}"] = _number("同時に受ける人数", 1, MOST_SEATS, 1)
        self.fields["lead_hours"] = _number("何時間前まで予約を受けるか", 0, MOST_LEAD_HOURS, 24)
        self.fields["days_ahead"] = _number("何日先まで予約を受けるか", 1, MOST_DAYS_AHEAD, 14)

    def tables(self) -> Iterator[dict[str, Any]]:
        """For each way its rows of weekdays, and the two fields below them."""
        for way in BookingWay:
            rows = []
            for weekday, word in enumerate(WEEKDAYS):
                pairs = [
                    (self[_name(way, "opens", weekday, span)], self[_name(way, "closes", weekday, span)]) for span in _SPANS
                ]
                rows.append({"word": word, "pairs": pairs, "errors": [e for pair in pairs for box in pair for e in box.errors]})
            yield {"way": way, "rows": rows, "minutes": self[f"minutes_{way}"], "capacity": self[f"capacity_{way}"]}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for way in BookingWay:
            for weekday, word in enumerate(WEEKDAYS):
                for span in _SPANS:
                    names = [_name(way, end, weekday, span) for end in ("opens", "closes")]
                    if any(name in self.errors for name in names):
                        continue
                    missing = [name for name in names if cleaned.get(name) is None]
                    if len(missing) == 1:
                        self.add_error(missing[0], f"{word}曜日は、始まりと終わりの両方を入力してください。")
        return cleaned

    def spans(self) -> list[Span]:
        """What was entered, of a form that is valid."""
        found, given = [], self.cleaned_data
        for way in BookingWay:
            for weekday in range(7):
                for span in _SPANS:
                    opens, closes = (given[_name(way, end, weekday, span)] for end in ("opens", "closes"))
                    if opens is not None and closes is not None:
                        length, seats = given[f"minutes_{way}"], given[f"capacity_{way}"]
                        found.append(Span(way.value, weekday, opens, closes, length, seats))
        return found


def initial_of(offer: Offer) -> dict[str, Any]:
    """What the form shows at first."""
    initial: dict[str, Any] = {"lead_hours": offer.lead_hours, "days_ahead": offer.days_ahead}
    used: dict[tuple[str, int], int] = {}
    for span in sorted(offer.spans, key=lambda one: (one.way, one.weekday, one.opens)):
        number = used[span.way, span.weekday] = used.get((span.way, span.weekday), 0) + 1
        initial[_name(span.way, "opens", span.weekday, number)] = span.opens
        initial[_name(span.way, "closes", span.weekday, number)] = span.closes
        initial[f"minutes_{span.way}"], initial[f"capacity_{span.way}"] = span.minutes, span.capacity
    return initial


def _name(way: str, end: str, weekday: int, span: int) -> str:
    return f"{way}_{end}_{weekday}_{span}"


def _number(label: str, least: int, most: int, initial: int) -> forms.IntegerField:
    sentence = f"{least}から{most}までの数字を入れてください。"
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, initial=initial,
        widget=forms.NumberInput(attrs={"data-width": "2", "min": least, "max": most}),
        error_messages={"required": sentence, "invalid": sentence, "min_value": sentence, "max_value": sentence},
    )  # fmt: skip
