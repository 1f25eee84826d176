"""The wallboard as it is shown: the telephone's board in words and icons, never in colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from caasis.queues.vocabulary import AgentState
from caasis.telephony.board_selectors import BoardAgent, PhoneBoard
from caasis.telephony.rules.call_record import Outcome

#: Icon of each state; the word stands beside it everywhere.
STATE_ICONS: dict[AgentState, str] = {
    AgentState.AVAILABLE: "headset_mic",
    AgentState.RINGING: "ring_volume",
    AgentState.TALKING: "phone_in_talk",
    AgentState.WRAP_UP: "edit_note",
    AgentState.BREAK: "coffee",
    AgentState.AWAY: "logout",
    AgentState.OFFLINE: "block",
}
#: As many people as a wall shows one by one; beyond that the numbers by state stand alone.
PEOPLE = 12
#: A conversation that lasts longer than this is marked: somebody may need a hand (seconds).
LONG_TALK = 20 * 60
NOTHING = "−"
#: Of the drawing: an hour, its bar, the tallest bar, and the line on which bars stand.
_SLOT, _BAR, _TALLEST, _BASE = 100, 56, 112, 148
#: Who needs somebody stands before everybody else.
_FIRST = {"help": 0, "long": 1}


def percent(rate: float | None) -> str:
    """「92.3」, or 「−」 where nothing was counted."""
    return NOTHING if rate is None else f"{rate * 100:.1f}".removesuffix(".0")


def spell(seconds: float | None) -> str:
    """「1:42」, 「1:02:03」 from an hour on; 「−」 for nothing."""
    if seconds is None:
        return NOTHING
    whole = int(max(0.0, seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def in_words(seconds: float) -> str:
    """「1分42秒」 for whoever hears the page."""
    whole = int(max(0.0, seconds))
    minutes, rest = divmod(whole, 60)
    return (f"{minutes}分" if minutes else "") + (f"{rest}秒" if rest or not minutes else "")


@dataclass(frozen=True, slots=True)
class ShownAgent:
    """One person on the wall. Why somebody is away never hangs on a wall."""

    user_id: UUID
    name: str
    word: str
    icon: str
    tone: str
    since: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class ShownState:
    word: str
    icon: str
    count: int


@dataclass(frozen=True, slots=True)
class ShownQueue:
    name: str
    waiting: int
    first_at: datetime | None
    seconds: float
    late: bool
    target: str
    service_level: str
    entered: int
    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour in the picture of today's calls. Places are those of the drawing: 100 wide for each hour, 180 high."""

    hour: int
    count: int
    left: int
    middle: int
    top: int
    above: int
    height: int


@dataclass(frozen=True, slots=True)
class Wall:
    """What the wallboard shows."""

    at: datetime
    open: bool
    waiting: int
    first_at: datetime | None
    seconds: float
    late: bool
    target: str
    service_level: str
    offered: int
    answered: int
    answer_rate: str
    abandoned: int
    abandon_rate: str
    states: list[ShownState]
    people: list[ShownAgent]
    queues: list[ShownQueue]
    bars: list[Bar]
    helps: int
    #: People who are still to be called back, and since when the first of them waits.
    promises: int
    promised_at: datetime | None

    @property
    def signed_in(self) -> int:
        return sum(one.count for one in self.states)

    @property
    def width(self) -> int:
        """Of the picture of hours: an early morning is no wider than its bar."""
        return max(6, len(self.bars)) * _SLOT

    @property
    def spoken_wait(self) -> str:
        return in_words(self.seconds)


def shown_wall(board: PhoneBoard) -> Wall:
    """The board in words."""
    today = board.today
    states = [ShownState(state.label, STATE_ICONS[state], count) for state, count in board.states.items()]
    people = sorted((shown_agent(one, board.at) for one in board.agents), key=lambda one: _FIRST.get(one.tone, 2))
    return Wall(
        at=board.at,
        open=board.open,
        waiting=board.waiting,
        first_at=board.first_at,
        seconds=board.longest_s(),
        late=any(one.late(board.at) for one in board.queues),
        target=in_words(board.target_seconds),
        service_level=percent(today.service_level),
        offered=today.offered,
        answered=today.answered,
        answer_rate=percent(today.answer_rate),
        abandoned=today.count(Outcome.ABANDONED),
        abandon_rate=percent(today.abandon_rate),
        states=states,
        people=people if len(people) <= PEOPLE else [one for one in people if one.tone in ("help", "long")][:PEOPLE],
        queues=[
            ShownQueue(
                name=one.name,
                waiting=one.waiting,
                first_at=one.first_at,
                seconds=max(0.0, (board.at - one.first_at).total_seconds()) if one.first_at else 0.0,
                late=one.late(board.at),
                target=in_words(one.target_seconds),
                service_level=percent(one.figures.service_level),
                entered=one.figures.entered,
                answered=one.figures.outcomes.get(Outcome.ANSWERED, 0),
                abandoned=one.figures.outcomes.get(Outcome.ABANDONED, 0),
            )
            for one in board.queues
        ],
        bars=bars(board.hours),
        helps=sum(one.wants_help for one in board.agents),
        promises=board.promises.count,
        promised_at=board.promises.oldest_at,
    )


def shown_agent(one: BoardAgent, now: datetime) -> ShownAgent:
    """A person with the word that matters most: who asks for help, then who talks long, then the state."""
    view, seconds = one.agent, max(0.0, (now - one.agent.since).total_seconds())
    word, icon, tone = view.state.label, STATE_ICONS[view.state], view.state.value
    if one.holds:
        word, icon, tone = "保留中", "phone_paused", "hold"
    if view.state is AgentState.TALKING and seconds > LONG_TALK:
        word, tone = "長い通話", "long"
    if one.wrap_up_late(now):
        word, tone = "長い後処理", "long"
    if one.wants_help:
        word, icon, tone = "支援要請", "front_hand", "help"
    return ShownAgent(view.user_id, view.name, word, icon, tone, view.since, seconds)


def bars(counts: Mapping[int, int]) -> list[Bar]:
    """Bars from the first to the last hour in which anybody called, the hours between included."""
    if not counts:
        return []
    most = max(counts.values())
    found = []
    for place, hour in enumerate(range(min(counts), max(counts) + 1)):
        count = counts.get(hour, 0)
        height = round(_TALLEST * count / most)
        left, top = place * _SLOT + (_SLOT - _BAR) // 2, _BASE - height
        found.append(Bar(hour, count, left, place * _SLOT + _SLOT // 2, top, top - 8, height))
    return found
