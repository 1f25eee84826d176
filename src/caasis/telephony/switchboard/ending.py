"""How a call ends, for one or for everybody: wrap-up, the record, and what a lost engine leaves behind."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from caasis.telephony.commands import Hangup, Leave
from caasis.telephony.events import CallChanged, CallEnded
from caasis.telephony.models import Call, Participant
from caasis.telephony.rules.call_log import Step
from caasis.telephony.rules.call_record import record_of
from caasis.telephony.rules.record_json import to_json
from caasis.telephony.switchboard import agents, callbacks, follow_ups, talks
from caasis.telephony.switchboard.live import LiveCall, log_of
from caasis.telephony.switchboard.refusals import NotNow
from caasis.telephony.vocabulary import CallPhase, EndCause, Part


def leave(live: LiveCall, one: Participant, *, hang_up: bool = True) -> None:
    """One participant's part is over; an agent who was connected begins the wrap-up, another is free at once."""
    if one.gone_at is not None:
        return
    one.gone_at = live.now
    if hang_up and not one.standing:
        live.order(partial(Hangup, leg=one.leg))
    elif hang_up and one.joined:
        live.order(partial(Leave, room=live.room, leg=one.leg))
    one.joined, one.audible = False, ""
    if one.agent_id is not None and one.part != Part.MONITOR:
        if one.connected_at is not None:
            live.step(Step.LEFT, agent=one.agent_id)
            agents.wrap_up(live, one.agent_id)
        else:
            agents.free(live, one.agent_id)
    one.save()
    live.hear()
    if live.row.agent_id == one.agent_id:
        live.row.agent_id = next((other.agent_id for other in live.talkers if other.agent_id), live.row.agent_id)
    live.tell(CallChanged(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id, what="left"))


def end(live: LiveCall, cause: EndCause, *, hang_up: bool = True) -> None:
    """Nobody is in the call any more. The engine is told to let go of every leg, unless it has or is gone itself."""
    row = live.row
    if row.ended_at is not None:
        return
    if hang_up:
        live.stop_sound()
    row.ended_at, row.end_cause, row.phase, row.on_hold = live.now, cause.value, CallPhase.ENDED.value, False
    row.help_wanted = row.in_stay = False
    live.step(Step.ENDED, detail=cause.value)
    live.cancel("ring", "overflow", "flow", "answer", "video")
    for one in live.present:
        leave(live, one, hang_up=hang_up)
    agents.done(live)
    callbacks.end_try(live, cause)
    follow_ups.end_try(live, cause)
    talks.ended(live, cause)
    live.save()
    write_record(row)
    live.tell(
        CallEnded(
            subject=row.id,
            centre_id=row.centre_id,
            outcome=row.outcome,
            cause=cause.value,
            agents=tuple({one.agent_id for one in live.everybody if one.agent_id and one.connected_at}),
        )
    )


def wrapped_up(live: LiveCall, one: Participant) -> None:
    """An agent's after-call work is over; the record gets its time."""
    if one.gone_at is None or one.wrapped_up_at is not None or one.connected_at is None or one.agent_id is None:
        return
    one.wrapped_up_at = live.now
    one.save(update_fields=["wrapped_up_at", "updated_at"])
    live.step(Step.WRAPPED_UP, agent=one.agent_id)
    agents.end_wrap_up(live, one.agent_id)
    live.save()
    if live.row.ended_at is not None:
        write_record(live.row)


def give_result(live: LiveCall, one: Participant, code: str) -> None:
    """What the call came to, as an agent says in the wrap-up; "" takes back what was said."""
    live.step(Step.RESULT, agent=one.agent_id, detail=code)
    live.row.result = code
    live.tell(CallChanged(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id, what="result"))
    _write_again(live)


def prolong(live: LiveCall, one: Participant) -> None:
    """The wrap-up lasts longer, as often as the queue allows. Raises NotNow, WrongState."""
    assert one.agent_id is not None
    most = agents.extensions_of(live.row.queue_id)
    if times_prolonged(live.row, one) >= most:
        raise NotNow(f"後処理をのばせるのは{most}回までです。" if most else "この列では、後処理をのばせません。")
    agents.prolong(live, one.agent_id)
    live.step(Step.WRAP_UP_LONGER, agent=one.agent_id)
    live.tell(CallChanged(subject=live.row.id, centre_id=live.row.centre_id, agent=one.agent_id, what="wrap_up_longer"))
    _write_again(live)


def times_prolonged(row: Call, one: Participant) -> int:
    """How often this part's wrap-up was prolonged."""
    lines = row.steps.filter(step=Step.WRAP_UP_LONGER.value, agent=str(one.agent_id), at__gte=one.gone_at)
    return lines.count()


def _write_again(live: LiveCall) -> None:
    """The record follows its log."""
    live.save()
    if live.row.ended_at is not None:
        write_record(live.row)


def write_record(row: Call) -> None:
    """Store the record that the log gives, and what became of the call at its present centre."""
    record = record_of(log_of(row))
    row.record = to_json(record)
    row.outcome = next((seen.outcome.value for seen in record.centres if seen.centre == str(row.centre_id)), "")
    row.save(update_fields=["record", "outcome", "updated_at"])


def to_wrap_up() -> list[Participant]:
    """Parts whose wrap-up is not written down as over, the oldest first."""
    rows = Participant.objects.filter(wrapped_up_at=None).exclude(agent_id=None).exclude(connected_at=None)
    return list(rows.exclude(gone_at=None).order_by("gone_at", "id"))


def waits_for_wrap_up(agent_id: UUID) -> Participant | None:
    """The part that an agent has still to wrap up; the newest."""
    return (
        Participant.objects.filter(agent_id=agent_id, wrapped_up_at=None)
        .exclude(gone_at=None)
        .exclude(connected_at=None)
        .order_by("-gone_at")
        .first()
    )
