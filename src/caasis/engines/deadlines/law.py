"""The law as data: what `law.toml` says, checked and frozen."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from caasis.engines.deadlines.facts import Facts
from caasis.engines.deadlines.vocabulary import EXCEPTION_CODES, Counts, Kind

DOCUMENTS = ("contract", "application", "credit")
_FACTS = frozenset(field.name for field in fields(Facts)) | {"consumer_contract"}


class LawError(ValueError):
    """The law file can't be used; the message says which entry and why."""


@dataclass(frozen=True)
class Right:
    """One period that may run for a transaction type."""

    code: str
    transaction_type: str
    kind: Kind
    label: str
    article: str
    counts: Counts
    verified: bool
    source: str
    days: int = 0
    years: int = 0
    first_day: bool = True
    documents: tuple[str, ...] = ()
    document_articles: str = ""
    event: str = ""
    event_happened: str = ""
    event_label: str = ""
    later_event: str = ""
    later_condition: str = ""
    later_label: str = ""
    obstruction: bool = False
    electronic_notice: bool = False
    only_if: str = ""
    judgement: str = ""
    note: str = ""
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Absence:
    """A transaction type in which no such period runs, and why."""

    transaction_type: str
    label: str
    article: str
    reason: str
    verified: bool


@dataclass(frozen=True)
class LegalException:
    """A case in which a right does not exist."""

    code: str
    reason: str
    verified: bool
    articles: Mapping[str, str]
    default_article: str = ""

    def article_for(self, transaction_type: str) -> str:
        """The article that makes the exception for this transaction type."""
        return self.articles.get(transaction_type, self.default_article)


@dataclass(frozen=True)
class GroundRule:
    """Something that may help beside or after the period."""

    code: str
    types: tuple[str, ...]
    article: str
    text: str
    verified: bool
    unless_false: str = ""
    only_if: str = ""


@dataclass(frozen=True)
class Law:
    """Everything that the engine knows of the law, as of one day."""

    version: str
    as_of: date
    electronic_documents_from: date
    electronic_notice_from: date
    small_cash_below_yen: int
    continuous_service_above_yen: int
    advert_mismatch_from: int
    credit_exclusion_article: str
    rights: tuple[Right, ...]
    absences: Mapping[str, Absence]
    exceptions: Mapping[str, LegalException]
    questions: Mapping[str, str]
    grounds: tuple[GroundRule, ...]

    @cached_property
    def transaction_types(self) -> tuple[str, ...]:
        """Every transaction type that the law file knows, in its order."""
        return tuple(dict.fromkeys([right.transaction_type for right in self.rights] + list(self.absences)))

    @cached_property
    def place_of_question(self) -> Mapping[str, int]:
        """The place of each question in the law file."""
        return {code: place for place, code in enumerate(self.questions)}

    @cached_property
    def types_with_credit_clock(self) -> frozenset[str]:
        """Transaction types with which individual credit has a clock of its own (the second clock)."""
        return frozenset(right.transaction_type for right in self.rights if right.kind is Kind.CREDIT_COOLING_OFF)


def load_law(text: str) -> Law:
    """Read the law from the text of `law.toml`. Raises LawError when an entry is missing, unknown or inconsistent."""
    try:
        raw = tomllib.loads(text)
        law = Law(
            version=raw["version"],
            as_of=raw["as_of"],
            electronic_documents_from=raw["electronic_documents_from"],
            electronic_notice_from=raw["electronic_notice_from"],
            small_cash_below_yen=raw["small_cash_below_yen"],
            continuous_service_above_yen=raw["continuous_service_above_yen"],
            advert_mismatch_from=raw["advert_mismatch_from"],
            credit_exclusion_article=raw["credit_exclusion_article"],
            rights=tuple(_right(entry) for entry in raw["right"]),
            absences={entry["transaction_type"]: Absence(**entry) for entry in raw["absence"]},
            exceptions={entry["code"]: LegalException(**entry) for entry in raw["exception"]},
            questions=raw["questions"],
            grounds=tuple(GroundRule(**(entry | {"types": tuple(entry["types"])})) for entry in raw["ground"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise LawError(f"not TOML: {error}") from error
    except KeyError as error:
        raise LawError(f"missing entry: {error}") from error
    except (TypeError, ValueError) as error:
        raise LawError(str(error)) from error
    _check_known("exception", tuple(law.exceptions), EXCEPTION_CODES)
    for right in law.rights:
        _check_right(right, law)
    for ground in law.grounds:
        _check_facts(ground.code, ground.unless_false, ground.only_if)
        _check_known(ground.code, ground.types, law.transaction_types)
    return law


def _right(entry: dict[str, Any]) -> Right:
    return Right(
        **(
            entry
            | {
                "kind": Kind(entry["kind"]),
                "counts": Counts(entry["counts"]),
                "documents": tuple(entry.get("documents", ())),
                "exceptions": tuple(entry["exceptions"]),
            }
        )
    )


def _check_right(right: Right, law: Law) -> None:
    if (right.days > 0) == (right.years > 0):
        raise LawError(f"{right.code}: needs a period, either days or years")
    if bool(right.documents) == bool(right.event):
        raise LawError(f"{right.code}: needs a start, either documents or an event")
    _check_known(right.code, right.documents, DOCUMENTS)
    _check_known(right.code, right.exceptions, law.exceptions)
    _check_facts(right.code, right.event, right.event_happened, right.later_event, right.later_condition, right.only_if)
    asked = [f"{name}_document_{part}" for name in right.documents for part in ("received", "on")]
    asked += [right.event, right.event_happened, right.later_event, right.later_condition]
    _check_known(f"questions for {right.code}", tuple(filter(None, asked)), law.questions)
    for code in right.exceptions:
        if not law.exceptions[code].article_for(right.transaction_type):
            raise LawError(f"{right.code}: the exception {code} has no article for {right.transaction_type}")


def _check_known(code: str, names: tuple[str, ...], known: Container[str]) -> None:
    for name in names:
        if name not in known:
            raise LawError(f"{code}: {name} is unknown")


def _check_facts(code: str, *names: str) -> None:
    for name in names:
        if name and name not in _FACTS:
            raise LawError(f"{code}: there is no fact {name}")
