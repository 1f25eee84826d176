"""Cases in the search index: what is indexed, who may find it, and finding it.

Only masked projections are indexed. A snippet is cut from the database row, after permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from caasis.cases.code_lists import label
from caasis.cases.models import Case
from caasis.cases.rules.checks import age_band
from caasis.cases.selectors import contract_party_of, visible_cases, with_parts
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor
from caasis.platform.search.access import search_index
from caasis.platform.search.conditions import EVERYTHING, AllOf, AnyOf, Condition, Has
from caasis.platform.search.documents import SearchDocument
from caasis.platform.search.highlight import Segment, snippet
from caasis.platform.search.outbox import follow_topics
from caasis.platform.search.ports import Count, Sort
from caasis.platform.search.sources import register_kind
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.masking import masked_projection
from caasis.privacy.services import read_sealed

KIND = "case"
FILTERS = ("centre", "state", "product", "sales_form", "prefecture", "case_kind", "age_band", "result")
FACETS = ("state", "product", "sales_form", "age_band")
PORTION = 300


def register() -> None:
    register_kind(KIND, build_documents, all_ids, fetch_texts, filters=FILTERS, facets=FACETS)
    follow_topics("cases.", KIND)


def _texts(case: Case) -> tuple[str, str]:
    """Title and body as they are indexed: masked, with the labels of what is coded."""
    known = known_names(case)
    businesses = list(case.businesses.all())
    allowed = [value for one in businesses for value in (one.name_as_heard, one.phone) if value]
    body = "\n".join([case.summary, case.handling])
    extra = [case.receipt_number, *(one.name_as_heard for one in businesses), *(one.phone for one in businesses)]
    for contract in case.contracts.all():
        extra += [label("product", contract.product), contract.product_text, *contract.keywords]
    masked = masked_projection(body, known, allowed=allowed)
    return masked_projection(case.title, known, allowed=allowed), "\n".join([masked, *filter(None, extra)])


def known_names(case: Case) -> list[str]:
    """Names of everybody on the case: a contract party's or a helper's is masked as the consumer's is."""
    found: list[str] = []
    for party in case.parties.all():
        if party.person is None:
            continue
        try:
            found += [name for name in read_sealed(party.person, "name", "kana").values() if len(name) >= 2]
        except Forgotten:
            continue
    return found


def _document(case: Case) -> SearchDocument:
    title, body = _texts(case)
    contracts = list(case.contracts.all())
    party = contract_party_of(case)
    return SearchDocument.of_day(
        id=case.id,
        kind=KIND,
        title=title,
        body=body,
        day=case.received_on,
        terms={
            "centre": tuple({str(case.handling_centre_id), str(case.owning_centre_id)}),
            "state": (case.state,),
            "case_kind": (case.kind,),
            # A class finds what lies below it: P03 → P0305 → P030501.
            "product": _distinct(one.product[:end] for one in contracts for end in (3, 5, 7) if len(one.product) >= end),
            "sales_form": _distinct(one.sales_form for one in contracts if one.sales_form),
            "prefecture": (case.prefecture_code,) if case.prefecture_code else (),
            "age_band": (age_band(party.age if party else None),),
            "result": (case.result,) if case.result else (),
        },
    )


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def build_documents(ids: Sequence[str]) -> list[SearchDocument]:
    with system_transaction():
        return [_document(case) for case in with_parts(Case.objects.filter(id__in=list(ids)))]


def all_ids() -> Iterator[list[str]]:
    """Every case, the newest first, so that a rebuild is useful early."""
    last: UUID | None = None
    while True:
        with system_transaction():
            rows = Case.objects.order_by("-id").values_list("id", flat=True)
            portion = list(rows.filter(id__lt=last)[:PORTION] if last else rows[:PORTION])
        if not portion:
            return
        yield [str(one) for one in portion]
        last = portion[-1]


def fetch_texts(ids: Sequence[str]) -> Mapping[str, str]:
    with system_transaction():
        return {
            str(case.id): "\n".join(_texts(case)) for case in with_parts(Case.objects.filter(id__in=list(ids)))
        }


def may_find(actor: Actor) -> Condition:
    """Permission as a condition inside the query: registered cases of the nation, all of the own centre."""
    if actor.is_system:
        return EVERYTHING
    registered = Has("state", State.REGISTERED.value)
    if actor.centre_id is not None and actor.works_for(actor.centre_id):
        return AnyOf(registered, Has("centre", str(actor.centre_id)))
    return registered if actor.is_national else AnyOf()


@dataclass(frozen=True, slots=True)
class Found:
    """A case found, with the excerpt that shows why."""

    case: Case
    excerpt: list[Segment]


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of an answer. `complete` is False while the index is being built."""

    rows: list[Found]
    count: Count | None
    facets: Mapping[str, Mapping[str, int]]
    cursor: str | None
    complete: bool


def find_cases(
    *,
    actor: Actor,
    text: str,
    filters: Mapping[str, str] | None = None,
    sort: Sort = "relevance",
    cursor: str | None = None,
    limit: int = 20,
    years: int | None = 3,
) -> FoundPage:
    """Search cases. Rows are read through the actor's own selector too: the index alone never shows anything.

    :raises Invalid: the query or the cursor can't be read.
    """
    wanted = [Has(name, value) for name, value in (filters or {}).items() if name in FILTERS and value]
    page = search_index().search(
        text,
        AllOf(Has("kind", KIND), may_find(actor), *wanted),
        sort=sort,
        facets=FACETS,
        limit=limit,
        cursor=cursor,
        years=years,
        fetch_text=fetch_texts,
    )
    by_id = {
        str(case.id): case
        for case in with_parts(visible_cases(actor=actor).filter(id__in=[hit.id for hit in page.hits])).select_related(
            "merged_into"
        )
    }
    rows: dict[UUID, Found] = {}
    for hit in page.hits:
        case = by_id.get(hit.id)
        if case is not None:
            excerpt = snippet("\n".join(filter(None, (case.summary, case.handling))), text)
            # Words of a merged case lead to the one that goes on, once.
            shown = case.merged_into or case
            rows.setdefault(shown.pk, Found(shown, excerpt))
    return FoundPage(list(rows.values()), page.count, page.facets, page.cursor, page.complete)


def similar_cases(*, actor: Actor, case: Case, card: Mapping[str, Any] | None = None, k: int = 3) -> list[Case]:
    """Past cases like this one that the actor may see, best first. `card` holds what is typed now, if not yet saved."""
    if card is None:
        title, body = _texts(case)
        text = f"{title}\n{body}"
    else:
        named = [str(card.get(name) or "") for name in ("title", "summary", "product_text", "business_name")]
        text = "\n".join([*named, label("product", str(card.get("product") or ""))]).strip()
    if not text:
        return []
    hits = search_index().similar(text, AllOf(Has("kind", KIND), may_find(actor)), k, exclude=[str(case.id)])
    seen = visible_cases(actor=actor).filter(id__in=[hit.id for hit in hits], merged_into=None)
    by_id = {str(one.id): one for one in with_parts(seen)}
    return [by_id[hit.id] for hit in hits if hit.id in by_id]
