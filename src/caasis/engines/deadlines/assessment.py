"""What the engine answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from caasis.engines.deadlines.vocabulary import Counts, Kind, Status


@dataclass(frozen=True)
class Unknown:
    """A fact that is missing, and the question that would bring it."""

    code: str
    question: str
    decides: bool
    """The answer can take the right away or make its end earlier. (Other answers can only make it last longer.)"""


@dataclass(frozen=True)
class Ground:
    """Another way that may help, with its article."""

    code: str
    article: str
    text: str
    verified: bool


@dataclass(frozen=True)
class Assessment:
    """The state of one right on one day."""

    transaction_type: str
    right: str
    """Code of the right in the law file; one transaction type may carry several (sale, credit, excess quantity)."""
    kind: Kind
    label: str
    status: Status
    article: str
    counts: Counts
    deadline: date | None
    """Last day. With status needs_answer: the earliest that it can be, as far as that is known."""
    days_left: int | None
    """Days from today to the deadline: 0 on the last day, negative afterwards."""
    day_one: date | None
    reasons: tuple[str, ...]
    unknown: tuple[Unknown, ...]
    """In the order in which to ask."""
    other_grounds: tuple[Ground, ...]
    safest_day: date | None
    """Day by which to act to be safe, where it differs from the deadline."""
    electronic_notice: bool
    """A notice by e-mail or form is valid (only said where the law is sure)."""
    judgement: bool
    """Whether the right exists depends on a valuation, not on facts alone."""
    verified: bool
    as_of: date

    @property
    def next_question(self) -> str | None:
        """The question to ask next, or None when nothing is open."""
        return self.unknown[0].question if self.unknown else None

    @property
    def certain(self) -> bool:
        """Whether a consumer may be told the deadline without "perhaps"."""
        return (
            self.status in {Status.OPEN, Status.LAST_DAY}
            and self.verified
            and not self.judgement
            and not any(unknown.decides for unknown in self.unknown)
        )
