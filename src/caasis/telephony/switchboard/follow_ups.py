"""People of follow-up lists: called by the counsellor who looks at them, or rung for whoever is free; never two at once.

The agent is on the line before the person's telephone rings, so that nobody answers into silence.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from caasis.appointments.models import FollowUpEntry, FollowUpTry
from caasis.appointments.rules.follow_ups import may_call
from caasis.appointments.services import FOLLOW_UP, begin_call, end_call
from caasis.appointments.vocabulary import EntryState, FollowUpResult, ListState, WorkMode
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import DomainError
from caasis.privacy.services import read_sealed
from caasis.queues.models import WorkItem
from caasis.queues.services import assign_item, return_item
from caasis.telephony.models import Number
from caasis.telephony.switchboard import callbacks
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.vocabulary import EndCause

_RESULT_OF = {EndCause.BUSY: FollowUpResult.BUSY, EndCause.NO_ANSWER: FollowUpResult.NO_ANSWER}


def held_by(agent_id: UUID, entry_id: UUID, centre_id: UUID) -> FollowUpEntry | None:
    """Whom this agent has opened and may call; None when somebody else has them, or nobody."""
    entry = FollowUpEntry.objects.select_related("of_list").filter(id=entry_id, centre_id=centre_id).first()
    if entry is None or entry.agent_id != agent_id or entry.state != EntryState.WAITING:
        return None
    return entry


def number_of(entry: FollowUpEntry) -> str:
    return read_sealed(entry, "number")["number"]


def line_of(entry: FollowUpEntry) -> Number | None:
    """The number that the list shows; None where it names none, or one that is no longer the centre's."""
    shown = entry.of_list.shown_number
    return Number.objects.filter(centre_id=entry.centre_id, number=shown, active=True).first() if shown else None


def begin_try(live: LiveCall) -> bool:
    """The agent is there: from now on the person is being called. False: they may not be called any more."""
    row = live.row
    if row.follow_up_for is None or row.agent_id is None:
        return True
    try:
        reason = begin_call(
            actor=SYSTEM, entry_id=row.follow_up_for, agent_id=row.agent_id, call_id=row.id, now=live.now
        )
    except DomainError:
        return False
    return reason is None


def end_try(live: LiveCall, cause: EndCause) -> None:
    """The call is over: whoever answered has a result to be written by the agent, everybody else is tried again."""
    row = live.row
    if row.follow_up_for is None:
        return
    answered = any(one.connected_at for one in live.everybody)
    result = None if answered else _RESULT_OF.get(cause, FollowUpResult.FAILED)
    if FollowUpTry.objects.filter(entry_id=row.follow_up_for, call_id=row.id).exists():
        end_call(actor=SYSTEM, entry_id=row.follow_up_for, call_id=row.id, result=result, now=live.now)
    elif WorkItem.objects.filter(
        subject_kind=FOLLOW_UP, subject_id=row.follow_up_for, assigned_to=row.agent_id
    ).exists():
        # The agent did not answer: the person waits as before, and nobody's telephone has rung.
        return_item(subject_kind=FOLLOW_UP, subject_id=row.follow_up_for)


def can_be_called(ids: Collection[UUID], now: datetime) -> dict[UUID, FollowUpEntry]:
    """Those of lists that run, who may be called at this hour, and are not on the line just now.

    Whether they still agree is asked when an agent is there; then they are passed over with the reason.
    """
    if not ids:
        return {}
    rows = FollowUpEntry.objects.filter(
        id__in=ids, state=EntryState.WAITING.value, of_list__state=ListState.RUNNING.value,
        of_list__mode=WorkMode.PROGRESSIVE.value,
    )  # fmt: skip
    found = {row.id: row for row in rows.select_related("of_list") if may_call(now, row.of_list.days)}
    return callbacks.not_on_the_line(found)


def owes_a_result(agent_id: UUID) -> bool:
    """Whether this agent has still to write down what somebody of a list said: till then no other one is rung for them."""
    return FollowUpEntry.objects.filter(agent_id=agent_id, state=EntryState.ASKED.value).exists()


def take(live: LiveCall) -> None:
    """It rings at an agent for this person: nobody else gets them meanwhile."""
    row = live.row
    assert row.follow_up_for is not None and row.agent_id is not None
    assign_item(subject_kind=FOLLOW_UP, subject_id=row.follow_up_for, user_id=row.agent_id, at=live.now)
