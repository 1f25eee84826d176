"""Supervision as it is shown: who does what since when, whose call may be heard, who waits for help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from caasis.desk.phone_board import STATE_ICONS, in_words, shown_agent
from caasis.kernel.actor import Actor, Role
from caasis.queues.code_lists import reasons
from caasis.queues.rules.states import BY_AGENT
from caasis.queues.vocabulary import NO_ANSWER, AgentState
from caasis.telephony.board_selectors import BoardAgent, PhoneBoard, masked_callers
from caasis.telephony.models import Call
from caasis.telephony.vocabulary import Direction, MonitorMode

#: What each way of monitoring does, for whoever presses it.
MODES: tuple[tuple[MonitorMode, str, str], ...] = (
    (MonitorMode.LISTEN, "headset_mic", "聞く（相手にも相談員にも聞こえません）"),
    (MonitorMode.WHISPER, "chat", "ささやく（相談員にだけ聞こえます）"),
    (MonitorMode.BARGE, "group", "加わる（相手にも聞こえます）"),
)
_SHORT = {MonitorMode.LISTEN: "聞く", MonitorMode.WHISPER: "ささやく", MonitorMode.BARGE: "加わる"}


@dataclass(frozen=True, slots=True)
class ShownMode:
    """One button of monitoring; `now` when the reader does it already."""

    value: str
    icon: str
    word: str
    title: str
    now: bool


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A living call, without the number: its end is masked, and only the centre that has the call sees even that."""

    call_id: UUID
    way: str
    number: str
    caller: str
    queue: str
    held: bool
    since: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class ShownSeat:
    """One person at the telephone."""

    user_id: UUID
    name: str
    word: str
    icon: str
    reason: str
    since: datetime
    seconds: float
    #: What a supervisor should look at, in words; "" when nothing.
    note: str
    wants_help: bool
    call: ShownCall | None
    listening: list[str]
    modes: list[ShownMode]
    hears: bool
    #: (value, words) of the states to which a leader may bring them.
    choices: list[tuple[str, str]]


def shown_seats(board: PhoneBoard, *, actor: Actor) -> list[ShownSeat]:
    """Everybody who is signed in, who needs somebody first."""
    queues = {one.queue_id: one.name for one in board.queues}
    callers = masked_callers(board)
    seats = [_seat(one, board.at, queues, callers, actor) for one in board.agents]
    return sorted(seats, key=lambda seat: (not seat.wants_help, not seat.note))


def _seat(
    one: BoardAgent, now: datetime, queues: dict[UUID, str], callers: dict[UUID, str], actor: Actor
) -> ShownSeat:
    view, shown = one.agent, shown_agent(one, now)
    own = next((each for each in one.listening if each.user_id == actor.id), None)
    monitored = one.call is not None and one.talks and view.user_id != actor.id and actor.has(Role.SUPERVISOR)
    return ShownSeat(
        user_id=view.user_id,
        name=view.name,
        word="保留中" if one.holds else view.state.label,
        icon="phone_paused" if one.holds else STATE_ICONS[view.state],
        reason=view.reason,
        since=view.since,
        seconds=shown.seconds,
        note=_note(one, now, shown.tone),
        wants_help=one.wants_help,
        call=_call(one.call, now, queues, callers) if one.call is not None else None,
        listening=[_listener(each.name, each.mode) for each in one.listening],
        modes=[
            ShownMode(mode.value, icon, _SHORT[mode], title, own is not None and own.mode is mode)
            for mode, icon, title in MODES
        ]
        if monitored
        else [],
        hears=own is not None,
        choices=_choices(view.state),
    )


def _note(one: BoardAgent, now: datetime, tone: str) -> str:
    view = one.agent
    if one.wrap_up_late(now):
        assert view.wrap_up_until is not None
        return f"後処理が目安を{in_words((now - view.wrap_up_until).total_seconds())}過ぎています"
    if view.state is AgentState.AWAY and view.reason_code == NO_ANSWER:
        return "呼び出しに出ませんでした"
    return "20分をこえる通話です" if tone == "long" else ""


def _listener(name: str, mode: MonitorMode | None) -> str:
    return f"{name}さん（{mode.label}）" if mode is not None else f"{name}さん"


def _call(call: Call, now: datetime, queues: dict[UUID, str], callers: dict[UUID, str]) -> ShownCall:
    inbound = call.direction == Direction.INBOUND.value
    return ShownCall(
        call_id=call.id,
        way="かかってきた電話" if inbound else "かけた電話",
        number=call.number.label if call.number else "",
        caller=callers.get(call.id, "") or "番号の通知なし",
        queue=queues.get(call.queue_id, "") if call.queue_id else "",
        held=call.on_hold,
        since=call.began_at,
        seconds=max(0.0, (now - call.began_at).total_seconds()),
    )


def _choices(state: AgentState) -> list[tuple[str, str]]:
    """What a leader may choose for somebody in this state, as the value that the form posts and its words."""
    found: list[tuple[str, str]] = []
    for after in (AgentState.AVAILABLE, AgentState.BREAK, AgentState.AWAY, AgentState.OFFLINE):
        if after not in BY_AGENT[state]:
            continue
        terms = reasons(after)
        if terms:
            found += [(f"{after.value}:{term.code}", _words(after.label, term.label)) for term in terms]
        else:
            found.append((after.value, "受付を終える" if after is AgentState.OFFLINE else after.label))
    return found


def _words(state: str, reason: str) -> str:
    return state if state == reason else f"{state}（{reason}）"


def chosen_state(text: str) -> tuple[AgentState, str] | None:
    """State and reason of a posted choice; None for what no form offers."""
    state, _, reason = text.partition(":")
    if state not in {one.value for one in AgentState}:
        return None
    return AgentState(state), reason
