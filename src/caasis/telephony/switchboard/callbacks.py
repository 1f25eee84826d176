"""Callbacks: promised to whoever has a number, kept by an agent who is rung first, never two for one caller."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from caasis.appointments.models import Callback, CallbackTry, FollowUpEntry
from caasis.appointments.rules.hours import may_call
from caasis.appointments.selectors import open_promise
from caasis.appointments.services import SUBJECT_KIND, cancel_callback, finish_try, promise_callback, start_try
from caasis.appointments.vocabulary import AskedBy, CallbackState, CancelReason, TryResult
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import DomainError, NotFound
from caasis.privacy.services import read_sealed
from caasis.queues.models import WorkItem
from caasis.queues.services import assign_item, return_item
from caasis.telephony.models import Call
from caasis.telephony.rules.call_log import Step
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.vocabulary import EndCause

Promised = TypeVar("Promised", Callback, FollowUpEntry)
_RESULT_OF = {EndCause.BUSY: TryResult.BUSY, EndCause.NO_ANSWER: TryResult.NO_ANSWER}


def promise(
    live: LiveCall,
    *,
    asked_by: AskedBy,
    number: str = "",
    window_from: datetime | None = None,
    window_to: datetime | None = None,
) -> bool:
    """Promise to call the caller back, at the place that they had. False: no number that may be called, or none offered.

    Whoever has a promise already keeps that one: it is told again, and counts as taken.
    """
    row = live.row
    number = number or live.caller()
    if row.centre_id is None or not number:
        return False
    try:
        promise_callback(
            actor=SYSTEM,
            centre_id=row.centre_id,
            number=number,
            asked_by=asked_by,
            queue_id=row.queue_id,
            arrived_at=row.waiting_since or row.began_at,
            window_from=window_from,
            window_to=window_to,
            required_skills=row.required_skills,
            priority_reasons=row.priority_reasons,
            now=live.now,
        )
    except DomainError:
        return False
    live.step(Step.CALLBACK_TAKEN, queue=row.queue_id, detail=asked_by.value)
    return True


def number_of(callback_id: UUID, centre_id: UUID) -> str:
    """Whom to call. :raises NotFound: no such promise in this centre."""
    callback = Callback.objects.filter(id=callback_id, centre_id=centre_id).first()
    if callback is None:
        raise NotFound("この折り返しの約束は見つかりません。一覧を開き直してください。")
    return read_sealed(callback, "number")["number"]


def begin_try(live: LiveCall) -> bool:
    """The agent is there: from now on the promise is being kept. False: it is over, or nobody may be called now."""
    row = live.row
    if row.callback_for is None or row.agent_id is None:
        return True
    try:
        start_try(actor=SYSTEM, callback_id=row.callback_for, agent_id=row.agent_id, call_id=row.id, now=live.now)
    except DomainError:
        return False
    return True


def end_try(live: LiveCall, cause: EndCause) -> None:
    """The call that should keep a promise is over: what came of it."""
    row = live.row
    if row.callback_for is None:
        return
    reached = any(one.connected_at for one in live.everybody)
    result = TryResult.REACHED if reached else _RESULT_OF.get(cause, TryResult.FAILED)
    if CallbackTry.objects.filter(callback_id=row.callback_for, call_id=row.id).exists():
        finish_try(actor=SYSTEM, callback_id=row.callback_for, call_id=row.id, result=result, now=live.now)
    elif WorkItem.objects.filter(
        subject_kind=SUBJECT_KIND, subject_id=row.callback_for, assigned_to=row.agent_id
    ).exists():
        # The agent did not answer: the promise stands as it stood, at its place.
        return_item(subject_kind=SUBJECT_KIND, subject_id=row.callback_for)


def can_be_kept(ids: Collection[UUID], now: datetime) -> dict[UUID, Callback]:
    """Those that wait, whose person may be called at this hour, and is not on the line just now."""
    rows = Callback.objects.filter(id__in=ids, state=CallbackState.WAITING.value) if ids else ()
    return not_on_the_line({row.id: row for row in rows if may_call(now, row.window)})


def not_on_the_line(found: dict[UUID, Promised]) -> dict[UUID, Promised]:
    """Without those whose number is in a living call of their centre."""
    indexes = [row.number_index for row in found.values() if row.number_index is not None]
    if not indexes:
        return found
    here = Call.objects.filter(ended_at=None, caller_index__in=indexes).values_list("centre_id", "caller_index")
    talking = {(centre_id, bytes(index or b"")) for centre_id, index in here}
    return {
        row.id: row
        for row in found.values()
        if row.number_index is None or (row.centre_id, bytes(row.number_index)) not in talking
    }


def take(live: LiveCall) -> None:
    """It rings at an agent for this promise: nobody else gets it meanwhile."""
    row = live.row
    assert row.callback_for is not None and row.agent_id is not None
    assign_item(subject_kind=SUBJECT_KIND, subject_id=row.callback_for, user_id=row.agent_id, at=live.now)


def settle(live: LiveCall) -> None:
    """Somebody talks with a caller whom we promised to call: the promise is kept."""
    row, number = live.row, live.caller()
    if row.centre_id is None or not number or row.callback_for is not None:
        return
    callback = open_promise(actor=SYSTEM, centre_id=row.centre_id, number=number)
    if callback is not None and callback.state == CallbackState.WAITING:
        cancel_callback(actor=SYSTEM, callback_id=callback.id, because=CancelReason.ANSWERED, now=live.now)
