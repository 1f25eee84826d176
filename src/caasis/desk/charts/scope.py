"""The period that a page shows: its days, how it and the earlier one are called, and the steps of a short line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from caasis.desk.charts.words import Periods

#: From so many days on, short lines go from week to week: the weekdays' valleys would hide the course.
WEEKLY_FROM = 21


@dataclass(frozen=True, slots=True)
class Scope:
    """First and last day, today, and the words for this and the earlier period."""

    start: date
    end: date
    today: date
    periods: Periods

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=index) for index in range((self.end - self.start).days + 1)]

    @property
    def steps(self) -> list[list[date]]:
        """Days, or whole weeks counted back from the end; days that fill no week at the beginning are left out."""
        days = self.days
        if len(days) < WEEKLY_FROM:
            return [[day] for day in days]
        return [days[index : index + 7] for index in range(len(days) % 7, len(days), 7)]

    @property
    def step_word(self) -> str:
        return "週" if len(self.days) >= WEEKLY_FROM else "日"

    @property
    def length_word(self) -> str:
        """「12週」 or 「30日」."""
        weeks, rest = divmod(len(self.days), 7)
        return f"{len(self.days)}日" if rest or not weeks else f"{weeks}週"

    @property
    def recent(self) -> tuple[str, list[date]]:
        """The days that the newest sentence is about, and their name: two whole weeks when there are enough.

        Today isn't over, so it is left out.
        """
        whole = [day for day in self.days if day < self.today] or self.days
        if len(whole) < 28:
            return "この期間", whole
        return ("最近の2週間" if (self.today - self.end).days <= 7 else "期間の終わりの2週間"), whole[-14:]
