"""What the screens of follow-up lists show: progress as a bar, results as bars with a table, people masked, the one to call."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import names_of
from caasis.appointments.follow_up_selectors import EntryLine, Progress, entry_lines, visible_entries
from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.vocabulary import CHOSEN, EntryState, FollowUpResult, NotCalled
from caasis.cases.code_lists import label
from caasis.cases.models import Case, Party
from caasis.cases.selectors import own_cases
from caasis.cases.vocabulary import PartyRole
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST

WEEKDAYS = "月火水木金土日"
WIDTH = 600
A_PAGE = 50


def moment() -> datetime:
    """What time it is; the tests of screens move it."""
    return timezone.now()


@dataclass(frozen=True, slots=True)
class Stretch:
    """One part of a bar: its words, how many, where it begins and how wide it is in units of the picture."""

    code: str
    label: str
    count: int
    x: float
    width: float


def progress_bar(progress: Progress) -> list[Stretch]:
    """The bar of a list: asked, refused, not reached, waiting."""
    parts = (
        ("done", "聞けた", progress.done),
        ("refused", "断られた", progress.refused),
        ("others", "つながらない・かけない", progress.others),
        ("open", "これから", progress.open),
    )
    found, x = [], 0.0
    for code, words, count in parts:
        width = WIDTH * count / progress.total if progress.total else 0.0
        found.append(Stretch(code, words, count, round(x, 1), round(width, 1)))
        x += width
    return found


def result_bars(progress: Progress) -> list[Stretch]:
    """One bar for each result that somebody can write down, also where nobody did."""
    most = max(progress.results.values(), default=0)
    return [
        Stretch(
            one.value, one.label, count := progress.results.get(one, 0), 0.0, round(WIDTH * count / most, 1) if most else 0.0
        )
        for one in CHOSEN
    ]


def days_in_words(row: FollowUpList) -> str:
    """When people of the list are called: 月〜金 10:00〜17:00, days with the same hours together."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for day in sorted(row.hours, key=int):
        groups.setdefault(tuple(row.hours[day]), []).append(int(day))
    words = []
    for (first, last), days in groups.items():
        run = len(days) > 2 and days == list(range(days[0], days[-1] + 1))
        names = f"{WEEKDAYS[days[0]]}〜{WEEKDAYS[days[-1]]}" if run else "・".join(WEEKDAYS[day] for day in days)
        words.append(f"{names} {first}〜{last}")
    return "、".join(words) + ("（祝日も）" if row.on_holidays else "（祝日は休み）")


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A person of a list in words."""

    line: EntryLine
    case: Case | None
    state: str
    more: str
    who: str
    #: How to reach this person without harm, in words.
    care: list[str]


def shown_entries(*, actor: Actor, list_id: UUID, state: str, page: int) -> tuple[list[ShownEntry], bool]:
    """A page of a list, and whether there is a next one. A fixed number of queries."""
    lines = entry_lines(actor=actor, list_id=list_id, state=state, offset=(page - 1) * A_PAGE, limit=A_PAGE + 1)
    more, lines = len(lines) > A_PAGE, lines[:A_PAGE]
    cases = cases_by_id(actor, [line.entry for line in lines])
    parties = Party.objects.filter(case_id__in=cases).order_by("position")
    care = {party.case_id: party.care for party in parties if PartyRole.CONSUMER in party.roles}
    names = names_of({line.entry.agent_id for line in lines if line.entry.agent_id})
    return [
        ShownEntry(
            line,
            cases.get(line.entry.case_id),
            EntryState(line.entry.state).label,
            _more(line.entry),
            names.get(line.entry.agent_id, "") if line.entry.agent_id else "",
            [label("contact_care", code) for code in care.get(line.entry.case_id, [])],
        )
        for line in lines
    ], more


def _more(entry: FollowUpEntry) -> str:
    if entry.skipped_because:
        return NotCalled.words(entry.skipped_because)
    return FollowUpResult.words(entry.result) if entry.result else ""


def cases_by_id(actor: Actor, entries: Iterable[FollowUpEntry]) -> dict[UUID, Case]:
    """The cases of these people, so far as the actor's centre handles them."""
    return own_cases(actor=actor).in_bulk([entry.case_id for entry in entries])


def results_csv(*, actor: Actor, row: FollowUpList) -> str:
    """The results as a table for a spreadsheet: receipt numbers and codes in words, nobody's name or number."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["受付番号", "状態", "結果", "かけた回数", "結果の日時", "かけない理由"])
    entries = list(visible_entries(actor=actor).filter(of_list=row).order_by("created_at", "id"))
    cases = cases_by_id(actor, entries)
    for entry in entries:
        case = cases.get(entry.case_id)
        at = entry.result_at.astimezone(JST).strftime("%Y-%m-%d %H:%M") if entry.result_at else ""
        writer.writerow(
            [
                case.receipt_number if case else "",
                EntryState(entry.state).label,
                FollowUpResult.words(entry.result) if entry.result else "",
                entry.tries_made,
                at,
                NotCalled.words(entry.skipped_because) if entry.skipped_because else "",
            ]
        )
    return "\ufeff" + out.getvalue()
