"""Who is there and what waits, and to whom each piece of work is shown at this moment."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from caasis.engines.routing.agents import Agent
from caasis.engines.routing.index import Floor, Line, Team, anybody, is_at_work, specialist_first, take_out
from caasis.engines.routing.priority import Key, key_of
from caasis.engines.routing.vocabulary import Channel, Choice, PriorityReason
from caasis.engines.routing.work import Need, Work


@dataclass(slots=True, eq=False)
class Seat:
    """An agent, the team they belong to, and the channels of which they could be given one more now."""

    agent: Agent
    team: Team
    channels: tuple[Channel, ...]


@dataclass(slots=True, eq=False)
class Entry:
    """A piece of work: waiting, or with an agent."""

    work: Work
    key: Key
    need: Need
    #: Partner centres that an expected wait has opened.
    opened: set[str] = field(default_factory=set)
    #: The centres whose agents may take it now, in the order in which they are asked, and its line in each of them.
    centres: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    #: Only the preferred agent may take it now.
    reserved: bool = False
    #: The sorted lists in which it stands: of its lines, or of the preferred agent.
    shelves: list[list[Key]] = field(default_factory=list)
    #: Who is rung for it or works on it; "" while it waits.
    agent: str = ""


class Hall:
    """State without decisions. What an event sets free stands in `fresh_agents` and `fresh_work` until it is looked at."""

    def __init__(self, choice: Choice, head_starts: Mapping[PriorityReason, float]) -> None:
        self._rank = specialist_first if choice is Choice.SPECIALIST_FIRST else anybody
        self._head_starts = head_starts
        self.seats: dict[str, Seat] = {}
        self.entries: dict[str, Entry] = {}
        self._floors: dict[str, Floor] = {}
        self._queues: dict[str, list[Key]] = {}
        self._reserved: dict[str, list[Key]] = {}
        #: Agent → work that would rather have this agent than another.
        self._preferring: dict[str, set[str]] = {}
        #: Person → how many of their calls are here, waiting or with an agent.
        self._on_the_line: Counter[str] = Counter()
        self.callbacks: dict[str, str] = {}
        #: When something changes by time alone: the moment and the id of work or agent.
        self._timers: list[tuple[float, str]] = []
        self.fresh_agents: set[str] = set()
        self.fresh_work: set[str] = set()

    def floor(self, centre: str) -> Floor:
        found = self._floors.get(centre)
        if found is None:
            found = self._floors[centre] = Floor(self._rank)
        return found

    # --- agents -------------------------------------------------------------------------------------------------------

    def seat(self, agent: Agent, now: float) -> None:
        """Bring an agent in, or show one as they are now."""
        old = self.seats.get(agent.id)
        floor = self.floor(agent.centre)
        if old is not None:
            self.floor(old.agent.centre).part(old.team, old.agent, old.channels)
            same = old.agent.skills is agent.skills and old.agent.capacity is agent.capacity
            team = old.team if same and old.agent.centre == agent.centre else floor.team_of(agent)
        else:
            team = floor.team_of(agent)
        channels = agent.takes_now()
        floor.join(team, agent, channels)
        if old is not None and old.team is not team:
            self.floor(old.agent.centre).forget_if_empty(old.team)
        self.seats[agent.id] = Seat(agent, team, channels)
        if channels:
            self.fresh_agents.add(agent.id)
        if agent.wrap_up_until is not None:
            heapq.heappush(self._timers, (agent.wrap_up_until, agent.id))
        self._show_again(agent.id, now)

    def unseat(self, agent_id: str, now: float) -> None:
        """An agent is gone. Raises KeyError for one who isn't there."""
        seat = self.seats.pop(agent_id)
        floor = self.floor(seat.agent.centre)
        floor.part(seat.team, seat.agent, seat.channels)
        floor.forget_if_empty(seat.team)
        self.fresh_agents.discard(agent_id)
        self._show_again(agent_id, now)

    def _show_again(self, agent_id: str, now: float) -> None:
        """What waits for this agent may have to go on without, and what has gone on may wait for them again."""
        for work_id in self._preferring.get(agent_id, ()):
            self.show(self.entries[work_id], now)

    # --- work ---------------------------------------------------------------------------------------------------------

    def admit(self, work: Work, now: float) -> Entry:
        """A piece of work begins to wait."""
        entry = self.entries[work.id] = Entry(work, key_of(work, self._head_starts), work.need)
        if work.person:
            if work.channel is Channel.CALLBACK:
                self.callbacks[work.person] = work.id
            else:
                self._on_the_line[work.person] += 1
                self._show_callback(work.person, now)
        self.wait(entry, now)
        return entry

    def wait(self, entry: Entry, now: float) -> None:
        """It waits, for the first time or again: at the place that its arrival gives it."""
        work = entry.work
        entry.agent = ""
        moments = [work.arrived_at + rule.waited_s for rule in work.overflow if rule.waited_s is not None]
        if work.preferred is not None:
            self._preferring.setdefault(work.preferred.agent, set()).add(work.id)
            moments.append(work.arrived_at + work.preferred.patience_s)
        for moment in moments:
            if moment > now:
                heapq.heappush(self._timers, (moment, work.id))
        self.show(entry, now)

    def give(self, entry: Entry, agent_id: str) -> None:
        """It waits no more: this agent has it, or nobody ("")."""
        work = entry.work
        self._set_shown(entry, (), reserved=False)
        entry.agent = agent_id
        if work.preferred is not None:
            preferring = self._preferring[work.preferred.agent]
            preferring.remove(work.id)
            if not preferring:
                del self._preferring[work.preferred.agent]

    def dismiss(self, entry: Entry, now: float) -> None:
        """It is gone from here."""
        if not entry.agent:
            self.give(entry, "")
        work = entry.work
        del self.entries[work.id]
        self.fresh_work.discard(work.id)
        if work.person:
            if work.channel is Channel.CALLBACK:
                del self.callbacks[work.person]
            else:
                self._on_the_line[work.person] -= 1
                if not self._on_the_line[work.person]:
                    del self._on_the_line[work.person]
                self._show_callback(work.person, now)

    def _show_callback(self, person: str, now: float) -> None:
        if person in self.callbacks:
            self.show(self.entries[self.callbacks[person]], now)

    # --- to whom work is shown ----------------------------------------------------------------------------------------

    def show(self, entry: Entry, now: float) -> None:
        """Show work to those who may take it now, and to nobody else. Work that an agent has is shown to nobody."""
        work = entry.work
        if entry.agent:
            return
        if work.channel is Channel.CALLBACK and work.person in self._on_the_line:
            self._set_shown(entry, (), reserved=False)
            return
        centres = [work.centre]
        for rule in work.overflow:
            waited = rule.waited_s is not None and now >= work.arrived_at + rule.waited_s
            if waited or rule.centre in entry.opened:
                centres.append(rule.centre)
        self._set_shown(entry, tuple(centres), reserved=self._waits_for_preferred(entry, centres, now))

    def _waits_for_preferred(self, entry: Entry, centres: list[str], now: float) -> bool:
        preferred = entry.work.preferred
        if preferred is None or now >= entry.work.arrived_at + preferred.patience_s:
            return False
        seat = self.seats.get(preferred.agent)
        if seat is None or seat.agent.centre not in centres:
            return False
        return is_at_work(seat.agent) and seat.team.meets(entry.need)

    def _set_shown(self, entry: Entry, centres: tuple[str, ...], *, reserved: bool) -> None:
        if (centres, reserved) == (entry.centres, entry.reserved):
            return
        was_here = bool(entry.centres)
        entry.centres, entry.reserved = centres, reserved
        entry.lines = [self.floor(centre).line_of(entry.need) for centre in centres]
        for shelf in entry.shelves:
            take_out(shelf, entry.key)
        entry.shelves = [line.keys for line in entry.lines]
        if reserved:
            assert entry.work.preferred is not None
            entry.shelves = [self._reserved.setdefault(entry.work.preferred.agent, [])]
        for shelf in entry.shelves:
            insort(shelf, entry.key)
        if centres:
            self.fresh_work.add(entry.work.id)
        if bool(centres) != was_here:
            queue = self._queues.setdefault(entry.work.queue, [])
            insort(queue, entry.key) if centres else take_out(queue, entry.key)

    # --- reading ------------------------------------------------------------------------------------------------------

    def first_for(self, agent_id: str) -> Key | None:
        """The work that this agent would take now; None when there is none, or the agent takes nothing."""
        seat = self.seats.get(agent_id)
        if seat is None or not seat.channels:
            return None
        channels = seat.channels
        heads = [line.keys[0] for line in seat.team.lines if line.keys and line.need.channel in channels]
        for key in self._reserved.get(agent_id, ()):
            if self.entries[key[2]].need.channel in channels:
                heads.append(key)
                break
        return min(heads, default=None)

    def agent_for(self, entry: Entry) -> str | None:
        """Who takes this work now, if anybody is free."""
        preferred = self.seats.get(entry.work.preferred.agent) if entry.work.preferred is not None else None
        if (
            preferred is not None
            and preferred.agent.centre in entry.centres
            and entry.need.channel in preferred.channels
            and preferred.team.meets(entry.need)
        ):
            return preferred.agent.id
        if not entry.reserved:
            for line in entry.lines:
                agent_id = line.next_agent()
                if agent_id is not None:
                    return agent_id
        return None

    def place_in_queue(self, entry: Entry) -> int:
        """1 for the next one of its queue."""
        return 1 + bisect_left(self.queue(entry.work.queue), entry.key)

    def queue(self, queue: str) -> list[Key]:
        """What waits in a queue, the next one first; without callbacks whose person is on the line."""
        return self._queues.get(queue, [])

    def next_timer(self) -> tuple[float, str] | None:
        """The next moment at which time alone may change something, and the id of what it concerns."""
        while self._timers:
            _, one = self._timers[0]
            entry, seat = self.entries.get(one), self.seats.get(one)
            if (entry is not None and not entry.agent) or (seat is not None and seat.agent.wrap_up_until is not None):
                return self._timers[0]
            heapq.heappop(self._timers)
        return None

    def drop_timer(self) -> None:
        heapq.heappop(self._timers)
