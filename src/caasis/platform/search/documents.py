"""What rooms hand to the search index: one typed document per row, with no word of the domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from caasis.kernel.clock import fiscal_year

#: The partition of documents that belong to no year (articles, say): every search covers it.
TIMELESS = 0

#: Names of filter fields; a dot would address a sub-field of the index.
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

#: The filter field that every document has by itself.
KIND = "kind"


class PoisonRow(ValueError):
    """A document that can't be indexed. Its message never holds text of the document: it is logged and shown."""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """A row as the index sees it. Texts are masked projections; nothing of them is stored, only indexed.

    `id` is a UUID as text. `reading` is kana that isn't in the texts (a known reading of a name); the readings of the
    texts are added by the index. `fiscal_year` names the partition; `TIMELESS` is covered by every search.
    `terms` maps filter fields to values, e.g. `{"status": ("open",)}`; a field may hold several values or none.
    """

    id: str
    kind: str
    title: str
    body: str
    day: date
    fiscal_year: int
    reading: str = ""
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of_day(
        cls,
        *,
        id: UUID | str,
        kind: str,
        title: str,
        body: str,
        day: date,
        reading: str = "",
        terms: Mapping[str, tuple[str, ...]] | None = None,
        timeless: bool = False,
    ) -> SearchDocument:
        """Build a document whose partition follows from its day, or which is timeless."""
        return cls(
            id=str(id),
            kind=kind,
            title=title,
            body=body,
            day=day,
            fiscal_year=TIMELESS if timeless else fiscal_year(day),
            reading=reading,
            terms=terms or {},
        )


def check_document(document: SearchDocument) -> None:
    """Raise `PoisonRow` unless every value has exactly the type the index was built for.

    One wrongly typed value would stop a tantivy writer and take the other documents of the batch with it.
    """
    _check_id(document.id)
    for name in ("kind", "title", "body", "reading"):
        _check_text(name, getattr(document, name))
    if not FIELD_NAME.fullmatch(document.kind):
        raise PoisonRow("kind is no plain name")
    # A datetime is a date to isinstance, but means another day in another zone.
    if isinstance(document.day, datetime) or not isinstance(document.day, date):
        raise PoisonRow("day is no date")
    year = document.fiscal_year
    if isinstance(year, bool) or not isinstance(year, int):
        raise PoisonRow("fiscal_year is no number")
    # Partitions are chosen by day, so a document in the partition of another year would never be found.
    if year not in (TIMELESS, fiscal_year(document.day)):
        raise PoisonRow("fiscal_year is neither TIMELESS nor the year of the day")
    if not isinstance(document.terms, Mapping):
        raise PoisonRow("terms is no mapping")
    for name, values in document.terms.items():
        if not isinstance(name, str) or not FIELD_NAME.fullmatch(name) or name == KIND:
            raise PoisonRow("a filter field has no plain name")
        if not isinstance(values, tuple):
            raise PoisonRow(f"terms of {name} are no tuple")
        for value in values:
            _check_text(f"terms of {name}", value)
            if len(value) > 256:
                raise PoisonRow(f"a term of {name} is longer than 256 characters")


def _check_id(value: object) -> None:
    if not isinstance(value, str):
        raise PoisonRow("id is no text")
    try:
        canonical = str(UUID(value))
    except ValueError:
        raise PoisonRow("id is no UUID") from None
    if canonical != value:
        raise PoisonRow("id is no UUID in its canonical form")


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise PoisonRow(f"{name} is no text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PoisonRow(f"{name} holds a lone surrogate") from None
