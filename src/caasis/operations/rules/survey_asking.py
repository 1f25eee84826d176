"""Who is asked after a case, by which way, and who is not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from caasis.operations.vocabulary import NotAsked, SurveyChannel

#: Nobody is asked twice within so long.
PAUSE = timedelta(days=30)
#: As long as a link works.
OPEN_FOR = timedelta(days=30)
#: Reasons of ending after which there is nothing to ask about.
UNFINISHED = frozenset({"withdrawn", "unreachable", "duplicate"})
#: Codes of care (連絡・応対の配慮) with which a question afterwards could do harm.
CAREFUL = frozenset({"secret", "distress"})


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of a closed case. `way` is None when the consumer can't be reached by the way they came."""

    ended_reason: str
    conduct: bool
    care: frozenset[str]
    watched: bool
    sampled: bool
    web: bool
    phone_wanted: bool
    mobile: bool
    consent: bool
    sms_ready: bool


@dataclass(frozen=True, slots=True)
class LastAsked:
    """What is known of the person from before, under any of their marks."""

    asked_at: datetime | None = None
    refused: bool = False


def way_of(facts: CaseFacts) -> SurveyChannel | NotAsked:
    """By which way the consumer is asked, or why not. Harm is thought of first, then the sample, then the way."""
    if facts.ended_reason in UNFINISHED:
        return NotAsked.NOT_FINISHED
    if facts.conduct:
        return NotAsked.CONDUCT
    if facts.watched or facts.care & CAREFUL:
        return NotAsked.CARE
    if not facts.sampled:
        return NotAsked.SAMPLE
    if facts.web:
        return SurveyChannel.STATUS
    if not (facts.phone_wanted and facts.mobile):
        return NotAsked.NO_WAY
    if not facts.consent:
        return NotAsked.NO_CONSENT
    return SurveyChannel.SMS if facts.sms_ready else NotAsked.NO_SMS


def why_not_again(known: Sequence[LastAsked], *, now: datetime) -> NotAsked | None:
    """Why somebody is not asked once more: they refused, or were asked within the pause."""
    if any(one.refused for one in known):
        return NotAsked.REFUSED
    if any(one.asked_at is not None and now - one.asked_at < PAUSE for one in known):
        return NotAsked.RECENTLY
    return None


def in_sample(mark: bytes, percent: int) -> bool:
    """Whether a case is among the `percent` of a hundred that are asked. `mark` is a keyed hash of the case: the same case is
    always in or out, nobody can steer it, and a larger percentage keeps those of a smaller one."""
    return int.from_bytes(mark[:8], "big") * 100 < percent << 64


def is_active(day: date, *, since: date | None, until: date | None) -> bool:
    """Whether a survey asks on that day; both ends are included."""
    return (since is None or since <= day) and (until is None or day <= until)
