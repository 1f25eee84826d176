"""When a period starts: documents, deliveries, obstruction.

Every doubt yields more than one possible starting day, and the rest of the engine works with that set: a right is open
while even the earliest possible end has not passed, expired when every possible end has, and needs an answer in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from itertools import product

from caasis.engines.deadlines.facts import Facts
from caasis.engines.deadlines.law import Law, Right
from caasis.engines.japanese import format_date_near

_NAMES = {"contract": "契約書面", "application": "申込書面", "credit": "クレジットの契約書面"}


@dataclass
class Start:
    """Possible first days of a period, and what would tell more."""

    possible: set[date | None] = field(default_factory=set)
    """Empty when nothing is known. None among them: perhaps no complete document exists, so that nothing ends."""
    reasons: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    """Missing facts whose answer may end the period earlier, or without which nothing can be said."""
    doubts: list[str] = field(default_factory=list)
    """Missing facts that something known gives reason to ask, and that can only make the period longer."""
    extends: list[str] = field(default_factory=list)
    """Missing facts that nothing hints at, and that can only make the period longer."""
    began_earlier_unknown_day: bool = False
    """A document that is known to exist may have started the period, but its day is missing."""
    earlier_bound: date | None = None
    """The earliest day on which any document can have been handed over (application or contract), if known."""

    @property
    def days(self) -> list[date]:
        """The possible first days in order."""
        return sorted(day for day in self.possible if day is not None)


class _Knowledge(Enum):
    UNASKED = auto()
    UNDATED = auto()
    KNOWN = auto()


@dataclass(frozen=True)
class _Document:
    knowledge: _Knowledge
    possible: tuple[date | None, ...] = ()

    @property
    def dated(self) -> date | None:
        return self.possible[0] if self.possible else None


def find_start(right: Right, facts: Facts, law: Law, today: date) -> Start:
    """Return the possible first days of `right`."""
    if right.event:
        return _start_by_event(right, facts, today)
    start = _start_by_documents(right, facts, law, today)
    if right.later_event and start.days:
        _consider_later_event(start, right, facts, today)
    if right.obstruction:
        _consider_obstruction(start, right, facts, today)
    return start


def _start_by_event(right: Right, facts: Facts, today: date) -> Start:
    start = Start()
    day: date | None = getattr(facts, right.event)
    happened: bool | None = getattr(facts, right.event_happened) if right.event_happened else True
    if day is not None and day <= today:
        start.possible.add(day)
        counted = "が1日目です" if right.first_day else "の次の日から数えます"
        start.reasons.append(f"{right.event_label}（{format_date_near(day, today)}）{counted}（{right.article}）。")
    elif happened is False:
        start.possible.add(None)
        start.reasons.append(f"{right.event_label}から数えるので、まだ期限は来ません（{right.article}）。")
    else:
        start.asks.extend([right.event_happened, right.event] if happened is None else [right.event])
    return start


def _start_by_documents(right: Right, facts: Facts, law: Law, today: date) -> Start:
    start = Start(earlier_bound=min(filter(None, (facts.applied_on, facts.contracted_on)), default=None))
    main = _document(right.documents[0], right, facts, law, today, start)
    if main.knowledge is _Knowledge.UNASKED:
        start.asks.append(f"{right.documents[0]}_document_received")
    if main.knowledge is not _Knowledge.KNOWN:
        start.asks.append(f"{right.documents[0]}_document_on")
    known = [main.possible] if main.knowledge is _Knowledge.KNOWN else []
    complete = main.knowledge is _Knowledge.KNOWN
    if len(right.documents) > 1:
        application = _document("application", right, facts, law, today, start)
        if application.knowledge is _Knowledge.KNOWN:
            known.append(application.possible)
        elif application.knowledge is _Knowledge.UNDATED:
            start.asks.append("application_document_on")
            start.began_earlier_unknown_day = True
            complete = False
        elif _may_precede(main, start.earlier_bound):
            start.asks.append("application_document_received")
    combined = {min((day for day in days if day), default=None) for days in product(*known)}
    if complete or any(combined):
        start.possible = combined
    return start


def _may_precede(main: _Document, earlier_bound: date | None) -> bool:
    """Whether an application document, never asked about, can have been handed over before the main one.

    Where the contract was made on the day on which its document was handed over, there was no time before it.
    """
    return earlier_bound is None or main.dated is None or earlier_bound < main.dated


def _document(name: str, right: Right, facts: Facts, law: Law, today: date, start: Start) -> _Document:
    received: bool | None = getattr(facts, f"{name}_document_received")
    day: date | None = getattr(facts, f"{name}_document_on")
    electronic: bool | None = getattr(facts, f"{name}_document_electronic")
    faulty: bool | None = facts.document_faulty if name == "contract" else getattr(facts, f"{name}_document_faulty")
    label = _NAMES[name]
    never = _Document(_Knowledge.KNOWN, (None,))
    if received is False:
        if name != "application":
            start.reasons.append(
                f"{label}を受け取っていないので、期間は始まっていません（{right.document_articles}）。"
            )
        return never
    if faulty:
        start.reasons.append(f"{label}に不備があるので、期間は始まっていません（{right.document_articles}）。")
        return never
    if electronic:
        too_early = day is not None and day < law.electronic_documents_from
        if too_early or facts.electronic_consent is False:
            why = "この日の前の電子書面は" if too_early else "承諾のない電子書面は"
            start.reasons.append(
                f"{label}が電子データでした。{why}、書面を渡したことになりません（{right.document_articles}）。"
            )
            return never
        if facts.electronic_consent is None and "electronic_consent" not in start.doubts:
            start.doubts.append("electronic_consent")
    if day is None or day > today:
        return _Document(_Knowledge.UNASKED if received is None and day is None else _Knowledge.UNDATED)
    if electronic and facts.electronic_consent is None:
        return _Document(_Knowledge.KNOWN, (day, None))
    # A document that lacks something, or that came as data, may not have started the period at all.
    start.extends.append("document_faulty" if name == "contract" else f"{name}_document_faulty")
    if electronic is None:
        start.extends.append(f"{name}_document_electronic")
    return _Document(_Knowledge.KNOWN, (day,))


def _consider_later_event(start: Start, right: Right, facts: Facts, today: date) -> None:
    """A delivery or the like that starts the period instead of the document when it comes later."""
    condition: bool | None = getattr(facts, right.later_condition) if right.later_condition else True
    day: date | None = getattr(facts, right.later_event)
    if condition is False:
        return
    if day is None:
        if condition is None:
            start.extends.append(right.later_condition)
        elif right.later_event == "delivered_on" and facts.delivered is False:
            start.possible = {None}
            start.reasons.append(f"{right.later_label}がまだなので、期間は始まっていません（{right.article}）。")
        else:
            start.possible.add(None)
            start.doubts.append(right.later_event)
        return
    later = {known if known is None else max(known, day) for known in start.possible}
    if condition is None:
        if later != start.possible:
            start.possible |= later
            start.doubts.append(right.later_condition)
    else:
        if later != start.possible:
            start.reasons.append(
                f"{right.later_label}（{format_date_near(day, today)}）が書面より後なので、その日から数えます（{right.article}）。"
            )
        start.possible = later


def _consider_obstruction(start: Start, right: Right, facts: Facts, today: date) -> None:
    """After a lie or a threat the period runs anew, from a new document that was also explained orally."""
    if facts.obstructed is None and start.days:
        start.extends.append("obstructed")
    if not facts.obstructed or start.possible == {None}:
        return
    start.asks.clear()
    start.doubts.clear()
    start.began_earlier_unknown_day = False
    start.earlier_bound = None
    day = facts.reissued_document_on
    if day is None or day > today or facts.reissued_with_explanation is False:
        start.extends.clear()
        start.possible = {None}
        start.reasons.append(
            f"クーリング・オフを妨げられたので、新しい書面を口頭の説明つきで受け取るまで、期間は終わりません（{right.article}）。"
        )
        return
    # The new document gives time, it never takes any: one that is older than what the period runs from anyway was typed
    # wrongly, or is not the new one.
    counted = max(known for known in (*start.possible, day) if known is not None)
    if counted > day:
        start.possible = {counted}
        start.asks.append("reissued_document_on")
        start.reasons.append(
            f"妨げられた後の新しい書面の日（{format_date_near(day, today)}）が、はじめの書面より前になっています。日を確かめてください。"
            f"それまでは、あとの日（{format_date_near(counted, today)}）から数えます（{right.article}）。"
        )
        return
    start.possible = {day}
    start.reasons.append(
        f"妨げられた後の新しい書面を受け取った日（{format_date_near(day, today)}）から、改めて数えます（{right.article}）。"
    )
    if facts.reissued_with_explanation is None:
        start.possible.add(None)
        start.doubts.append("reissued_with_explanation")
