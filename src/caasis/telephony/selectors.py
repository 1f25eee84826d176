"""Reads of calls: inside the centres to which they were offered; numbers stay sealed or masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import NotFound
from caasis.people.selectors import persons_by_phone
from caasis.privacy.keys import Forgotten, record_keys_bytes
from caasis.privacy.masking import mask_contact_point
from caasis.privacy.services import read_sealed
from caasis.telephony.models import (
    Call,
    CallStep,
    DeskRequest,
    Flow,
    FlowVersion,
    MessageSwitch,
    Number,
    Participant,
    Recording,
    Station,
)
from caasis.telephony.rules.call_log import Happened, Step
from caasis.telephony.rules.call_record import CallRecord, Outcome, record_of
from caasis.telephony.rules.figures import (
    AgentFigures,
    CentreFigures,
    CountedCall,
    QueueFigures,
    agent_figures,
    centre_figures,
    interval_of,
    queue_figures,
)
from caasis.telephony.rules.record_json import from_json
from caasis.telephony.vocabulary import CallPhase, Direction, Part, RequestKind

MISSING = "この通話は見つかりません。一覧を開き直してください。"
#: Ended without a person although the caller wanted one.
MISSED = (Outcome.ABANDONED.value, Outcome.BLOCKED.value)


def numbers_of_centre(*, actor: Actor, centre_id: UUID | None = None) -> QuerySet[Number]:
    """Numbers of the actor's centre; the administrator names one."""
    wanted = centre_id or actor.centre_id
    if wanted is None or not (actor.works_for(wanted) or actor.has(Role.ADMIN)):
        return Number.objects.none()
    return Number.objects.filter(centre_id=wanted).select_related("flow__published")


def flows_of_centre(*, actor: Actor) -> QuerySet[Flow]:
    """Flows of the actor's centre."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Flow.objects.none()
    return Flow.objects.filter(centre_id=actor.centre_id).select_related("published").order_by("name")


def get_number(*, actor: Actor, number_id: UUID) -> Number:
    """One number of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    row = numbers_of_centre(actor=actor).filter(id=number_id).first()
    if row is None:
        raise NotFound("この番号は見つかりません。一覧を開き直してください。")
    return row


def public_line(number: str) -> Number | None:
    """A number (E.164) that is answered, with the flow that callers hear: what everybody learns who calls it."""
    rows = Number.objects.filter(number=number, active=True).exclude(flow__published=None)
    return rows.select_related("flow__published").first()


def get_flow(*, actor: Actor, flow_id: UUID) -> Flow:
    """One flow of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    row = flows_of_centre(actor=actor).filter(id=flow_id).first()
    if row is None:
        raise NotFound("この自動応答は見つかりません。一覧を開き直してください。")
    return row


def newest_versions(flows: Sequence[Flow]) -> dict[UUID, FlowVersion]:
    """The newest version of each of these flows, which is its draft unless it was published."""
    rows = FlowVersion.objects.filter(flow__in=[flow.id for flow in flows]).order_by("flow_id", "-number")
    return {row.flow_id: row for row in rows.distinct("flow_id")}


def switches_of_centre(*, actor: Actor) -> list[MessageSwitch]:
    """臨時メッセージ of the actor's centre that were switched at least once."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    return list(MessageSwitch.objects.filter(centre_id=actor.centre_id).order_by("name"))


def may_manage(actor: Actor) -> bool:
    """Whether the actor sets up the numbers and flows of their centre."""
    return actor.works_for(actor.centre_id) and actor.has(Role.SUPERVISOR, Role.OFFICIAL)


def get_flow_version(*, actor: Actor, version_id: UUID) -> FlowVersion:
    """One version of a flow of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    found = FlowVersion.objects.filter(id=version_id, flow__in=flows_of_centre(actor=actor)).select_related("flow")
    version = found.first()
    if version is None:
        raise NotFound("この自動応答は見つかりません。一覧を開き直してください。")
    return version


def visible_calls(*, actor: Actor) -> QuerySet[Call]:
    """Calls that were offered to the actor's centre, or made from it. Nobody outside sees any."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Call.objects.none()
    return Call.objects.filter(Q(centre_id=actor.centre_id) | Q(offered_to__contains=[str(actor.centre_id)]))


def calls_of_centre(
    *, actor: Actor, start: datetime | None = None, end: datetime | None = None, living: bool = False
) -> QuerySet[Call]:
    """Calls of the actor's centre that began within [start, end), the newest first; `living`: those that go on."""
    rows = visible_calls(actor=actor)
    if start is not None:
        rows = rows.filter(began_at__gte=start)
    if end is not None:
        rows = rows.filter(began_at__lt=end)
    if living:
        rows = rows.exclude(phase=CallPhase.ENDED.value)
    return rows.select_related("number").order_by("-began_at", "-id")


def calls_with_result(rows: QuerySet[Call], result: str) -> QuerySet[Call]:
    """Of these calls, those that were talked in and came to this (CallResult; "" is 未入力)."""
    talked = Participant.objects.filter(call=OuterRef("pk"), connected_at__isnull=False).exclude(agent_id=None)
    return rows.filter(Exists(talked), result=result).exclude(ended_at=None)


def get_call(*, actor: Actor, call_id: UUID) -> Call:
    """One call.

    :raises NotFound: hidden and absent alike.
    """
    row = visible_calls(actor=actor).select_related("number").filter(id=call_id).first()
    if row is None:
        raise NotFound(MISSING)
    return row


@dataclass(frozen=True, slots=True)
class OwnCall:
    """The call in which somebody is, rings, or which is still to be wrapped up."""

    call: Call
    mine: Participant
    others: tuple[Participant, ...]

    @property
    def rings(self) -> bool:
        return self.mine.answered_at is None and self.mine.gone_at is None

    @property
    def wraps_up(self) -> bool:
        return self.mine.gone_at is not None


def my_current_call(*, actor: Actor) -> OwnCall | None:
    """What the actor's telephone is busy with now, if anything; a call to wrap up when nothing else is."""
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        return None
    mine = Participant.objects.filter(agent_id=actor.id, call__in=visible_calls(actor=actor))
    one = mine.filter(gone_at=None, call__ended_at=None).order_by("-called_at").select_related("call__number").first()
    if one is None:
        wrapping = mine.exclude(gone_at=None).exclude(connected_at=None).filter(wrapped_up_at=None)
        one = wrapping.order_by("-gone_at").select_related("call__number").first()
    if one is None:
        return None
    others = tuple(each for each in one.call.participants.filter(gone_at=None) if each.id != one.id)
    return OwnCall(one.call, one, others)


def my_station(*, actor: Actor) -> Station | None:
    """Where the actor can be rung; None while they have named nothing."""
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        return None
    return Station.objects.filter(agent_id=actor.id, centre_id=actor.centre_id).first()


def missed_calls(*, actor: Actor, since: datetime) -> QuerySet[Call]:
    """Callers of the actor's centre who gave up or were turned away since then and with whom nobody has spoken after it.

    A later call with the same number that somebody answered, in either direction, settles it. Callers without a number
    stay in the list: nobody can call them back.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Call.objects.none()
    later = Call.objects.filter(
        centre_id=actor.centre_id,
        caller_index=OuterRef("caller_index"),
        began_at__gt=OuterRef("began_at"),
        participants__connected_at__isnull=False,
    )
    rows = Call.objects.filter(
        centre_id=actor.centre_id, direction=Direction.INBOUND.value, outcome__in=MISSED, began_at__gte=since
    )
    return rows.exclude(Exists(later)).select_related("number").order_by("-began_at", "-id")


def days_of_same_caller(*, actor: Actor, call: Call) -> dict[date, int]:
    """How often this number has called this centre before, by day, the newest first. No more than that: a number is
    shared in families, and what was said is for the case. Empty for a caller without a number."""
    if call.caller_index is None or not actor.works_for(call.centre_id):
        return {}
    rows = Call.objects.filter(
        centre_id=call.centre_id, caller_index=bytes(call.caller_index), direction=Direction.INBOUND.value
    )
    moments = rows.filter(began_at__lt=call.began_at).order_by("-began_at").values_list("began_at", flat=True)
    return dict(Counter(day_in_japan(moment) for moment in moments))


def masked_callers(*, actor: Actor, calls: Iterable[Call]) -> dict[UUID, str]:
    """The numbers of callers as a list shows them, "" where there is none to show. One query, however many."""
    own = [call for call in calls if call.caller_index is not None and actor.works_for(call.centre_id)]
    keys = record_keys_bytes(call.record_key_id for call in own)
    return {
        call.id: mask_contact_point(read_sealed(call, "caller", key=keys[call.record_key_id])["caller"])
        for call in own
        if call.record_key_id in keys
    }


def asked_for_case(*, actor: Actor, call: Call) -> UUID | None:
    """The case from which the actor asked for this outgoing call."""
    if actor.id is None:
        return None
    rows = DeskRequest.objects.filter(call=call, actor_id=actor.id, kind=RequestKind.CALL.value, target_kind="case")
    return rows.values_list("target_id", flat=True).first()


def persons_of_caller(*, actor: Actor, call: Call) -> list[UUID]:
    """Ids of people of the centre who have this caller's number. A number is shared in families: never an identity."""
    if call.caller_index is None or not actor.works_for(call.centre_id):
        return []
    try:
        return persons_by_phone(actor=actor, phone=read_sealed(call, "caller")["caller"])
    except Forgotten:
        return []


def calls_by_id(*, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, Call]:
    """Calls of the actor's centre among these ids, each with what was recorded. Two queries, however many."""
    rows = visible_calls(actor=actor).filter(id__in=list(ids)).select_related("number")
    return {row.id: row for row in rows.prefetch_related("recordings", "participants")}


def log_of_call(*, actor: Actor, call_id: UUID) -> list[CallStep]:
    """The log of one call, in its order.

    :raises NotFound: hidden and absent alike.
    """
    return list(get_call(actor=actor, call_id=call_id).steps.order_by("counter"))


def recordings_of_call(*, actor: Actor, call_id: UUID) -> QuerySet[Recording]:
    """What was recorded of a call and may be heard: not what the caller refused, not what is removed.

    :raises NotFound: hidden and absent alike.
    """
    call = get_call(actor=actor, call_id=call_id)
    if not actor.works_for(call.centre_id):
        return Recording.objects.none()
    return call.recordings.filter(refused=False, removed_at=None).exclude(ready_at=None)


def my_request(*, actor: Actor, request_id: UUID) -> DeskRequest:
    """A request that the actor made of the switchboard.

    :raises NotFound: somebody else's and absent alike.
    """
    row = DeskRequest.objects.filter(id=request_id, actor_id=actor.id).first() if actor.id else None
    if row is None:
        raise NotFound("この操作は見つかりません。画面を開き直してください。")
    return row


# --- figures ----------------------------------------------------------------------------------------------------------


def counted_calls(*, actor: Actor, start: datetime, end: datetime) -> list[CountedCall]:
    """The calls of the actor's centre that began within [start, end), each with the record that its log gives.

    Two queries: one for the calls, one for the logs of those that have no record yet.
    """
    return with_records(list(calls_of_centre(actor=actor, start=start, end=end)))


def with_records(rows: Sequence[Call]) -> list[CountedCall]:
    """Calls that were read with permission, each with the record that its log gives. One query."""
    going_on = [row.id for row in rows if row.record is None]
    logs: dict[UUID, list[Happened]] = {}
    for line in CallStep.objects.filter(call_id__in=going_on).order_by("call_id", "counter"):
        logs.setdefault(line.call_id, []).append(_happened(line))
    found = []
    for row in rows:
        record = stored_record(row) if row.record is not None else record_of(logs[row.id]) if row.id in logs else None
        if record is not None:
            caller = bytes(row.caller_index).hex() if row.caller_index else ""
            found.append(CountedCall(call=str(row.id), record=record, caller=caller))
    return found


def stored_record(row: Call) -> CallRecord:
    """The record that was stored when the call ended."""
    return from_json(row.record)


def rebuilt_record(row: Call) -> CallRecord:
    """The record as the log gives it now; equal to the stored one, always."""
    return record_of([_happened(line) for line in row.steps.order_by("counter")])


def _happened(line: CallStep) -> Happened:
    return Happened(
        step=Step(line.step), at=line.at, centre=line.centre, queue=line.queue, agent=line.agent, detail=line.detail
    )


def figures_of_centre(*, actor: Actor, start: datetime, end: datetime, target_s: float = 20.0) -> CentreFigures:
    """The centre's figures over the calls that began within [start, end)."""
    return centre_figures(
        counted_calls(actor=actor, start=start, end=end), str(actor.centre_id or ""), target_s=target_s
    )


def figures_by_interval(
    *, actor: Actor, start: datetime, end: datetime, minutes: int = 30, target_s: float = 20.0
) -> dict[datetime, CentreFigures]:
    """The same for each interval of a day in which a call began, in order, in Japan's time."""
    grouped: dict[datetime, list[CountedCall]] = {}
    for call in counted_calls(actor=actor, start=start, end=end):
        grouped.setdefault(interval_of(call.record.began_at, minutes), []).append(call)
    centre = str(actor.centre_id or "")
    return {at.astimezone(JST): centre_figures(grouped[at], centre, target_s=target_s) for at in sorted(grouped)}


def figures_of_queues(
    *, actor: Actor, queue_ids: Sequence[UUID], start: datetime, end: datetime, target_s: float = 20.0
) -> dict[UUID, QueueFigures]:
    """The figures of some queues over the centre's calls."""
    calls = counted_calls(actor=actor, start=start, end=end)
    return {queue_id: queue_figures(calls, str(queue_id), target_s=target_s) for queue_id in queue_ids}


def figures_of_agents(*, actor: Actor, start: datetime, end: datetime) -> dict[UUID, AgentFigures]:
    """Each agent's figures over the centre's calls: of everybody to supervisors and officials, of oneself to the rest."""
    calls = counted_calls(actor=actor, start=start, end=end)
    agents = {UUID(part.agent) for call in calls for part in call.record.parts}
    agents |= {UUID(agent) for call in calls for agent in call.record.rang_out if agent}
    if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        agents &= {actor.id} if actor.id else set()
    return {agent: agent_figures(calls, str(agent)) for agent in sorted(agents)}


@dataclass(frozen=True, slots=True)
class WaitingNow:
    """One queue at this moment (K45): how many wait, and the longest of their waits."""

    waiting: int
    longest: timedelta


def waiting_now(*, actor: Actor, now: datetime) -> dict[UUID, WaitingNow]:
    """Calls that wait or ring in the centre now, by queue."""
    if actor.centre_id is None:
        return {}
    rows = visible_calls(actor=actor).filter(
        centre_id=actor.centre_id, phase__in=[CallPhase.WAITING.value, CallPhase.RINGING.value]
    )
    found: dict[UUID, list[datetime]] = {}
    for queue_id, since in rows.exclude(queue_id=None).values_list("queue_id", "waiting_since"):
        if queue_id is not None:
            found.setdefault(queue_id, []).append(since or now)
    return {queue_id: WaitingNow(len(times), now - min(times)) for queue_id, times in found.items()}


def living_agents(*, actor: Actor) -> set[UUID]:
    """Agents who are in a living call of the actor's centre."""
    rows = Participant.objects.filter(
        gone_at=None, call__ended_at=None, part__in=[Part.AGENT.value, Part.CONSULTED.value]
    )
    mine = rows.filter(call__in=visible_calls(actor=actor)).values_list("agent_id", flat=True)
    return {agent_id for agent_id in mine if agent_id is not None}
