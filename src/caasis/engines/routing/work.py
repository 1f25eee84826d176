"""What waits, what it needs, and what is decided about it.

Every moment is a number of seconds on one clock (in the product POSIX time), every duration a number of seconds. Ids are
text of the caller's choosing; of two that are alike in everything else, the smaller id goes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from caasis.engines.routing.vocabulary import Channel, PriorityReason, Why


@dataclass(frozen=True, slots=True)
class Need:
    """What an agent must have: a place for the channel, each required skill at its level, one of the languages.

    Languages are skills, too; none named means that Japanese will do.
    """

    channel: Channel
    required: frozenset[tuple[str, int]] = frozenset()
    languages: frozenset[str] = frozenset()

    def met_by(self, skills: Mapping[str, int]) -> bool:
        """Whether somebody with these levels can do it. A level of 0 is as good as none."""
        if self.languages and not any(skills.get(language, 0) for language in self.languages):
            return False
        return all(skills.get(skill, 0) >= least for skill, least in self.required)

    def level(self, skills: Mapping[str, int]) -> int:
        """How good somebody is at it: the levels of what is required, and the best one of the languages, added up."""
        spoken = max((skills.get(language, 0) for language in self.languages), default=0)
        return spoken + sum(skills.get(skill, 0) for skill, _ in self.required)

    @property
    def skills(self) -> int:
        """How many skills it takes; of several languages one is enough."""
        return len(self.required) + bool(self.languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """Who spoke with the caller the last time, and for how long that agent alone is waited for."""

    agent: str
    patience_s: float = 0.0

    def __post_init__(self) -> None:
        if self.patience_s < 0:
            raise ValueError("patience is 0 seconds or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """A partner centre whose agents may help, after `waited_s` seconds or once `expected_wait_s` are to be expected.

    Raises ValueError unless there is exactly one of the two.
    """

    centre: str
    waited_s: float | None = None
    expected_wait_s: float | None = None

    def __post_init__(self) -> None:
        given = [seconds for seconds in (self.waited_s, self.expected_wait_s) if seconds is not None]
        if len(given) != 1 or given[0] < 0:
            raise ValueError("a partner helps after a time waited or at an expected wait, of 0 seconds or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something that waits for an agent.

    centre: whose agents take it first; `overflow` names the partners that may, in the order in which they are asked.
    required: skill → least level, from 1. languages: any one of them is enough.
    reasons: why it goes before others. lift_s: seconds by which its queue is lifted above others of the centre.
    arrived_at: since when it waits. What comes back (no answer, transferred back, called back) keeps it, and with it the
        place.
    person: any key of one person, "" where nobody knows; nobody is called back while on the line, or promised it twice.

    Raises ValueError for a level below 1, and for a partner that is named twice or is its own centre.
    """

    id: str
    queue: str
    centre: str
    channel: Channel
    arrived_at: float
    required: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    reasons: frozenset[PriorityReason] = frozenset()
    lift_s: float = 0.0
    preferred: Preferred | None = None
    overflow: tuple[Overflow, ...] = ()
    person: str = ""

    def __post_init__(self) -> None:
        if any(least < 1 for least in self.required.values()):
            raise ValueError("a required level is 1 or more")
        centres = [self.centre, *(rule.centre for rule in self.overflow)]
        if len(set(centres)) != len(centres):
            raise ValueError("a partner is another centre, named once")

    @property
    def need(self) -> Need:
        return Need(self.channel, frozenset(self.required.items()), self.languages)


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact that spoke for an assignment: its code, with seconds, a count or a level, or the code of something else."""

    why: Why
    amount: float | None = None
    code: str = ""

    @property
    def words(self) -> str:
        """The fact in Japanese. The id of a partner centre is left to the screen, which knows its name."""
        if self.why is Why.PRIORITY:
            return f"{self.why.label}：{PriorityReason.words(self.code)}"
        if self.amount is None:
            return self.why.label
        if self.why in (Why.WAITED, Why.IDLE):
            minutes, seconds = divmod(int(self.amount), 60)
            return f"{self.why.label}（{minutes}分{seconds}秒）" if minutes else f"{self.why.label}（{seconds}秒）"
        return f"{self.why.label}（{int(self.amount)}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`work` rings at `agent`, from `at` on."""

    work: str
    agent: str
    at: float
    reasons: tuple[Reason, ...]
