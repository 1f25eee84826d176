"""From waiting to an agent: it rings, is answered, or rings out and the caller keeps the place."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from caasis.privacy.keys import create_record_key
from caasis.queues.rules.overflow import overflow_to, read_overflow
from caasis.telephony.commands import Endpoint, Hangup, Originate, StartRecording
from caasis.telephony.events import CallConnected, CallMissed, CallOffered, CallQueued, CallRinging
from caasis.telephony.models import Participant, Recording
from caasis.telephony.rules.call_log import Step
from caasis.telephony.switchboard import agents, callbacks, priority, waiting
from caasis.telephony.switchboard.ending import leave
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.vocabulary import CallPhase, Direction, Part, Role

#: Longer than the engine's own limit, for an engine that says nothing.
PATIENCE_S = 5
#: How often a waiting call is compared with its queue's rules of overflow.
LOOK_S = 5
RING = "ring"
OVERFLOW = "overflow"


def wait_in_queue(live: LiveCall, queue_id: UUID, *, overflow: bool = False) -> None:
    """The caller waits for a person. Whoever waited before keeps the time since when."""
    row = live.row
    queue = agents.queue_of(queue_id)
    if queue.centre_id != row.centre_id:
        agents.hand_over(live, queue.centre_id)
        live.tell(CallOffered(subject=row.id, centre_id=row.centre_id, number=row.number_id))
    live.step(Step.OVERFLOWED if overflow else Step.QUEUED, queue=queue_id)
    row.queue_id, row.phase, row.agent_id = queue_id, CallPhase.WAITING.value, None
    if row.waiting_since is None:
        priority.look_at_caller(live)
    row.waiting_since, row.entered_queue_at, row.in_stay = row.waiting_since or live.now, live.now, True
    agents.wait(live)
    if not row.play:
        live.play_music()
    if queue.overflow:
        live.timer(OVERFLOW, LOOK_S)
    live.tell(CallQueued(subject=row.id, centre_id=row.centre_id, queue=queue_id))


def look_for_overflow(live: LiveCall) -> None:
    """Move a waiting call on when a rule of its queue says so; never into a queue in which it has been."""
    row = live.row
    if row.queue_id is None or row.phase != CallPhase.WAITING or row.entered_queue_at is None:
        return
    queue = agents.queue_of(row.queue_id)
    been = {UUID(one) for one in row.steps.exclude(queue="").values_list("queue", flat=True)}
    rules = read_overflow(queue.overflow)
    asks = any(rule.expected_wait_s is not None for rule in rules)
    to = overflow_to(
        rules,
        waited_s=(live.now - row.entered_queue_at).total_seconds(),
        expected_wait_s=waiting.expected_wait_s(row, live.now) if asks else None,
        been=been | {row.queue_id},
    )
    if to is not None and agents.is_open(to):
        wait_in_queue(live, to, overflow=True)
    else:
        live.timer(OVERFLOW, LOOK_S)


def ring(live: LiveCall, agent_id: UUID, *, part: Part = Part.AGENT) -> Participant | None:
    """Ring an agent who has a station that can be reached. None: the agent is not available any more."""
    row, station = live.row, agents.station_or_none(agent_id)
    if station is None or not agents.ringing(live, agent_id):
        return None
    standing = bool(station.leg and station.leg_ready)
    one = live.add(
        leg=station.leg if standing else live.new_name("agent"),
        part=part,
        role=Role.AGENT,
        agent_id=agent_id,
        standing=standing,
    )
    seconds = agents.ring_seconds(row.queue_id)
    live.step(Step.RANG, agent=agent_id, queue=row.queue_id)
    if not standing:
        live.order(
            partial(Originate, leg=one.leg, call=row.id.hex, to=Endpoint(kind="sip_user", address=station.user),
                timeout_s=seconds, headers={"X-Call": row.id.hex},
            )
        )  # fmt: skip
    live.timer(RING, seconds if standing else seconds + PATIENCE_S, one.id.hex)
    if part is Part.AGENT and row.direction == Direction.INBOUND:
        row.phase = CallPhase.RINGING.value
        agents.taken(live, agent_id)
    live.tell(CallRinging(subject=row.id, centre_id=row.centre_id, agent=agent_id, queue=row.queue_id))
    return one


def answered(live: LiveCall, one: Participant) -> None:
    """Somebody whom we called has answered: an agent, somebody outside, a supervisor."""
    if one.answered_at is not None:
        return
    one.answered_at = live.now
    live.cancel(RING, name=one.id.hex)
    one.save()
    if one.part in (Part.CONSULTED, Part.MONITOR):
        if one.agent_id and one.part == Part.CONSULTED:
            agents.talking(live, one.agent_id)
        live.join(one)
        one.save()
        return
    connect(live, one)


def connect(live: LiveCall, one: Participant) -> None:
    """Let the customer and this participant hear each other; from now on it counts as answered."""
    row = live.row
    live.stop_sound()
    live.cancel(OVERFLOW)
    row.on_hold, row.in_stay, row.phase = False, False, CallPhase.TALKING.value
    one.connected_at = live.now
    if one.agent_id:
        row.agent_id = one.agent_id
        agents.talking(live, one.agent_id)
    agents.served(live)
    callbacks.settle(live)
    live.step(Step.CONNECTED, agent=one.agent_id, queue=row.queue_id)
    one.joined = True
    one.save()
    live.hear()
    start_recording(live)
    live.tell(CallConnected(subject=row.id, centre_id=row.centre_id, agent=one.agent_id))


def start_recording(live: LiveCall) -> None:
    """Record the customer's leg, once for a call, unless the caller or the number says no."""
    row, customer = live.row, live.customer
    if customer is None or not row.records or row.recording_refused:
        return
    before = row.recordings.filter(is_message=False)
    if (before.filter(leg=customer.leg) if row.talk_id else before).exists():
        # Each leg of a page that was opened anew has a recording of its own.
        return
    name = live.new_name("recording")
    key = create_record_key(row.centre_id)
    Recording.objects.create(
        record_key_id=key.id, recording=name, call=row, centre_id=row.centre_id, leg=customer.leg, started_at=live.now
    )
    live.order(partial(StartRecording, leg=customer.leg, recording=name, key_name=key.id.hex))


def rang_out(live: LiveCall, one: Participant, *, hang_up: bool = True, declined: bool = False) -> None:
    """An agent does not answer, declines, or cannot be reached: away from the telephone, and the caller goes on waiting."""
    row = live.row
    live.cancel(RING, name=one.id.hex)
    one.gone_at = live.now
    one.save()
    if hang_up and not one.standing:
        live.order(partial(Hangup, leg=one.leg))
    if one.agent_id is None:
        return
    live.step(Step.RANG_OUT, agent=one.agent_id, queue=row.queue_id, detail="declined" if declined else "")
    agents.not_answered(live, one.agent_id)
    live.tell(CallMissed(subject=row.id, centre_id=row.centre_id, agent=one.agent_id))
    if one.part == Part.AGENT and row.phase == CallPhase.RINGING:
        back_to_waiting(live)


def stop_waiting(live: LiveCall) -> None:
    """The caller waits for nobody any more; whoever is rung for the call is rung no more."""
    live.cancel(OVERFLOW)
    for one in live.present:
        if one.part == Part.AGENT and one.answered_at is None:
            live.cancel(RING, name=one.id.hex)
            leave(live, one)
    agents.done(live)
    live.row.in_stay = False


def back_to_waiting(live: LiveCall) -> bool:
    """Nobody has the call: it waits again, at the place that it had. False for one that no queue can take."""
    row = live.row
    if row.direction == Direction.OUTBOUND or row.queue_id is None:
        return False
    if not row.in_stay:
        wait_in_queue(live, row.queue_id)
        return True
    row.phase, row.agent_id = CallPhase.WAITING.value, None
    agents.wait(live)
    live.play_music()
    return True
