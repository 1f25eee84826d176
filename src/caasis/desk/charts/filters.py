"""What the dashboard can be narrowed to: the form, and the slice that a valid form stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import QueryDict

from caasis.analytics.selectors import Against, Slice
from caasis.cases.code_lists import code_lists
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.words import Periods
from caasis.kernel.actor import CENTRE_ROLES, Actor
from caasis.kernel.clock import fiscal_year
from caasis.organisations.selectors import get_centre
from caasis.platform.forms import AppForm
from caasis.platform.geography import prefectures

#: 52 weeks: the same weekday a year before.
YEAR_OF_WEEKS = 364
LONGEST = 366
EARLIEST = date(2000, 1, 1)
OWN = "own"
DEFAULTS = {"period": "12w", "compare": "year", "start": "", "end": "", "product": "", "area": "", "age": "", "form": ""}
_WEEKS = {"4w": 4, "12w": 12, "52w": 52}


@dataclass(frozen=True, slots=True)
class Choice:
    """A valid form as the selectors understand it."""

    slice_: Slice
    against: Against | None
    scope: Scope
    place: str
    is_narrowed: bool


class DashboardForm(AppForm):
    """The filter of the page. Everything is optional; what is missing has its default."""

    requirement_marks = False
    period = forms.ChoiceField(label="期間")
    start = forms.DateField(label="始まりの日", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    end = forms.DateField(label="終わりの日", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    compare = forms.ChoiceField(
        label="くらべる相手", choices=[("year", "前年の同じ曜日"), ("previous", "前の期間"), ("none", "なし")]
    )
    product = forms.ChoiceField(label="商品・サービス", required=False)
    area = forms.ChoiceField(label="地域", required=False)
    age = forms.ChoiceField(label="年代", required=False)
    form = forms.ChoiceField(label="販売のしかた", required=False)

    def __init__(self, query: QueryDict, *, actor: Actor, today: date) -> None:
        self.today = today
        self.centre_id: UUID | None = actor.centre_id if actor.has_any(CENTRE_ROLES) else None
        given = {name: query.get(name, default) for name, default in DEFAULTS.items()}
        super().__init__(given)
        self.given = given
        self.fields["period"].choices = self._periods()  # type: ignore[attr-defined]
        self.fields["product"].choices = [("", "すべて"), *_products()]  # type: ignore[attr-defined]
        self.fields["area"].choices = self._areas()  # type: ignore[attr-defined]
        self.fields["age"].choices = [("", "すべて"), *_terms("age_band")]  # type: ignore[attr-defined]
        self.fields["form"].choices = [("", "すべて"), *_terms("sales_form")]  # type: ignore[attr-defined]
        for name in ("start", "end"):
            self.fields[name].error_messages["invalid"] = f"{self.fields[name].label}は、実際にある日付にしてください。"

    # --- choices ------------------------------------------------------------------------------------------------------

    def _periods(self) -> list[tuple[str, str]]:
        found = []
        for code, weeks in _WEEKS.items():
            start, end = self._days_of(code)
            found.append((code, f"{_month_day(start, end)}〜{_month_day(end, end)}（{weeks}週）"))
        start, end = self._days_of("fiscal")
        return [*found, ("fiscal", f"{_month_day(start, end)}〜{_month_day(end, end)}（今年度）"), ("dates", "日付を指定する")]

    def _areas(self) -> list[tuple[str, str]]:
        own = [(OWN, f"自分のセンター（{get_centre(self.centre_id).name}）")] if self.centre_id else []
        return [("", "全国"), *own, *((one.code, one.name) for one in prefectures())]

    def _days_of(self, period: str) -> tuple[date, date]:
        if period == "fiscal":
            return date(fiscal_year(self.today), 4, 1), self.today
        return self.today - timedelta(days=7 * _WEEKS[period] - 1), self.today

    # --- checks -------------------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("period") != "dates":
            return cleaned
        start, end = cleaned.get("start"), cleaned.get("end")
        for name, day in (("start", start), ("end", end)):
            if name in self.errors:
                continue
            label = self.fields[name].label
            if day is None:
                self.add_error(name, f"{label}を入力してください。")
            elif day < EARLIEST:
                self.add_error(name, f"{label}は、2000年からの日付にしてください。")
            elif day > self.today:
                self.add_error(name, f"{label}は、きょうまでの日にしてください。")
        if start and end and not self.errors:
            if end < start:
                self.add_error("end", "終わりの日を、始まりの日より後にしてください。")
            elif (end - start).days >= LONGEST:
                self.add_error("end", "期間は1年までです。終わりの日を早めてください。")
        return cleaned

    # --- what it means ------------------------------------------------------------------------------------------------

    def choice(self) -> Choice:
        """The slice, the comparison and the words. Only for a valid form."""
        chosen = self.cleaned_data
        start, end = (chosen["start"], chosen["end"]) if chosen["period"] == "dates" else self._days_of(chosen["period"])
        own = chosen["area"] == OWN
        filters = {
            "product": chosen["product"],
            "prefecture": "" if own else chosen["area"],
            "age_band": chosen["age"],
            "sales_form": chosen["form"],
        }
        slice_ = Slice(start, end, filters, self.centre_id if own else None)
        shift = {"year": YEAR_OF_WEEKS, "previous": (end - start).days + 1, "none": 0}[chosen["compare"]]
        names = {"year": "前年", "previous": "前の期間", "none": ""}
        this = "今年" if chosen["compare"] == "year" and start.year == end.year == self.today.year else "この期間"
        return Choice(
            slice_=slice_,
            against=Against.earlier(shift, today=self.today) if shift else None,
            scope=Scope(start, end, self.today, Periods(this, names[chosen["compare"]], bool(shift))),
            place="全国" if not chosen["area"] else dict(self._areas())[chosen["area"]],
            is_narrowed=any(chosen[name] for name in ("product", "area", "age", "form")),
        )

    def query(self, **changes: str) -> str:
        """The query string of this form with changes; what stands at its default is left out."""
        wanted = {name: value for name, value in {**self.given, **changes}.items() if value != DEFAULTS[name]}
        return urlencode(wanted)


def _month_day(day: date, end: date) -> str:
    year = f"{day.year}年" if day.year != end.year else ""
    return f"{year}{day.month}月{day.day}日"


def _terms(list_name: str) -> list[tuple[str, str]]:
    return [(term.code, term.label) for term in code_lists()[list_name].terms()]


def _products() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of products: a class as a whole, and what lies directly below it."""
    products = code_lists()["product"]
    return [
        (top.label, [(top.code, f"{top.label}のすべて"), *((term.code, term.label) for term in products.children(top.code))])
        for top in products.children()
    ]
