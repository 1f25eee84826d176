"""Filters, permission among them: conditions on terms and days that an index evaluates inside the query.

There is deliberately no "not": a permission has to say what may be seen, so that a document that lacks a field stays
hidden. For the same reason `AnyOf()` and `Has("field")` without values match nothing; only `AllOf()` matches all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from caasis.platform.search.documents import KIND, SearchDocument


@dataclass(frozen=True, slots=True, init=False)
class Has:
    """The field holds at least one of the values: `Has("status", "open", "returned")`."""

    field: str
    values: tuple[str, ...]

    def __init__(self, field: str, *values: str) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "values", values)


@dataclass(frozen=True, slots=True)
class Days:
    """The document's day lies within both bounds (inclusive; None is open)."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, init=False)
class AllOf:
    """Every condition holds; without conditions, everything does."""

    conditions: tuple[Condition, ...]

    def __init__(self, *conditions: Condition) -> None:
        object.__setattr__(self, "conditions", conditions)


@dataclass(frozen=True, slots=True, init=False)
class AnyOf:
    """At least one condition holds; without conditions, nothing does."""

    conditions: tuple[Condition, ...]

    def __init__(self, *conditions: Condition) -> None:
        object.__setattr__(self, "conditions", conditions)


Condition: TypeAlias = Has | Days | AllOf | AnyOf

#: For callers that may see every document of the index. It has to be written out: no search has it as a default.
EVERYTHING = AllOf()


def holds(condition: Condition, document: SearchDocument) -> bool:
    """Evaluate a condition on a document; the meaning that every adapter follows."""
    match condition:
        case Has():
            return not set(condition.values).isdisjoint(term_values(document).get(condition.field, ()))
        case Days():
            return (condition.first is None or condition.first <= document.day) and (
                condition.last is None or document.day <= condition.last
            )
        case AllOf():
            return all(holds(part, document) for part in condition.conditions)
        case AnyOf():
            return any(holds(part, document) for part in condition.conditions)
    raise TypeError("a filter is built of Has, Days, AllOf and AnyOf")


def term_values(document: SearchDocument) -> Mapping[str, tuple[str, ...]]:
    """The filter fields of a document, its kind among them."""
    return {**document.terms, KIND: (document.kind,)}


def days_asked(condition: Condition) -> Days | None:
    """The days to which the condition as a whole is bound, or None when it names none.

    Only bounds that hold for every match count: a `Days` inside an `AnyOf` bounds one branch alone.
    """
    match condition:
        case Days():
            return condition
        case AllOf():
            bounds = [found for part in condition.conditions if (found := days_asked(part)) is not None]
            if not bounds:
                return None
            return Days(
                max((bound.first for bound in bounds if bound.first is not None), default=None),
                min((bound.last for bound in bounds if bound.last is not None), default=None),
            )
    return None
