"""Cases in the search index: what is indexed, who may find it, and finding it.

Only masked projections are indexed. A snippet is cut from the database row, after permission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from caasis.cases.code_lists import label
from caasis.cases.models import Case
from caasis.cases.rules.checks import age_band
from caasis.cases.selectors import consumer_of, contract_party_of, visible_cases, with_parts
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor
from caasis.platform.search.access import search_index
from caasis.platform.search.conditions import EVERYTHING, AllOf, AnyOf, Condition, Has
from caasis.platform.search.documents import SearchDocument
from caasis.platform.search.highlight import Segment, snippet
from caasis.platform.search.outbox import follow_topics
from caasis.platform.search.ports import Count, Readiness, Sort
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
    register_kind(KIND, build_documents, all_ids, fetch_texts, filters=FILTERS, facets=FACETS, count=_count)
    follow_topics("cases.", KIND)


def _texts(case: Case) -> tuple[str, str]:
    """Title and body as they are indexed: masked, with the labels of what is coded."""
    known = _known_names(case)
    businesses = list(case.businesses.all())
    allowed = [value for one in businesses for value in (one.name_as_heard, one.phone) if value]
    contract = next(iter(case.contracts.all()), None)
    body = "\n".join([case.summary, case.handling])
    extra = [case.receipt_number, *(one.name_as_heard for one in businesses), *(one.phone for one in businesses)]
    if contract is not None:
        extra += [label("product", contract.product), contract.product_text, *contract.keywords]
    masked = masked_projection(body, known, allowed=allowed)
    return masked_projection(case.title, known, allowed=allowed), "\n".join([masked, *filter(None, extra)])


def _known_names(case: Case) -> list[str]:
    consumer = consumer_of(case)
    if consumer is None or consumer.person is None:
        return []
    try:
        names = read_sealed(consumer.person, "name", "kana")
    except Forgotten:
        return []
    return [name for name in names.values() if len(name) >= 2]


def _document(case: Case) -> SearchDocument:
    title, body = _texts(case)
    contract = next(iter(case.contracts.all()), None)
    party = contract_party_of(case)
    product = contract.product if contract else ""
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
            "product": tuple(product[:end] for end in (3, 5, 7) if len(product) >= end),
            "sales_form": (contract.sales_form,) if contract and contract.sales_form else (),
            "prefecture": (case.prefecture_code,) if case.prefecture_code else (),
            "age_band": (age_band(party.age if party else None),),
            "result": (case.result,) if case.result else (),
        },
    )


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


def _count() -> int:
    with system_transaction():
        return Case.objects.count()


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
    """One page of an answer. `complete` is False while the index is being built, `progress` says how far it is (%).
    Facets are counted in the newest `facets_of` matches where there are very many, else in all."""

    rows: list[Found]
    count: Count | None
    facets: Mapping[str, Mapping[str, int]]
    cursor: str | None
    complete: bool
    progress: int | None = None
    facets_of: int | None = None


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
        str(case.id): case for case in with_parts(visible_cases(actor=actor).filter(id__in=[hit.id for hit in page.hits]))
    }
    rows = [
        Found(case, snippet("\n".join(filter(None, (case.summary, case.handling))), text))
        for hit in page.hits
        if (case := by_id.get(hit.id)) is not None
    ]
    return FoundPage(rows, page.count, page.facets, page.cursor, page.complete, page.progress, page.facets_of)


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
    by_id = {str(one.id): one for one in with_parts(visible_cases(actor=actor).filter(id__in=[hit.id for hit in hits]))}
    return [by_id[hit.id] for hit in hits if hit.id in by_id]


def index_readiness() -> Readiness:
    """Whether what was found is all there is, for answers that can't say so themselves."""
    return search_index().readiness()
