"""Reads of the referral directory: the common entries from the package's file, over them what a centre knows better."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from uuid import UUID

from django.db.models import Count, QuerySet

from caasis.cases.models import Case, Introduction, Office
from caasis.cases.rules.offices import Entry
from caasis.cases.selectors import is_insider
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound

_TEXTS = ("code", "name", "kind", "handles", "words", "phone", "hours", "url", "source")


@functools.cache
def common_offices() -> tuple[Entry, ...]:
    """The entries that come with the product: each with its source and the day on which it was last compared."""
    text = files("caasis.cases").joinpath("codes", "offices.csv").read_text(encoding="utf-8")
    return tuple(
        replace(
            _entry_of(row),
            checked_on=date.fromisoformat(row["checked_on"]) if row["checked_on"] else None,
            verified=row["verified"] == "true",
        )
        for row in csv.DictReader(text.splitlines())
    )


def _entry_of(texts: Mapping[str, str]) -> Entry:
    code, name, kind, handles, words, phone, hours, url, source = (texts[column] for column in _TEXTS)
    return Entry(code, name, kind, handles, words, phone, hours, url, source)


def offices(*, actor: Actor) -> list[Entry]:
    """The directory as the actor's centre has it. Hidden entries are left out."""
    return _merged(_rows(actor))


def offices_of_centre(centre_id: UUID) -> dict[str, tuple[str, str]]:
    """Name and number of each office by its code, as a centre has them: for the centre's telephone, which has no actor."""
    return {one.code: (one.name, one.phone) for one in _merged(Office.objects.filter(centre_id=centre_id))}


def _merged(rows: Iterable[Office]) -> list[Entry]:
    """Over the common entries what a centre knows better, and after them its own."""
    own = {row.code: row for row in rows}
    found = [_entry(own[one.code], one) if one.code in own else one for one in common_offices()]
    common = {one.code for one in common_offices()}
    found += [_entry(row, None) for row in own.values() if row.code not in common]
    hidden = {code for code, row in own.items() if row.hidden}
    return [one for one in found if one.code not in hidden]


def get_office(*, actor: Actor, code: str) -> Entry:
    """:raises NotFound: absent, hidden, or another centre's own entry."""
    found = next((one for one in offices(actor=actor) if one.code == code), None)
    if found is None:
        raise NotFound("この機関は見つかりません。一覧を開き直してください。")
    return found


def _rows(actor: Actor) -> QuerySet[Office]:
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Office.objects.none()
    return Office.objects.filter(centre_id=actor.centre_id).order_by("name")


def _entry(row: Office, common: Entry | None) -> Entry:
    return replace(
        _entry_of({name: getattr(row, name) for name in _TEXTS}),
        checked_on=row.checked_on,
        # A centre that checked an entry vouches for it.
        verified=row.checked_on is not None,
        own=True,
        common=common is not None,
        version=row.version,
    )


def introductions_of(case: Case, *, actor: Actor) -> list[Introduction]:
    """Offices that were named to the consumer of this case, the newest first. Outsiders get none."""
    if not is_insider(case, actor):
        return []
    return list(case.introductions.filter(taken_back_at=None).order_by("-introduced_at"))


def introduction_counts(*, actor: Actor, since: date, until: date) -> Iterable[tuple[str, str, int]]:
    """How often each office was introduced by the actor's centre between two days: (code, name, count)."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    rows = Introduction.objects.filter(
        centre_id=actor.centre_id, taken_back_at=None, introduced_at__date__gte=since, introduced_at__date__lte=until
    )
    counted = rows.values_list("office_code", "office_name").annotate(n=Count("id")).order_by("-n", "office_name")
    return [(code, name, number) for code, name, number in counted]
