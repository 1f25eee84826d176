"""What a router looks things up in: by centre, agents who are alike, and work with the same need, each in its order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from caasis.engines.routing.agents import Agent
from caasis.engines.routing.priority import Key
from caasis.engines.routing.states import AT_WORK
from caasis.engines.routing.vocabulary import Channel
from caasis.engines.routing.work import Need

#: What a router holds of one free agent, smaller first: work in hand, idle since, id.
Turn = tuple[int, float, str]
#: Lines of needs that nobody has at the moment are kept for the next one, as long as a centre has no more than so many.
MOST_LINES = 500

_T = TypeVar("_T", Key, Turn)


def take_out(ordered: list[_T], one: _T) -> None:
    """Remove one of a sorted list."""
    del ordered[bisect_left(ordered, one)]


@dataclass(slots=True, eq=False)
class Team:
    """Agents of a centre who have the same skills at the same levels and take the same channels."""

    skills: dict[str, int]
    channels: frozenset[Channel]
    #: Who could be given one more of a channel now, the longest idle first.
    free: dict[Channel, list[Turn]]
    lines: list[Line] = field(default_factory=list)
    members: int = 0
    at_work: int = 0

    def meets(self, need: Need) -> bool:
        return need.channel in self.channels and need.met_by(self.skills)


@dataclass(slots=True, eq=False)
class Line:
    """Work with one need that a centre's agents may take, the next one first, and the teams that can."""

    need: Need
    keys: list[Key] = field(default_factory=list)
    #: Teams by how far they come before others; within one rank the longest idle agent is taken.
    ranks: list[tuple[tuple[int, ...], list[Team]]] = field(default_factory=list)

    def teams(self) -> Iterator[Team]:
        for _, teams in self.ranks:
            yield from teams

    def next_agent(self) -> str | None:
        """The agent who takes the next piece of work, if one is free."""
        channel = self.need.channel
        for _, teams in self.ranks:
            turns = [free[0] for team in teams if (free := team.free[channel])]
            if turns:
                return min(turns)[2]
        return None


class Floor:
    """The agents and the lines of one centre."""

    def __init__(self, rank: Callable[[Need, Team], tuple[int, ...]]) -> None:
        self._rank = rank
        self._teams: dict[tuple[frozenset[tuple[str, int]], frozenset[Channel]], Team] = {}
        self._by_skill: dict[str, list[Team]] = {}
        self.lines: dict[Need, Line] = {}

    # --- agents -------------------------------------------------------------------------------------------------------

    def team_of(self, agent: Agent) -> Team:
        """The team of agents like this one, a new one if there is none."""
        skills = {skill: level for skill, level in agent.skills.items() if level > 0}
        channels = frozenset(channel for channel, most in agent.capacity.items() if most > 0)
        kind = (frozenset(skills.items()), channels)
        team = self._teams.get(kind)
        if team is None:
            team = self._teams[kind] = Team(skills, channels, {channel: [] for channel in channels})
            for skill in skills:
                self._by_skill.setdefault(skill, []).append(team)
            for line in self.lines.values():
                if team.meets(line.need):
                    team.lines.append(line)
                    self._sort(line, [*line.teams(), team])
        return team

    def join(self, team: Team, agent: Agent, channels: tuple[Channel, ...]) -> None:
        """Count the agent among the team, and as free for these channels."""
        team.members += 1
        team.at_work += is_at_work(agent)
        for channel in channels:
            insort(team.free[channel], turn_of(agent))

    def part(self, team: Team, agent: Agent, channels: tuple[Channel, ...]) -> None:
        """Undo of `join`, with the agent as they were then."""
        team.members -= 1
        team.at_work -= is_at_work(agent)
        for channel in channels:
            take_out(team.free[channel], turn_of(agent))

    def forget_if_empty(self, team: Team) -> None:
        if team.members:
            return
        del self._teams[(frozenset(team.skills.items()), team.channels)]
        for skill in team.skills:
            self._by_skill[skill].remove(team)
        for line in team.lines:
            self._sort(line, [other for other in line.teams() if other is not team])

    # --- work ---------------------------------------------------------------------------------------------------------

    def line_of(self, need: Need) -> Line:
        """The line of a need, a new one if there is none."""
        line = self.lines.get(need)
        if line is None:
            if len(self.lines) >= MOST_LINES:
                self._forget_empty_lines()
            line = self.lines[need] = Line(need)
            able = [team for team in self._candidates(need) if team.meets(need)]
            for team in able:
                team.lines.append(line)
            self._sort(line, able)
        return line

    def _candidates(self, need: Need) -> list[Team]:
        """Teams among which those who can are: all who have the rarest of the required skills."""
        if not need.required:
            return list(self._teams.values())
        return min((self._by_skill.get(skill, []) for skill, _ in need.required), key=len)

    def _sort(self, line: Line, teams: list[Team]) -> None:
        ranked = sorted(((self._rank(line.need, team), team) for team in teams), key=lambda pair: pair[0])
        line.ranks = [(rank, [team for _, team in pairs]) for rank, pairs in groupby(ranked, key=lambda pair: pair[0])]

    def _forget_empty_lines(self) -> None:
        for need in [need for need, line in self.lines.items() if not line.keys]:
            line = self.lines.pop(need)
            for team in line.teams():
                team.lines.remove(line)

    # --- what is to be expected ---------------------------------------------------------------------------------------

    def able_at_work(self, need: Need) -> int:
        """How many agents are at work who can do it."""
        return sum(team.at_work for team in self.line_of(need).teams())

    def place(self, need: Need, key: Key) -> float:
        """How many agents of those who can do it must become free: 1 and the work ahead that falls to them.

        Work ahead with another need is shared among everybody who can do that; the part that falls to agents who can do
        both counts. A whole number where all work has the same need.
        """
        able = set(self.line_of(need).teams())
        place = 1.0
        for line in self.lines.values():
            ahead = bisect_left(line.keys, key)
            theirs = sum(team.at_work for team in line.teams()) if ahead else 0
            if theirs:
                both = sum(team.at_work for team in line.teams() if team in able)
                place += ahead * both / theirs
        return place


def is_at_work(agent: Agent) -> bool:
    """Whether work may hope for this agent: at work, and going on afterwards."""
    return agent.state in AT_WORK and agent.plan is None


def turn_of(agent: Agent) -> Turn:
    return (len(agent.at_work), agent.idle_since, agent.id)


def specialist_first(need: Need, team: Team) -> tuple[int, ...]:
    """Fewest skills beyond those needed, then the higher level: generalists stay free for what only they can do."""
    return (len(team.skills) - need.skills, -need.level(team.skills))


def anybody(need: Need, team: Team) -> tuple[int, ...]:
    """Everybody who can do it is alike: the longest idle one takes it."""
    return ()
