"""New hits of watched searches: cases that came to be seen are held against each search, by the index's own meaning.

The index is not asked: a case is matched from its row, so that nothing is missed while the index is behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.cases.models import Case, SavedSearch, SearchHit
from caasis.cases.rules.searching import read_pairs
from caasis.cases.search import condition_of, document_of, masked_texts
from caasis.cases.selectors import visible_cases, with_parts
from caasis.cases.services.synonyms import widening_for
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.platform.search.conditions import Condition, holds
from caasis.platform.search.matching import TextView, query_holds
from caasis.platform.search.queries import ParsedQuery, parse_query
from caasis.platform.transactions import actor_transaction, system_transaction

PORTION = 200

Notice = SavedSearch.Notice


@dataclass(frozen=True, slots=True)
class _Watched:
    """A saved search as its owner may run it now."""

    search: SavedSearch
    owner: Actor
    condition: Condition
    parsed: ParsedQuery


def match_daily(*, now: datetime | None = None) -> int:
    """Hold what came to be seen since each search's last run against it. Returns the number of new hits."""
    at = now or timezone.now()
    with system_transaction():
        watched = _watched(SavedSearch.objects.filter(notice=Notice.DAILY, deleted_at=None))
    if not watched:
        return 0
    since = min((one.search.matched_at for one in watched if one.search.matched_at), default=at)
    centres = {one.owner.centre_id for one in watched if one.owner.centre_id}
    found = 0
    for portion in _touched(since, centres):
        found += _match(portion, watched, at)
    with system_transaction():
        SavedSearch.objects.filter(id__in=[one.search.id for one in watched]).update(matched_at=at)
    return found


def any_at_once() -> bool:
    """Whether any search wants to be told at once."""
    return SavedSearch.objects.filter(notice=Notice.AT_ONCE, deleted_at=None).exists()


def match_at_once(case_id: UUID) -> int:
    """Hold one case against the searches that want to be told at once. Runs in the system's scope."""
    searches = SavedSearch.objects.filter(notice=Notice.AT_ONCE, deleted_at=None)
    if not searches.exists():
        return 0
    return _match([case_id], _watched(searches), timezone.now())


def _watched(searches: Iterable[SavedSearch]) -> list[_Watched]:
    """The searches with their owners' rights of today; those whose owner may not search any more are left out."""
    rows = list(searches)
    users = {user.pk: user for user in User.objects.filter(id__in={row.user_id for row in rows}, is_active=True)}
    actors = {id: actor_of(user) for id, user in users.items()}
    today = day_in_japan(timezone.now())
    found = []
    for row in rows:
        owner = actors.get(row.user_id)
        if owner is None:
            continue
        asked = read_pairs(row.query, today=today)
        synonyms = widening_for(actor=owner, text=asked.text).mapping if asked.widen else {}
        found.append(_Watched(row, owner, condition_of(asked, actor=owner), parse_query(asked.text, synonyms)))
    return found


def _touched(since: datetime, centres: Iterable[UUID]) -> Iterable[list[UUID]]:
    """Cases that were registered since then anywhere, or worked on in one of the centres; each once, in portions."""
    changed = Q(registered_at__gte=since) | Q(touched_at__gte=since, handling_centre_id__in=list(centres))
    last: UUID | None = None
    while True:
        with system_transaction():
            rows = Case.objects.filter(changed).order_by("id").values_list("id", flat=True)
            portion = list(rows.filter(id__gt=last)[:PORTION] if last else rows[:PORTION])
        if not portion:
            return
        yield portion
        last = portion[-1]


def _match(ids: Sequence[UUID], watched: Sequence[_Watched], at: datetime) -> int:
    with system_transaction():
        cases = list(with_parts(Case.objects.filter(id__in=list(ids))))
        texts = masked_texts(cases)
    documents = [(document_of(case, texts[str(case.pk)]), TextView(str(texts[str(case.pk)]))) for case in cases]
    found = 0
    for one in watched:
        matching = [
            UUID(document.id)
            for document, view in documents
            if holds(one.condition, document) and query_holds(one.parsed, view)
        ]
        if matching:
            found += _tell(one, matching, at)
    return found


def _tell(one: _Watched, ids: Sequence[UUID], at: datetime) -> int:
    """Note new hits, as far as the owner may see the cases; a case that was told before stays as it was."""
    with actor_transaction(one.owner):
        seen = list(visible_cases(actor=one.owner).filter(id__in=ids).values_list("id", flat=True))
        known = set(SearchHit.objects.filter(search=one.search, case_id__in=seen).values_list("case_id", flat=True))
        fresh = [SearchHit(search=one.search, case_id=id, found_at=at) for id in seen if id not in known]
        SearchHit.objects.bulk_create(fresh, ignore_conflicts=True)
        return len(fresh)
