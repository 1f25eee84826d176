"""Cases in the search index: what is indexed, who may find it, and finding it.

Only masked projections are indexed. A snippet is cut from the database row, after permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from caasis.cases.code_lists import label
from caasis.cases.models import Case
from caasis.cases.rules.checks import age_band
from caasis.cases.rules.searching import FILTERS as FILTER_WORDS
from caasis.cases.rules.searching import CaseSearch, amount_band
from caasis.cases.selectors import contract_party_of, is_insider, visible_cases, with_parts
from caasis.cases.vocabulary import State
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Actor
from caasis.people.models import Person
from caasis.platform.search.access import search_index
from caasis.platform.search.conditions import EVERYTHING, AllOf, AnyOf, Condition, Days, Has
from caasis.platform.search.documents import SearchDocument
from caasis.platform.search.highlight import Segment, snippet
from caasis.platform.search.outbox import follow_topics
from caasis.platform.search.ports import Count, CountMode, Readiness
from caasis.platform.search.queries import parse_query
from caasis.platform.search.sources import register_kind
from caasis.platform.search.widening import ENOUGH, can_widen
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import masked_projection
from caasis.privacy.services import read_sealed

KIND = "case"
#: Raise it when `_document` puts other fields or values into the index.
VERSION = 2
MONTH = "month"
FACETS = (*FILTER_WORDS, MONTH)
FILTERS = ("centre", *FACETS)
PORTION = 300


def register() -> None:
    register_kind(
        KIND, build_documents, all_ids, fetch_texts, filters=FILTERS, facets=FACETS, version=VERSION, count=_count
    )
    follow_topics("cases.", KIND)


@dataclass(frozen=True, slots=True)
class MaskedText:
    """The texts of a case without personal data: what anybody who may find it may read, in the index as on a page."""

    title: str
    summary: str
    handling: str
    extra: str

    @property
    def body(self) -> str:
        return "\n".join(part for part in (self.summary, self.handling) if part)

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.body, self.extra) if part)


def masked_texts(cases: Iterable[Case]) -> dict[str, MaskedText]:
    """Masked titles and texts by id, and what is searched for besides: number, traders, labels of what is coded.

    Reads the sealed names of the cases' people to mask them, all keys at once: must run in the system's scope.
    """
    rows = list(cases)
    names = _names_of(rows)
    return {str(row.pk): _masked(row, names[row.pk]) for row in rows}


def known_names(case: Case) -> list[str]:
    """Names of everybody on the case: a contract party's or a helper's is masked as the consumer's is."""
    return _names_of([case])[case.pk]


def _names_of(cases: list[Case]) -> dict[UUID, list[str]]:
    """Names and kana of the people of each case; none of records that were erased."""
    people = {case.pk: [party.person for party in case.parties.all() if party.person is not None] for case in cases}
    keys = record_keys_bytes(person.record_key_id for some in people.values() for person in some)
    return {id: [name for person in some for name in _names(person, keys)] for id, some in people.items()}


def _masked(case: Case, known: list[str]) -> MaskedText:
    businesses = list(case.businesses.all())
    allowed = [value for one in businesses for value in (one.name_as_heard, one.phone) if value]
    extra = [case.receipt_number, *(one.name_as_heard for one in businesses), *(one.phone for one in businesses)]
    for contract in case.contracts.all():
        extra += [label("product", contract.product), contract.product_text, *contract.keywords]
    title, summary, handling = (
        masked_projection(part, known, allowed=allowed) for part in (case.title, case.summary, case.handling)
    )
    return MaskedText(title, summary, handling, extra="\n".join(filter(None, extra)))


def _names(person: Person, keys: Mapping[UUID, bytes]) -> list[str]:
    key = keys.get(person.record_key_id)
    if key is None:
        return []
    return [name for name in read_sealed(person, "name", "kana", key=key).values() if len(name) >= 2]


def document_of(case: Case, text: MaskedText) -> SearchDocument:
    """The case as the index holds it."""
    contracts = list(case.contracts.all())
    party = contract_party_of(case)
    amounts = [contract.amount for contract in contracts if contract.amount is not None]
    # As in the statistics, a case's amount is that of all its contracts together.
    band = amount_band(sum(amounts) if amounts else None)
    return SearchDocument.of_day(
        id=case.id,
        kind=KIND,
        title=text.title,
        body="\n".join([text.body, text.extra]),
        day=case.received_on,
        terms={
            "centre": tuple({str(case.handling_centre_id), str(case.owning_centre_id)}),
            "state": (case.state,),
            "case_kind": (case.kind,) if case.kind else (),
            # A class finds what lies below it: P03 → P0305 → P030501.
            "product": _distinct(one.product[:end] for one in contracts for end in (3, 5, 7) if len(one.product) >= end),
            "sales_form": _distinct(one.sales_form for one in contracts if one.sales_form),
            "prefecture": (case.prefecture_code,) if case.prefecture_code else (),
            "age_band": (age_band(party.age if party else None),),
            "result": (case.result,) if case.result else (),
            "channel": (case.channel,) if case.channel else (),
            "amount_band": (band,) if band else (),
            MONTH: (case.received_on.strftime("%Y-%m"),),
        },
    )


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def build_documents(ids: Sequence[str]) -> list[SearchDocument]:
    with system_transaction():
        cases = list(with_parts(Case.objects.filter(id__in=list(ids))))
        texts = masked_texts(cases)
        return [document_of(case, texts[str(case.pk)]) for case in cases]


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
    return {id: str(text) for id, text in _fetch(ids).items()}


def _fetch(ids: Sequence[str]) -> dict[str, MaskedText]:
    with system_transaction():
        return masked_texts(with_parts(Case.objects.filter(id__in=list(ids))))


def may_find(actor: Actor) -> Condition:
    """Permission as a condition inside the query: registered cases of the nation, all of the own centre."""
    if actor.is_system:
        return EVERYTHING
    registered = Has("state", State.REGISTERED.value)
    if actor.centre_id is not None and actor.works_for(actor.centre_id):
        return AnyOf(registered, Has("centre", str(actor.centre_id)))
    return registered if actor.is_national else AnyOf()


def may_search(actor: Actor) -> bool:
    """Whether the actor looks for cases at all."""
    return actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)


@dataclass(frozen=True, slots=True)
class Found:
    """A case found. Title and excerpt show why; outside its centre they are cut from the masked text."""

    case: Case
    title: list[Segment]
    excerpt: list[Segment]


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of an answer. `complete` is False while the index is being built, `progress` says how far it is (%).

    `facets`: field → value → number, each counted as if nothing were chosen in that field itself; in the newest
    `facets_of` matches where there are very many, else in all. `heard`: quotations that were answered by their sound.
    """

    rows: list[Found]
    count: Count | None
    facets: Mapping[str, Mapping[str, int]]
    cursor: str | None
    complete: bool
    progress: int | None = None
    facets_of: int | None = None
    heard: tuple[str, ...] = ()


@dataclass(slots=True)
class Texts:
    """Fetches masked texts and remembers them, so that what was verified is also what is shown."""

    known: dict[str, MaskedText] = field(default_factory=dict)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, str]:
        self.known.update(_fetch(ids))
        return {id: str(self.known[id]) for id in ids if id in self.known}


def condition_of(search: CaseSearch, *, actor: Actor, without: str = "") -> Condition:
    """The filters with the permission among them; `without` leaves one field out."""
    wanted: list[Condition] = [Has(name, *values) for name, values in search.filters if name != without]
    if search.own:
        wanted.append(Has("centre", str(actor.centre_id)) if actor.works_for(actor.centre_id) else AnyOf())
    if search.first or search.last:
        wanted.append(Days(search.first, search.last))
    return AllOf(Has("kind", KIND), may_find(actor), *wanted)


def find_cases(
    *,
    actor: Actor,
    search: CaseSearch,
    synonyms: Mapping[str, tuple[str, ...]] | None = None,
    cursor: str | None = None,
    limit: int = 20,
    facets: bool = True,
) -> FoundPage:
    """Search cases. Rows are read through the actor's own selector too: the index alone never shows anything.

    :raises Invalid: the cursor can't be read.
    """
    texts = Texts()
    widen = _widens(search, actor, synonyms)
    page = search_index().search(
        search.text,
        condition_of(search, actor=actor),
        sort=search.sort,  # type: ignore[arg-type]
        facets=FACETS if facets else (),
        limit=limit,
        cursor=cursor,
        years=search.years,
        synonyms=synonyms,
        fetch_text=texts.fetch,
        widen=widen,
    )
    counted = dict(page.facets)
    for name, _ in search.filters if facets else ():
        # What else could be chosen in the same field: counted without the choice that was made in it.
        counted[name] = _ask(search, actor, synonyms, widen, without=name, facets=(name,)).facets.get(name, {})
    rows: dict[UUID, Found] = {}
    for case in _visible(actor, page.hits, texts):
        found = _shown(case, texts.known[str(case.id)], actor, search.text, synonyms)
        # Words of a merged case lead to the one that goes on, once.
        found = replace(found, case=case.merged_into or case)
        rows.setdefault(found.case.pk, found)
    return FoundPage(list(rows.values()), page.count, counted, page.cursor, page.complete, page.progress, page.facets_of, page.heard)


def count_cases(
    *, actor: Actor, search: CaseSearch, synonyms: Mapping[str, tuple[str, ...]] | None = None, exactly: bool = False
) -> Count:
    """How many cases the actor would find."""
    widen = _widens(search, actor, synonyms)
    count: Count | None = _ask(search, actor, synonyms, widen, count="exact" if exactly else "capped").count
    assert count is not None
    return count


def _widens(search: CaseSearch, actor: Actor, synonyms: Mapping[str, tuple[str, ...]] | None) -> bool:
    """Whether a sentence is widened: decided once for list, figures and file, without what was chosen among the facets,
    so that a choice never finds more than there was before it."""
    if search.sort != "relevance" or not can_widen(parse_query(search.text, synonyms)):
        return False
    found: Count | None = _ask(replace(search, filters=()), actor, synonyms, False, count="capped").count
    return found is not None and found.value < ENOUGH


def _ask(
    search: CaseSearch,
    actor: Actor,
    synonyms: Mapping[str, tuple[str, ...]] | None,
    widen: bool,
    *,
    without: str = "",
    facets: Sequence[str] = (),
    count: CountMode = "none",
) -> Any:
    condition = condition_of(search, actor=actor, without=without)
    return search_index().search(
        search.text, condition, sort="newest", facets=facets, limit=1, count=count, years=search.years, synonyms=synonyms,
        widen=widen,
    )  # fmt: skip


def _visible(actor: Actor, hits: Sequence[Any], texts: Texts) -> list[Case]:
    """The cases of the hits that the actor may see, in the order of the hits."""
    ids = [hit.id for hit in hits if hit.id in texts.known]
    by_id = {str(case.id): case for case in with_parts(visible_cases(actor=actor).filter(id__in=ids)).select_related("merged_into")}
    return [by_id[id] for id in ids if id in by_id]


def _shown(
    case: Case, text: MaskedText, actor: Actor, query: str, synonyms: Mapping[str, tuple[str, ...]] | None
) -> Found:
    inside = is_insider(case, actor)
    title = case.title if inside else text.title
    body = "\n".join(filter(None, (case.summary, case.handling))) if inside else text.body
    return Found(
        case,
        snippet(title, query, max(len(title), 1), synonyms=synonyms),
        snippet(body, query, synonyms=synonyms),
    )


def find_portions(
    *, actor: Actor, search: CaseSearch, synonyms: Mapping[str, tuple[str, ...]] | None = None, size: int = 100
) -> Iterator[list[tuple[Case, MaskedText]]]:
    """Every case that the actor finds, the newest first, with its masked text, in portions: for a file.

    Each portion is read in the transaction that is open when it is asked for.
    """
    cursor: str | None = None
    widen = _widens(search, actor, synonyms)
    while True:
        texts = Texts()
        page = search_index().search(
            search.text,
            condition_of(search, actor=actor),
            sort="oldest" if search.sort == "oldest" else "newest",
            limit=size,
            cursor=cursor,
            count="none",
            years=search.years,
            synonyms=synonyms,
            fetch_text=texts.fetch,
            widen=widen,
        )
        yield [(case, texts.known[str(case.id)]) for case in _visible(actor, page.hits, texts)]
        cursor = page.cursor
        if cursor is None:
            return


def similar_cases(*, actor: Actor, case: Case, card: Mapping[str, Any] | None = None, k: int = 3) -> list[Case]:
    """Past cases like this one that the actor may see, best first. `card` holds what is typed now, if not yet saved."""
    if card is None:
        with system_transaction():
            text = str(masked_texts([case])[str(case.pk)])
    else:
        named = [str(card.get(name) or "") for name in ("title", "summary", "product_text", "business_name")]
        text = "\n".join([*named, label("product", str(card.get("product") or ""))]).strip()
    if not text:
        return []
    hits = search_index().similar(text, AllOf(Has("kind", KIND), may_find(actor)), k, exclude=[str(case.id)])
    seen = visible_cases(actor=actor).filter(id__in=[hit.id for hit in hits], merged_into=None)
    by_id = {str(one.id): one for one in with_parts(seen)}
    return [by_id[hit.id] for hit in hits if hit.id in by_id]


def index_readiness() -> Readiness:
    """Whether what was found is all there is, for answers that can't say so themselves."""
    return search_index().readiness()
