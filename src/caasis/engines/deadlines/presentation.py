"""Words and tiles for screens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from caasis.engines.calendar import is_holiday
from caasis.engines.deadlines.assessment import Assessment
from caasis.engines.deadlines.vocabulary import Counts, Kind, Status
from caasis.engines.japanese import WEEKDAYS, format_date_ja, format_date_near

_MOST_TILES = 20
_HOTLINE = "くわしくは、消費者ホットライン188（局番なし）にお電話ください。"


@dataclass(frozen=True)
class DayTile:
    """One day of the strip that shows a period."""

    date: date
    weekday: str
    number: int
    """1 for the first day."""
    is_first: bool
    is_today: bool
    is_last: bool
    is_past: bool
    is_holiday: bool
    """A national holiday or a Sunday."""

    @property
    def label(self) -> str:
        """The word under the tile: 今日 wins on the first day, 期限 on the last."""
        if self.is_last:
            return "期限"
        if self.is_today:
            return "今日"
        return "1日目" if self.is_first else ""


def name_of_right(assessment: Assessment) -> str:
    """What a person does with the right: クーリング・オフ, 解除, 返品."""
    if assessment.kind is Kind.RETURN:
        return "返品"
    if assessment.kind in {Kind.INITIAL_CANCELLATION, Kind.EXCESS_QUANTITY}:
        return "解除"
    return "クーリング・オフ"


def status_words(assessment: Assessment) -> str:
    """The status in words. 「できます」 is said only where facts and law are certain, else 「できることがあります」."""
    name = name_of_right(assessment)
    can = "できます" if assessment.certain else "できることがあります"
    match assessment.status:
        case Status.OPEN:
            return f"期間内です。{name}{can}"
        case Status.LAST_DAY:
            return f"今日が最後の日です。{name}{can}"
        case Status.OPEN_NO_END:
            return f"期限は来ていません。今からでも{name}できることがあります"
        case Status.RETURN_POSSIBLE:
            return "返品できることがあります"
        case Status.NEEDS_ANSWER:
            return f"確かめると、{name}できることがあります" if assessment.right else "取引の種類を確かめてください"
        case Status.EXPIRED:
            return f"{name}の期間は過ぎたと思われます"
        case Status.EXCLUDED:
            return f"{name}の対象外と思われます"
        case _:
            return "法律で決まったクーリング・オフはありません"


def days_strip(assessment: Assessment, today: date) -> tuple[DayTile, ...]:
    """Return one tile for each day from the first to the last, or none where the period is unknown or too long to draw."""
    first, last = assessment.day_one, assessment.deadline
    if first is None or last is None or (last - first).days >= _MOST_TILES:
        return ()
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return tuple(
        DayTile(
            date=day,
            weekday=WEEKDAYS[day.weekday()],
            number=number,
            is_first=day == first,
            is_today=day == today,
            is_last=day == last,
            is_past=day < today,
            is_holiday=day.weekday() == 6 or is_holiday(day),
        )
        for number, day in enumerate(days, start=1)
    )


def strip_label(tiles: tuple[DayTile, ...]) -> str:
    """What a screen reader says for the strip; empty without tiles."""
    if not tiles:
        return ""
    first, last = tiles[0], tiles[-1]
    return f"{format_date_ja(first.date)}（1日目）から{format_date_ja(last.date)}（{last.number}日目・期限）"


def summary_for_consumer(assessments: Iterable[Assessment], today: date) -> list[str]:
    """Return short lines for the page that a consumer sees at once, before anybody has read the case.

    A deadline is stated plainly only where facts and law are certain; a possible one is called possible; everything else
    (expired, excluded, unanswered) is left to a counsellor, because a wrong "too late" does the most harm. Every summary
    that is not wholly certain ends with the hotline.
    """
    lines: list[str] = []
    wholly_certain = True
    for assessment in assessments:
        said = _lines(assessment, today)
        wholly_certain = wholly_certain and bool(said) and assessment.certain
        lines.extend(line for line in said if line not in lines)
    if not lines or not wholly_certain:
        lines.append(_HOTLINE)
    return lines


def _lines(assessment: Assessment, today: date) -> list[str]:
    name = name_of_right(assessment)
    if assessment.status is Status.OPEN_NO_END:
        return [f"{assessment.label}：今からでも{name}できる可能性があります。"]
    if assessment.status is Status.RETURN_POSSIBLE:
        if assessment.deadline is None:
            return ["商品を返せることがあります。届く前でも、今すぐ連絡できます。"]
        return [
            f"商品を返せることがあります。{format_date_near(assessment.deadline, today)}までに、連絡が相手に届く必要があります。"
        ]
    if assessment.status not in {Status.OPEN, Status.LAST_DAY} or assessment.deadline is None:
        return []
    day = format_date_near(assessment.deadline, today)
    left = "今日まで" if assessment.deadline == today else f"あと{(assessment.deadline - today).days}日"
    if not assessment.certain:
        lines = [f"{assessment.label}：{name}できることがあります。できるときの期限は{day}、{left}です。"]
    else:
        lines = [f"{assessment.label}：{name}の期限は{day}、{left}です。"]
    if assessment.counts is Counts.DISPATCH:
        lines.append("通知は、期限の日までに出せば間に合います。")
    else:
        lines.append("通知は、期限の日までに相手に届く必要があります。")
    if assessment.safest_day is not None and assessment.safest_day != assessment.deadline:
        safest = (
            "今日のうちに"
            if assessment.safest_day == today
            else f"{format_date_near(assessment.safest_day, today)}までに"
        )
        lines.append(f"安全のため、{safest}出してください。")
    return lines
