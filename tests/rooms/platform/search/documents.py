"""Documents for the tests of the search index: demo texts, no persons."""

from __future__ import annotations

from datetime import date
from uuid import NAMESPACE_URL, uuid5

from caasis.platform.search.documents import SearchDocument

TODAY = date(2026, 11, 21)


def id_of(name: str) -> str:
    """The same id for the same name."""
    return str(uuid5(NAMESPACE_URL, name))


def document(
    name: str,
    title: str = "",
    body: str = "",
    *,
    day: date = TODAY,
    kind: str = "case",
    reading: str = "",
    timeless: bool = False,
    **terms: str | tuple[str, ...],
) -> SearchDocument:
    return SearchDocument.of_day(
        id=id_of(name),
        kind=kind,
        title=title,
        body=body,
        day=day,
        reading=reading,
        timeless=timeless,
        terms={field: (value,) if isinstance(value, str) else value for field, value in terms.items()},
    )
