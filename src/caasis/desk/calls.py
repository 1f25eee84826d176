"""Calls on the desk's screens: one row of a list, the page of one, and the calls of a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.cases.people_record import cases_of_people
from caasis.desk.telephone import caller_words
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST
from caasis.telephony import selectors as telephony
from caasis.telephony.models import Call, Recording
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.vocabulary import NO_RESULT, CallResult, Direction, result_words

PAGE = 50
#: How far back a caller who was missed is still to be called.
MISSED_DAYS = 14
MOST_CANDIDATES = 10
WITHOUT_RESULT = "none"
#: What the list of calls can be of, and its words.
RESULTS = {**{one.value: one.label for one in CallResult}, WITHOUT_RESULT: NO_RESULT}
OUTCOMES = {
    Outcome.ABANDONED.value: "出る前に切れた",
    Outcome.BLOCKED.value: "つながらなかった",
}


@dataclass(slots=True)
class CallRow:
    """One call in words."""

    call: Call
    caller: str
    called: str
    outcome: str
    missed: bool
    inbound: bool
    answered_by: str
    minutes: str
    #: What it came to, in words; "" for a call in which nobody talked.
    result: str
    cases: list[Case] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)


def rows_of(calls: list[Call], *, actor: Actor) -> list[CallRow]:
    """The calls as rows. Two queries, and those of the prefetch, however many."""
    linked = cases.cases_of_contacts(actor=actor, contact_ids=[call.id for call in calls])
    agents = {one.agent_id for call in calls for one in call.participants.all() if one.agent_id and one.connected_at}
    names = names_of(agents)
    masked = telephony.masked_callers(actor=actor, calls=calls)
    return [_row(call, actor, masked.get(call.id, ""), names, linked.get(call.id, [])) for call in calls]


def _row(call: Call, actor: Actor, masked: str, names: dict[UUID, str], linked: list[Case]) -> CallRow:
    talked = [one for one in call.participants.all() if one.agent_id and one.connected_at]
    inbound = call.direction == Direction.INBOUND
    outcome = OUTCOMES.get(call.outcome, "")
    if call.ended_at is None:
        outcome = "いまの電話"
    elif not outcome:
        outcome = "話しました" if talked else ("相手が出なかった" if not inbound else "案内だけで終わった")
    own = actor.works_for(call.centre_id)
    heard = [row for row in call.recordings.all() if row.ready_at and not row.refused and row.removed_at is None]
    return CallRow(
        call=call,
        caller=caller_words(call, masked) if own else "番号は受けたセンターだけが見られます",
        called=call.number.label if call.number else "",
        outcome=outcome,
        missed=call.outcome in OUTCOMES,
        inbound=inbound,
        answered_by="、".join(dict.fromkeys(names.get(one.agent_id, "") for one in talked if one.agent_id)),
        minutes=_minutes(talked, call.ended_at),
        result=result_words(call.result) if talked and call.ended_at is not None else "",
        cases=linked,
        recordings=heard if own else [],
    )


def _minutes(talked: list[Any], ended_at: datetime | None) -> str:
    if not talked or ended_at is None:
        return ""
    begin = min(one.connected_at for one in talked)
    return minutes_words((ended_at - begin).total_seconds())


def minutes_words(seconds: float) -> str:
    """「15分25秒」."""
    whole = max(0, round(seconds))
    return f"{whole // 60}分{whole % 60:02}秒" if whole >= 60 else f"{whole}秒"


@dataclass(slots=True)
class CallList:
    """A page of calls."""

    rows: list[CallRow]
    missed: bool
    day: date | None
    missed_count: int
    more: str
    #: The result that the list is of: a code of CallResult, "none" for 未入力, "" for all.
    result: str = ""


def read_calls(
    *, actor: Actor, now: datetime, missed: bool, day: date | None, before: str = "", result: str = ""
) -> CallList:
    """Callers still to be called back, or all calls, the newest first; `before` is the last moment of the page above."""
    result = result if not missed and result in RESULTS else ""
    since = now - timedelta(days=MISSED_DAYS)
    waiting = telephony.missed_calls(actor=actor, since=since)
    if missed:
        rows = waiting
    else:
        begin = datetime.combine(day, datetime.min.time(), JST) if day else None
        rows = telephony.calls_of_centre(actor=actor, start=begin, end=begin + timedelta(days=1) if begin else None)
    if result:
        rows = telephony.calls_with_result(rows, "" if result == WITHOUT_RESULT else result)
    if before:
        try:
            rows = rows.filter(began_at__lt=datetime.fromisoformat(before))
        except ValueError:
            before = ""
    found = list(rows.prefetch_related("recordings", "participants")[: PAGE + 1])
    more = found[PAGE - 1].began_at.isoformat() if len(found) > PAGE else ""
    return CallList(rows_of(found[:PAGE], actor=actor), missed, day, waiting.count(), more, result)


@dataclass(slots=True)
class CallPage:
    """One call, what it may be the continuation of, and what was recorded."""

    row: CallRow
    own: bool
    #: Earlier cases of people with this number: their days only, until name and address were asked.
    candidates: list[Case]
    before: dict[date, int]


def read_call(*, actor: Actor, call_id: UUID) -> CallPage:
    """The page of one call.

    :raises NotFound: hidden and absent alike.
    """
    telephony.get_call(actor=actor, call_id=call_id)
    call = telephony.calls_by_id(actor=actor, ids=[call_id])[call_id]
    row = rows_of([call], actor=actor)[0]
    own = actor.works_for(call.centre_id)
    persons = telephony.persons_of_caller(actor=actor, call=call) if own else []
    known = {case.id for case in row.cases}
    found = list(cases_of_people(actor=actor, person_ids=persons)[: MOST_CANDIDATES + len(known)]) if persons else []
    days = telephony.days_of_same_caller(actor=actor, call=call) if own else {}
    return CallPage(row, own, [case for case in found if case.id not in known][:MOST_CANDIDATES], days)


def calls_of_case(case: Case, *, actor: Actor) -> list[CallRow]:
    """The calls in which a case was spoken about, the newest first."""
    calls = telephony.calls_by_id(actor=actor, ids=cases.contact_ids_of(case))
    return rows_of(sorted(calls.values(), key=lambda call: call.began_at, reverse=True), actor=actor)
