"""The router: who gets what, decided again at each event by looking only at what the event can change.

The policy, which `tests/engines/routing_reference.py` states a second time by looking at everything:

1. Work is looked at in the order of `priority.key_of`. Each piece goes to the best free agent who can do it, or goes on
   waiting if none is free; then the next piece is looked at.
2. The best agent: the preferred one; else one of the work's own centre; else one of the first partner centre that is open
   to it. Within a centre the specialist (fewest skills beyond those needed, then the higher level), then who has the least
   in hand, then who has been idle the longest.
3. While the preferred agent is at work and the caller's patience with them lasts, nobody else gets the work.
4. A partner centre is open to work that has waited for so long, or for which so long a wait was to be expected when it
   came or at a review. Once open it stays open: nobody is sent to and fro.
5. A callback is not given out while its person is on the line.

After each event no free agent and no waiting work fit together. So what comes next can only fit with what the event has
set free: an agent, or a piece of work. One event costs a look at the lines of one agent, or at the teams of one line.

Not for threads. Moments must not go back.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import replace

from caasis.engines.routing import agents as turns
from caasis.engines.routing.agents import Agent
from caasis.engines.routing.expectation import callback_for, expected_wait_s
from caasis.engines.routing.hall import Entry, Hall
from caasis.engines.routing.priority import HEAD_STARTS, Key
from caasis.engines.routing.reasons import reasons_for
from caasis.engines.routing.vocabulary import Channel, Choice, PriorityReason
from caasis.engines.routing.work import Assignment, Work

Assignments = tuple[Assignment, ...]


class AlreadyPromised(ValueError):
    """A person is promised a callback already; `callback` is its id."""

    def __init__(self, callback: str) -> None:
        super().__init__("nobody is promised two callbacks")
        self.callback = callback


class Router:
    """Agents and work, kept up to date by events; each event answers with the assignments that follow from it.

    choice: specialist first, or the longest idle whatever else they can do. head_starts: see `priority`.
    An event about work or an agent that isn't here raises KeyError; one that can't happen in its state NotPossible.
    """

    def __init__(
        self,
        *,
        choice: Choice = Choice.SPECIALIST_FIRST,
        head_starts: Mapping[PriorityReason, float] = HEAD_STARTS,
    ) -> None:
        self._head_starts = head_starts
        self._hall = Hall(choice, head_starts)
        self._handling: dict[str, tuple[float, float | None]] = {}

    # --- agents -------------------------------------------------------------------------------------------------------

    def load(self, agents: Iterable[Agent], works: Iterable[Work], now: float) -> Assignments:
        """Everything at once, as after a start: one decision about all of it."""
        for agent in agents:
            self._hall.seat(agent, now)
        for work in works:
            self._admit(work, now)
        return self.review(now)

    def put_agent(self, agent: Agent, now: float) -> Assignments:
        """An agent is there, or is as they are now: another state, other skills, another centre."""
        self._hall.seat(agent, now)
        return self._decide(now)

    def remove_agent(self, agent_id: str, now: float) -> Assignments:
        """An agent is gone. Work that they had is still theirs until it ends."""
        self._hall.unseat(agent_id, now)
        return self._decide(now)

    def agent(self, agent_id: str) -> Agent:
        return self._hall.seats[agent_id].agent

    # --- work ---------------------------------------------------------------------------------------------------------

    def enter(self, work: Work, now: float) -> Assignments:
        """Work begins to wait. Whoever calls while a callback is promised has its place.

        :raises ValueError: it is here already. :raises AlreadyPromised: a second callback for one person.
        """
        return self._decide_and_open([self._admit(work, now)], now)

    def leave(self, work_id: str, now: float) -> Assignments:
        """Whoever waited is gone: hung up, or withdrew. An agent who was just being rung is free again."""
        entry = self._hall.entries[work_id]
        seat = self._hall.seats.get(entry.agent)
        if seat is not None and work_id in seat.agent.at_work:
            self._hall.seat(turns.withdraw(seat.agent, work_id, now), now)
        self._hall.dismiss(entry, now)
        return self._decide(now)

    def promise_callback(self, work_id: str, callback_id: str, now: float) -> Assignments:
        """Turn a waiting call into a callback that keeps its place.

        :raises AlreadyPromised: the person is promised one. :raises ValueError: an agent has the call, or nobody knows whose
        it is.
        """
        entry = self._hall.entries[work_id]
        if entry.agent or not entry.work.person:
            raise ValueError("a callback is for a known person who waits")
        self._check_promise(entry.work.person)
        self._hall.dismiss(entry, now)
        return self._decide_and_open([self._admit(callback_for(entry.work, callback_id), now)], now)

    def answered(self, work_id: str, now: float) -> Assignments:
        """The agent has answered. A callback that the person was promised is settled by it and leaves, unless it is made
        just now: nobody calls them again."""
        entry = self._hall.entries[work_id]
        self._hall.seat(turns.answer(self.agent(entry.agent), work_id, now), now)
        callback = self._hall.entries.get(self.promised_to(entry.work.person) or "")
        if callback is not None and not callback.agent:
            self._hall.dismiss(callback, now)
        return self._decide(now)

    def promised_to(self, person: str) -> str | None:
        """The callback that a person is promised."""
        return self._hall.callbacks.get(person)

    def no_answer(self, work_id: str, now: float) -> Assignments:
        """The agent did not answer: put away from routing. The caller keeps the place and waits for somebody else."""
        entry = self._hall.entries[work_id]
        self._hall.seat(turns.no_answer(self.agent(entry.agent), work_id, now), now)
        self._hall.wait(entry, now)
        return self._decide(now)

    def ended(self, work_id: str, now: float, *, wrap_up_s: float | None = 0.0) -> Assignments:
        """It is dealt with. `wrap_up_s` as in `agents.end`."""
        entry = self._hall.entries[work_id]
        if entry.agent in self._hall.seats:
            self._hall.seat(turns.end(self.agent(entry.agent), work_id, now, wrap_up_s=wrap_up_s), now)
        self._hall.dismiss(entry, now)
        return self._decide(now)

    def finish_wrap_up(self, agent_id: str, now: float) -> Assignments:
        """The agent's button: 後処理 is over."""
        return self.put_agent(turns.finish_wrap_up(self.agent(agent_id), now), now)

    def _admit(self, work: Work, now: float) -> Entry:
        if work.id in self._hall.entries:
            raise ValueError("this work is here already")
        if work.channel is Channel.CALLBACK:
            self._check_promise(work.person)
        elif (callback := self.promised_to(work.person)) is not None:
            promised = self._hall.entries[callback].work
            work = replace(work, arrived_at=min(work.arrived_at, promised.arrived_at))
        return self._hall.admit(work, now)

    def _check_promise(self, person: str) -> None:
        if (callback := self.promised_to(person)) is not None:
            raise AlreadyPromised(callback)

    # --- time ---------------------------------------------------------------------------------------------------------

    def next_moment(self) -> float | None:
        """When `tick` has something to do next, if nothing else happens before."""
        timer = self._hall.next_timer()
        return None if timer is None else timer[0]

    def tick(self, now: float) -> Assignments:
        """What time alone brings: wrap-ups reach their limit, patience ends, partner centres open.

        Every event does this too; a tick is for moments at which nothing else happens.
        """
        return self._decide(now)

    def review(self, now: float) -> Assignments:
        """Open partner centres for those for whom too long a wait is to be expected by now. Every few seconds will do."""
        return self._decide_and_open([entry for entry in self._hall.entries.values() if entry.work.overflow], now)

    def _decide_and_open(self, entries: list[Entry], now: float) -> Assignments:
        """First who is free; only then, for who has to wait, whether the wait to be expected opens a partner centre."""
        given = self._decide(now)
        return given + self._decide(now) if self._open_partners(entries, now) else given

    def _open_partners(self, entries: list[Entry], now: float) -> bool:
        opened: list[tuple[Entry, set[str]]] = []
        for entry in entries:
            rules = [rule for rule in entry.work.overflow if rule.expected_wait_s is not None]
            rules = [rule for rule in rules if rule.centre not in entry.opened]
            if entry.agent or not rules:
                continue
            expected = self._expected(entry)
            centres = {
                rule.centre for rule in rules if expected is not None and expected >= (rule.expected_wait_s or 0)
            }
            if centres:
                opened.append((entry, centres))
        for entry, centres in opened:
            entry.opened |= centres
            self._hall.show(entry, now)
        return bool(opened)

    # --- what is to be expected ---------------------------------------------------------------------------------------

    def learn(self, queue: str, *, handling_s: float, patience_s: float | None = None) -> None:
        """How long work of a queue takes on average, and after how long its callers give up; see `expected_wait_s`."""
        self._handling[queue] = (handling_s, patience_s)

    def place(self, work_id: str) -> int:
        """1 for the next one of its queue. Raises KeyError for work that does not wait."""
        entry = self._hall.entries[work_id]
        if entry.agent:
            raise KeyError(work_id)
        return self._hall.place_in_queue(entry)

    def expected_wait_s(self, work_id: str) -> float | None:
        """Mean seconds that it has still to wait for an agent of its own centre; partners who help make it shorter.

        None where nobody can know: nobody is at work who can do it, or nothing is known of the queue's handling time.
        Raises KeyError for work that does not wait.
        """
        entry = self._hall.entries[work_id]
        if entry.agent:
            raise KeyError(work_id)
        return self._expected(entry)

    def _expected(self, entry: Entry) -> float | None:
        handling_s, patience_s = self._handling.get(entry.work.queue, (None, None))
        floor = self._hall.floor(entry.work.centre)
        return expected_wait_s(
            place=floor.place(entry.need, entry.key), agents=floor.able_at_work(entry.need), handling_s=handling_s,
            patience_s=patience_s,
        )  # fmt: skip

    def waiting(self, queue: str) -> list[Work]:
        """What waits in a queue, the next one first."""
        return [self._hall.entries[key[2]].work for key in self._hall.queue(queue)]

    # --- deciding -----------------------------------------------------------------------------------------------------

    def _decide(self, now: float) -> Assignments:
        """Bring what is fresh together with what fits, in the order of the work."""
        hall = self._hall
        self._pass_time(now)
        if not hall.fresh_work and not hall.fresh_agents:
            return ()
        heads: list[tuple[Key, str]] = [(hall.entries[work_id].key, "") for work_id in hall.fresh_work]
        for agent_id in hall.fresh_agents:
            if (key := hall.first_for(agent_id)) is not None:
                heads.append((key, agent_id))
        hall.fresh_work.clear()
        hall.fresh_agents.clear()
        heapq.heapify(heads)
        given: list[Assignment] = []
        while heads:
            key, agent_id = heapq.heappop(heads)
            entry = hall.entries[key[2]]
            # What an agent would take may have gone to another one since: then there is a next piece, further behind.
            if not agent_id or key == hall.first_for(agent_id):
                chosen = None if entry.agent else hall.agent_for(entry)
                if chosen is None:
                    continue
                given.append(self._give(entry, chosen, now))
            if agent_id and (following := hall.first_for(agent_id)) is not None:
                heapq.heappush(heads, (following, agent_id))
        return tuple(given)

    def _pass_time(self, now: float) -> None:
        while (timer := self._hall.next_timer()) is not None and timer[0] <= now:
            self._hall.drop_timer()
            _, one = timer
            seat, entry = self._hall.seats.get(one), self._hall.entries.get(one)
            if seat is not None and (limit := turns.wrap_up_limit(seat.agent, now)) is not None:
                self._hall.seat(turns.finish_wrap_up(seat.agent, limit), now)
            if entry is not None:
                self._hall.show(entry, now)

    def _give(self, entry: Entry, agent_id: str, now: float) -> Assignment:
        agent, work = self.agent(agent_id), entry.work
        self._hall.give(entry, agent_id)
        self._hall.seat(turns.ring(agent, work.id, work.channel, now), now)
        reasons = reasons_for(work, agent, now, self._head_starts)
        return Assignment(work=work.id, agent=agent_id, at=now, reasons=reasons)


def assign(agents: Iterable[Agent], works: Iterable[Work], now: float) -> Assignments:
    """One decision about a snapshot, for who keeps no router. Partners are open by time waited only."""
    return Router().load(agents, works, now)
