"""How surely a business of the register is the one that a consumer named, and why.

Independent pieces of evidence are combined as 1 − Π(1 − pᵢ): each piece that fits leaves less room for chance. The
probabilities are judgements, not measurements; they order the candidates and choose between a few words, and no screen
shows them as figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from caasis.engines.identity.kana import skeleton
from caasis.engines.identity.names import TraderName, is_kana
from caasis.engines.identity.similarity import likeness

SAME_NUMBER: Final = 0.98
SAME_PHONE: Final = 0.86
SAME_ADDRESS: Final = 0.84
SAME_NAME: Final = 0.80
SAME_READING: Final = 0.74
#: Equal only after voicing and small kana are forgiven; the letters themselves then decide between two such readings.
NEARLY_SAME_READING: Final = 0.58
LETTERS_OF_READING: Final = 0.08
#: A number that another business was confirmed with, beside a name that has nothing to do with it.
PHONE_ALONE_AGAINST_NAME: Final = 0.55
#: Names less alike than this are different names.
UNLIKE: Final = 0.55
#: What a contradicting corporate number leaves of everything else: two numbers are two legal persons.
AGAINST_NUMBER: Final = 0.05
#: Candidates whose names are compared letter by letter, after a cheaper look at all of them.
COMPARED: Final = 16


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of the trader: every way to read the name, and identifiers in their one form (empty: unknown)."""

    names: tuple[TraderName, ...] = ()
    phone: str = ""
    web: str = ""
    corporate_number: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One business of the register with all it is known by.

    `met` is how often a person confirmed it on a case; `same_named` how many businesses have this very name.
    """

    id: object
    names: tuple[TraderName, ...] = ()
    phones: frozenset[str] = frozenset()
    webs: frozenset[str] = frozenset()
    corporate_number: str = ""
    met: int = 0
    same_named: int = 1


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate with its confidence (0 to 1) and the reasons in words, the strongest first."""

    candidate: Candidate
    confidence: float
    reasons: tuple[str, ...]
    words: str = field(default="")


def confidence_words(confidence: float) -> str:
    """The confidence as a person reads it."""
    if confidence >= 0.85:
        return "ほぼ確か"
    if confidence >= 0.6:
        return "たぶん同じ"
    if confidence >= 0.3:
        return "似ている"
    return "手がかりが少ない"


def rank(query: Query, candidates: Iterable[Candidate], *, limit: int = 5, least: float = 0.1) -> list[Match]:
    """The likeliest candidates, best first; what is less likely than `least` is left out."""
    rows = list(candidates)
    if len(rows) > COMPARED:
        rows.sort(key=lambda one: _glance(query, one), reverse=True)
        rows = rows[:COMPARED]
    matches = [match for match in (score(query, one) for one in rows) if match.confidence >= least]
    matches.sort(key=lambda match: (-match.confidence, -match.candidate.met, str(match.candidate.id)))
    return matches[:limit]


def score(query: Query, candidate: Candidate) -> Match:
    """The confidence that the candidate is the trader of the query, with reasons."""
    found: list[tuple[float, str]] = []
    like, certainty, reason = _best_name(query.names, candidate.names)
    against = bool(query.corporate_number and candidate.corporate_number and query.corporate_number != candidate.corporate_number)
    if query.corporate_number and query.corporate_number == candidate.corporate_number:
        found.append((SAME_NUMBER, "法人番号が同じ"))
    if query.phone and query.phone in candidate.phones:
        contradicted = bool(query.names) and like < UNLIKE
        found.append((PHONE_ALONE_AGAINST_NAME if contradicted else SAME_PHONE, "電話番号が同じ"))
    if query.web and query.web in candidate.webs:
        found.append((SAME_ADDRESS, "URLが同じ"))
    if certainty:
        if not found and candidate.same_named > 1:
            # Of several businesses with one name chance picks the right one; who was met before is met again.
            certainty *= 0.95 if candidate.met else max(0.4, candidate.same_named**-0.35)
            reason = f"{reason}（同じ名前が{candidate.same_named}件）"
        found.append((certainty, reason))
    doubt = 1.0
    for probability, _ in found:
        doubt *= 1 - probability
    confidence = (1 - doubt) * (AGAINST_NUMBER if against else 1.0)
    found.sort(reverse=True)
    reasons = [words for _, words in found]
    if against:
        reasons.append("法人番号がちがう")
    if found and candidate.met:
        reasons.append(f"相談で{candidate.met}回確認")
    return Match(candidate, confidence, tuple(reasons), confidence_words(confidence))


def _best_name(ours: Sequence[TraderName], theirs: Sequence[TraderName]) -> tuple[float, float, str]:
    """Likeness, certainty and reason of the closest pair of names."""
    best = (0.0, 0.0, "")
    for place, mine in enumerate(ours):
        for yours in theirs:
            like, certainty, reason = _compare(mine, yours)
            if mine.form and yours.form and mine.form != yours.form:
                certainty *= 0.9
            elif mine.form and mine.form == yours.form:
                certainty *= 1.02
            # A second way to read what was typed (without the desk that was reached) says a little less.
            certainty *= 0.94**place
            if certainty > best[1] or (certainty == best[1] and like > best[0]):
                best = (like, certainty, reason)
    return best


def _compare(mine: TraderName, yours: TraderName) -> tuple[float, float, str]:
    if not mine.core or not yours.core:
        return 0.0, 0.0, ""
    if mine.core == yours.core:
        return 1.0, SAME_NAME, "名前が同じ"
    if set(mine.readings) & set(yours.readings):
        return 1.0, SAME_READING, "読みが同じ"
    written = likeness(mine.core, yours.core, UNLIKE)
    spoken, shared, nearly = 0.0, 0.0, 0.0
    for heard in mine.readings:
        one = skeleton(heard)
        for known in yours.readings:
            other = skeleton(known)
            if one == other:
                nearly = max(nearly, NEARLY_SAME_READING + LETTERS_OF_READING * likeness(heard, known))
                continue
            spoken = max(spoken, likeness(one, other, UNLIKE))
            shared = max(shared, _contained(one, other, least=4))
    if nearly:
        return 0.95, nearly, "読みがほぼ同じ"
    shared = max(shared, _contained(mine.core, yours.core, least=3))
    like = max(written, spoken)
    if shared > like and shared >= UNLIKE:
        return shared, 0.55 * shared, "名前の一部が同じ"
    if like < UNLIKE:
        return like, 0.0, ""
    return like, 0.2 + (like - UNLIKE), "読みが似ている" if spoken >= written or is_kana(mine.core) else "字が似ている"


def _contained(one: str, other: str, *, least: int) -> float:
    """How much of the longer text the shorter one makes up, where it stands inside it; softened by the square root."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < least or shorter not in longer:
        return 0.0
    return float((len(shorter) / len(longer)) ** 0.5)


def _glance(query: Query, candidate: Candidate) -> float:
    """A cheap look that decides which candidates are compared letter by letter."""
    same = (
        (bool(query.corporate_number) and query.corporate_number == candidate.corporate_number)
        + (query.phone in candidate.phones if query.phone else False)
        + (query.web in candidate.webs if query.web else False)
    )
    closest = 0.0
    for mine in query.names:
        for yours in candidate.names:
            if mine.core == yours.core or set(mine.readings) & set(yours.readings):
                closest = 2.0
                continue
            for one in mine.skeletons or (mine.core,):
                for other in yours.skeletons or (yours.core,):
                    closest = max(closest, _pairs_shared(one, other))
            closest = max(closest, _pairs_shared(mine.core, yours.core))
    return 10 * same + closest + min(candidate.met, 100) / 1000


def _pairs_shared(one: str, other: str) -> float:
    """Dice coefficient of the neighbouring letters."""
    mine, yours = _pairs(one), _pairs(other)
    return 2 * len(mine & yours) / (len(mine) + len(yours))


@lru_cache(maxsize=8192)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1)) or frozenset({text})


__all__ = ["Candidate", "Match", "Query", "confidence_words", "rank", "score"]
