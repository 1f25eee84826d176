"""What the telephone in the bar shows one agent: their state, the call that rings or goes on, and what they can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.appointments.talk_selectors import visible_talks
from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.kernel.actor import Actor, Role
from caasis.queues import selectors as queues
from caasis.queues.code_lists import reason_label, reasons
from caasis.queues.vocabulary import AgentState
from caasis.telephony import selectors as telephony
from caasis.telephony.models import Call, DeskRequest, Participant, Station
from caasis.telephony.vocabulary import CallPhase, CallResult, Direction, Part, Presentation, Toll
from caasis.telephony.wrap_up_selectors import WrapUp, my_wrap_up

#: State → (modifier of the colour, icon, the word). 待機 is called 受付中 here: it is what the button says that one does.
STATES: dict[AgentState, tuple[str, str, str]] = {
    AgentState.OFFLINE: ("off", "call_end", "受付していません"),
    AgentState.AVAILABLE: ("ready", "headset_mic", "受付中"),
    AgentState.RINGING: ("ring", "ring_volume", "着信中"),
    AgentState.TALKING: ("talk", "phone_in_talk", "通話中"),
    AgentState.WRAP_UP: ("wrap", "edit_note", "後処理"),
    AgentState.BREAK: ("away", "coffee", "休憩中"),
    AgentState.AWAY: ("away", "pause", "離席中"),
}
NO_NUMBER = {
    Presentation.ANONYMOUS: "非通知",
    Presentation.PAYPHONE: "公衆電話",
    Presentation.UNAVAILABLE: "番号がわかりません",
}
MOST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """A state that can be chosen now, as the form posts it."""

    value: str
    label: str
    icon: str


@dataclass(slots=True)
class CallView:
    """The call of the bar in words."""

    call: Call
    caller: str
    called: str
    queue: str
    via_188: bool
    rings: bool
    wraps_up: bool
    #: The agent answers on the screen; else the handset has to be lifted.
    on_screen: bool
    muted: bool
    mine: bool
    since: datetime
    before: list[tuple[date, int]] = field(default_factory=list)
    before_count: int = 0
    others: list[str] = field(default_factory=list)
    #: Somebody is consulted, and whether they have answered.
    consulting: bool = False
    consulted_answered: bool = False
    recording: str = ""
    #: The case from which this call was asked for.
    for_case: Case | None = None
    #: The cases that were opened or gone on with from this call.
    cases: list[Case] = field(default_factory=list)
    outbound: bool = False
    #: In the wrap-up: what the call can have come to, what was said, and whether it may be prolonged.
    results: list[CallResult] = field(default_factory=list)
    wrap_up: WrapUp | None = None


@dataclass(slots=True)
class Telephone:
    """The bar's telephone. `refusal`: why the last request was not done."""

    state: AgentState
    tone: str
    icon: str
    word: str
    reason: str
    since: datetime | None
    wrap_up_until: datetime | None
    choices: list[Choice]
    planned: str
    call: CallView | None
    station: Station | None
    user_id: UUID
    pending: UUID | None = None
    refusal: str = ""

    @property
    def signed_in(self) -> bool:
        return self.state is not AgentState.OFFLINE

    @property
    def way(self) -> str:
        """By which instrument the agent is reached, and whether it works now."""
        if self.station is None:
            return "none"
        if self.station.leg:
            return "browser" if self.station.leg_ready else "browser_waits"
        return "phone" if self.station.online else "nothing"

    @property
    def says(self) -> str:
        """What somebody who hears the page is told when it changes."""
        if self.refusal:
            return self.refusal
        if self.call is not None and self.call.rings:
            return f"着信中。{self.call.caller}。{self.call.called}"
        return self.word


def is_agent(actor: Actor) -> bool:
    """Whether the actor works at a centre's telephone; the services decide, this only chooses what the page shows."""
    return actor.works_for(actor.centre_id) and actor.has(Role.COUNSELLOR, Role.SUPERVISOR)


def telephone_of(*, actor: Actor, request: DeskRequest | None = None) -> Telephone | None:
    """The telephone of the actor, None for whoever has none. `request` is what they asked last."""
    if not is_agent(actor) or actor.id is None:
        return None
    status = queues.my_status(actor=actor)
    state = AgentState(status.state) if status is not None else AgentState.OFFLINE
    own = telephony.my_current_call(actor=actor) if state is not AgentState.OFFLINE else None
    tone, icon, word = STATES[state]
    shown = Telephone(
        state=state, tone=tone, icon=icon, word=word,
        reason=reason_label(state, status.reason) if status is not None else "",
        since=status.since if status is not None and state is not AgentState.OFFLINE else None,
        wrap_up_until=status.wrap_up_until if status is not None else None,
        choices=_choices(state),
        planned=_planned(status),
        call=call_view(own, actor=actor) if own is not None else None,
        station=telephony.my_station(actor=actor),
        user_id=actor.id,
    )  # fmt: skip
    if shown.call is not None and shown.call.call.phase == CallPhase.DIALLING:
        shown.word, shown.icon = "発信中", "call"
    elif shown.call is not None and state is AgentState.TALKING and shown.call.call.on_hold:
        shown.word, shown.icon, shown.tone = "保留中", "phone_paused", "hold"
    if request is not None:
        if request.state == DeskRequest.State.WAITING:
            shown.pending = request.id
        elif request.state == DeskRequest.State.REFUSED:
            shown.refusal = request.answer
    return shown


def _choices(state: AgentState) -> list[Choice]:
    """What can be chosen: at once, or during a call for the time after it."""
    if state in (AgentState.OFFLINE, AgentState.RINGING):
        return []
    found = [] if state is AgentState.AVAILABLE else [Choice("available", "受付中にする", "headset_mic")]
    if state is AgentState.TALKING:
        found = [Choice("available", "続けて受付する", "headset_mic")]
    found += [Choice(f"break:{term.code}", term.label, "coffee") for term in reasons(AgentState.BREAK)]
    found += [Choice(f"away:{term.code}", term.label, "pause") for term in reasons(AgentState.AWAY)]
    if state is not AgentState.TALKING:
        found.append(Choice("offline", "受付を終える", "call_end"))
    return found


def _planned(status: Any) -> str:
    if status is None or not status.next_state:
        return ""
    state = AgentState(status.next_state)
    return reason_label(state, status.next_reason) or state.label


def caller_words(call: Call, masked: str) -> str:
    """The masked number, or why there is none."""
    if call.talk_id is not None:
        return "ビデオ相談"
    if call.caller_index is None:
        return NO_NUMBER.get(Presentation(call.presentation), NO_NUMBER[Presentation.UNAVAILABLE])
    return masked or "番号は伏せています"


def call_view(own: telephony.OwnCall, *, actor: Actor) -> CallView:
    """The call in words. The number is masked: opening it is an act of its own."""
    call, mine = own.call, own.mine
    days = telephony.days_of_same_caller(actor=actor, call=call)
    queue = queues.queues_of_centre(actor=actor).filter(id=call.queue_id).first() if call.queue_id else None
    consulted = next((one for one in own.others if one.part == Part.CONSULTED), None)
    return CallView(
        call=call,
        caller=caller_words(call, telephony.masked_callers(actor=actor, calls=[call]).get(call.id, "")),
        called=(call.number.label if call.number else ""),
        queue=queue.name if queue is not None else "",
        via_188=call.diverted or (call.number is not None and call.number.toll == Toll.HOTLINE_188),
        rings=own.rings,
        wraps_up=own.wraps_up,
        on_screen=mine.standing,
        muted=mine.muted,
        mine=mine.part == Part.AGENT,
        since=mine.gone_at or mine.connected_at or mine.answered_at or mine.called_at,
        before=list(days.items())[:MOST_DAYS],
        before_count=sum(days.values()),
        others=_others(own.others),
        consulting=mine.part == Part.AGENT and consulted is not None,
        consulted_answered=consulted is not None and consulted.answered_at is not None,
        recording=_recording(call),
        for_case=_for_case(call, actor),
        cases=cases.cases_of_contacts(actor=actor, contact_ids=[call.id]).get(call.id, []),
        outbound=call.direction == Direction.OUTBOUND,
        results=list(CallResult) if own.wraps_up else [],
        wrap_up=my_wrap_up(actor=actor, mine=mine) if own.wraps_up else None,
    )


def _for_case(call: Call, actor: Actor) -> Case | None:
    if call.direction != Direction.OUTBOUND:
        return None
    if call.talk_id is not None:
        case_id = visible_talks(actor=actor).filter(id=call.talk_id).values_list("case_id", flat=True).first()
    else:
        case_id = telephony.asked_for_case(actor=actor, call=call)
    return cases.own_cases(actor=actor).filter(id=case_id).first() if case_id else None


def _others(others: tuple[Participant, ...]) -> list[str]:
    """Who else is in the call, besides the customer."""
    names = names_of({one.agent_id for one in others if one.agent_id})
    found = []
    for one in others:
        if one.part == Part.OUTSIDE or (one.part == Part.CONSULTED and one.agent_id is None):
            found.append("外の相手")
        elif one.agent_id is not None and one.part != Part.MONITOR:
            found.append(f"{names.get(one.agent_id, 'ほかの職員')}さん")
    return found


def _recording(call: Call) -> str:
    """on, paused, refused, or "" when nothing is recorded."""
    if call.recording_refused:
        return "refused"
    rows = [row for row in call.recordings.all() if row.ready_at is None and row.removed_at is None and not row.failed]
    if not rows or call.ended_at is not None:
        return ""
    last = rows[-1].paused[-1] if rows[-1].paused else None
    return "paused" if last is not None and last[1] is None else "on"
