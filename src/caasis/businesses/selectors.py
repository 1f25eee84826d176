"""Reads of businesses: which one a name may mean, and what is known of one.

Businesses are evidence of the nation, not personal data: whoever works on cases, and whoever reads registered cases,
reads them. Whoever does neither finds nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from caasis.businesses.models import Business, BusinessAlias, BusinessChange, TrackingFlag
from caasis.businesses.services.curating import family_ids
from caasis.businesses.vocabulary import AliasKind
from caasis.engines.identity import (
    Candidate,
    Keys,
    Query,
    TraderName,
    fuzzy_groups,
    keys_of_address,
    keys_of_name,
    keys_of_phone,
    parse_corporate_number,
    rank,
    read_name,
    strip_department,
    web_key,
)
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Actor
from caasis.kernel.errors import NotFound

#: Rows that one look-up takes over into scoring.
MOST_CANDIDATES = 40
#: With so many equal names nothing is gained by similar ones.
ENOUGH_EQUAL = 3
LONGEST_NAME = 160
#: Sorts after every character that a name may hold.
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One business that may be meant: why, and how surely (0 to 1, and in words)."""

    business: Business
    confidence: float
    words: str
    reasons: tuple[str, ...]
    tracked: bool = False


def may_read(actor: Actor) -> bool:
    return actor.is_system or actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)


def readable(*, actor: Actor) -> QuerySet[Business]:
    """Businesses that the actor may read: all or none."""
    return Business.objects.all() if may_read(actor) else Business.objects.none()


def get_business(*, actor: Actor, business_id: UUID) -> Business:
    """One business. :raises NotFound: absent, or not for this actor."""
    business = readable(actor=actor).filter(id=business_id).first()
    if business is None:
        raise NotFound("この事業者は見つかりません。一覧から選び直してください。")
    return business


def suggest(
    *,
    actor: Actor,
    name: str = "",
    phone: str = "",
    url: str = "",
    corporate_number: str = "",
    limit: int = 5,
    today: date | None = None,
) -> list[Suggestion]:
    """Businesses that may be meant by what was heard, the likeliest first; at most `limit`.

    Values that can't be read (half a number, no address) count as unknown. Merged businesses stand under the one that
    speaks for them. With `today` each suggestion tells whether the business is watched.
    """
    if not may_read(actor):
        return []
    query, keys = _question(name, phone, url, corporate_number)
    candidates = _candidates(query, keys)
    matches = rank(query, candidates, limit=limit)
    ids = [match.candidate.id for match in matches if isinstance(match.candidate.id, UUID)]
    rows = {row.id: row for row in Business.objects.filter(id__in=ids)} if ids else {}
    tracked = set(current_flags(ids, today=today).values_list("business_id", flat=True)) if ids and today else set()
    return [
        Suggestion(rows[found], match.confidence, match.words, match.reasons, found in tracked)
        for match, found in zip(matches, ids, strict=True)
        if found in rows
    ]


# --- looking up -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Keys:
    """Numbers to ask the index for: `exact` any of them, `names` for the similar ones."""

    exact: tuple[int, ...]
    names: tuple[Keys, ...]


def _question(name: str, phone: str, url: str, corporate_number: str) -> tuple[Query, _Keys]:
    names: list[TraderName] = []
    heard = name.replace("\x00", "")[:LONGEST_NAME]
    if heard.strip():
        first = read_name(heard)
        names.append(first)
        shorter = strip_department(first.core)
        if shorter:
            names.append(read_name(shorter))
    query = Query(
        names=tuple(one for one in names if one.core),
        phone=normalise_phone(phone[:60]) or "" if phone.strip() else "",
        web=web_key(url[:300]) or "" if url.strip() else "",
        corporate_number=parse_corporate_number(corporate_number[:40]) or "" if corporate_number.strip() else "",
    )
    of_names = tuple(keys_of_name(one) for one in query.names)
    exact = [key for keys in of_names for key in keys.exact]
    exact += [keys_of_phone(query.phone)] if query.phone else []
    exact += [keys_of_address(query.web)] if query.web else []
    return query, _Keys(tuple(exact), of_names)


def _candidates(query: Query, keys: _Keys) -> list[Candidate]:
    ids: list[UUID] = []
    if query.corporate_number:
        ids += Business.objects.filter(corporate_number=query.corporate_number).values_list("id", flat=True)
    equal, counts = _equal(keys)
    ids += equal
    if keys.names and len(set(ids)) < ENOUGH_EQUAL:
        ids += _similar(keys.names, counts)
    return _read_candidates(query, list(dict.fromkeys(ids)))


def _equal(keys: _Keys) -> tuple[list[UUID], dict[int, int]]:
    """Businesses with one of the exact keys, those first that were met on a case; and how common the parts of the
    names are."""
    if not keys.exact:
        return [], {}
    parts = {key for name in keys.names for key in (*name.near, *name.grams)}
    with connection.cursor() as cursor:
        cursor.execute(
            "(SELECT business_id, NULL::int, NULL::int FROM businesses_key WHERE keys && %s::int[] ORDER BY met DESC LIMIT %s) "
            "UNION ALL SELECT NULL, key, rows FROM businesses_key_count WHERE key = ANY(%s::int[])",
            [_array(keys.exact), MOST_CANDIDATES, _array(parts)],
        )
        rows = cursor.fetchall()
    return [row[0] for row in rows if row[0] is not None], {row[1]: row[2] for row in rows if row[0] is None}


def _similar(names: Iterable[Keys], counts: dict[int, int]) -> list[UUID]:
    """Businesses whose name shares rare parts with one of these, those first that share most."""
    groups = list(dict.fromkeys(group for keys in names for group in fuzzy_groups(keys, counts)))
    if not groups:
        return []
    values = ", ".join(["(%s::int[])"] * len(groups))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted(part) AS (VALUES {values}) "  # noqa: S608 - placeholders only
            "SELECT k.business_id FROM wanted JOIN businesses_key k ON k.keys @> wanted.part "
            "GROUP BY k.business_id ORDER BY count(*) DESC, bool_or(k.met) DESC LIMIT %s",
            [*(_array(group) for group in groups), MOST_CANDIDATES],
        )
        return [row[0] for row in cursor.fetchall()]


def _array(keys: Iterable[int]) -> str:
    return "{" + ",".join(map(str, keys)) + "}"


def _read_candidates(query: Query, ids: Sequence[UUID]) -> list[Candidate]:
    """The candidates with all that they are known by; those that were merged stand under their root."""
    if not ids:
        return []
    parent: dict[UUID, UUID | None] = {}
    known: dict[UUID, tuple[str, int]] = {}
    names: dict[UUID, list[TraderName]] = defaultdict(list)
    others: dict[tuple[UUID, str], set[str]] = defaultdict(set)
    fresh = list(ids)
    while fresh:
        rows = Business.objects.filter(id__in=fresh).values_list(
            "id", "merged_into_id", "corporate_number", "confirmed_count",
            "keys__kind", "keys__value", "keys__form", "keys__readings",
        )  # fmt: skip
        for business_id, merged_into, number, met, kind, value, form, readings in rows:
            parent[business_id], known[business_id] = merged_into, (number, met)
            if kind == AliasKind.NAME.value:
                names[business_id].append(TraderName(form, value, tuple(readings.split())))
            elif kind:
                others[business_id, kind].add(value)
        fresh = [one for one in {up for up in parent.values() if up is not None} if one not in parent]
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for one in parent:
        current = one
        while (above := parent[current]) is not None:
            current = above
        members[current].append(one)
    cores = {name.core for name in query.names}

    def named_so(root: UUID) -> bool:
        return any(name.core in cores for one in members[root] for name in names.get(one, ()))

    same = sum(1 for root in members if named_so(root))
    return [
        Candidate(
            id=root,
            names=tuple(name for one in members[root] for name in names.get(one, ())),
            phones=frozenset(value for one in members[root] for value in others.get((one, AliasKind.PHONE.value), ())),
            webs=frozenset(value for one in members[root] for value in others.get((one, AliasKind.URL.value), ())),
            corporate_number=known[root][0],
            met=sum(known[one][1] for one in members[root]),
            same_named=same if named_so(root) else 1,
        )
        for root in members
    ]


# --- one business -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is known of a business and of those merged into it."""

    business: Business
    family: tuple[Business, ...]
    aliases: dict[str, list[BusinessAlias]]
    changes: list[BusinessChange]
    flag: TrackingFlag | None
    past_flags: list[TrackingFlag]

    @property
    def family_ids(self) -> list[UUID]:
        return [one.id for one in self.family]


def read_profile(*, actor: Actor, business: Business, today: date) -> Profile:
    """The profile of a business that the actor may read, in a fixed number of queries (and one for each step of merges)."""
    if not may_read(actor):
        raise NotFound
    ids = family_ids(business.id)
    family = sorted(Business.objects.filter(id__in=ids), key=lambda one: (one.id != business.id, one.name))
    aliases: dict[str, list[BusinessAlias]] = defaultdict(list)
    for alias in BusinessAlias.objects.filter(business_id__in=ids, removed_at=None).order_by("kind", "-times", "value"):
        aliases[alias.kind].append(alias)
    changes = list(
        BusinessChange.objects.filter(business_id__in=ids).select_related("business", "other").order_by("-at", "-id")[:50]
    )
    flags = list(TrackingFlag.objects.filter(business_id__in=ids).order_by("-set_at")[:20])
    standing = next((flag for flag in flags if flag.lifted_at is None and flag.until >= today), None)
    return Profile(
        business=business,
        family=tuple(family),
        aliases=dict(aliases),
        changes=changes,
        flag=standing,
        past_flags=[flag for flag in flags if flag is not standing],
    )


def beginning_with(*, actor: Actor, words: str, limit: int) -> list[Business]:
    """Businesses whose name begins so, those first that were met: for a search that has no more than a beginning."""
    core = read_name(words.replace("\x00", "")[:LONGEST_NAME], guess_reading=False).core
    if not core:
        return []
    rows = readable(actor=actor).filter(merged_into=None, normalised_name__gte=core, normalised_name__lt=core + LAST)
    # Ordered by the index, then by hand: sorting all names that begin with one letter would read a tenth of the table.
    some = list(rows.order_by("normalised_name")[: limit * 10])
    return sorted(some, key=lambda one: (-one.confirmed_count, one.normalised_name))[:limit]


def current_flags(ids: Iterable[UUID], *, today: date) -> QuerySet[TrackingFlag]:
    """Flags that stand today."""
    return TrackingFlag.objects.filter(business_id__in=list(ids), lifted_at=None, until__gte=today)


def met_businesses(*, actor: Actor) -> QuerySet[Business]:
    """Businesses that were confirmed on a case and speak for themselves, the most often met first."""
    return readable(actor=actor).filter(confirmed_count__gt=0, merged_into=None).order_by("-confirmed_count", "name", "id")


def watched_businesses(*, actor: Actor, today: date) -> QuerySet[TrackingFlag]:
    """Flags that stand today with their businesses, the next review first."""
    if not may_read(actor):
        return TrackingFlag.objects.none()
    return (
        TrackingFlag.objects.filter(lifted_at=None, until__gte=today).select_related("business").order_by("review_on", "id")
    )
