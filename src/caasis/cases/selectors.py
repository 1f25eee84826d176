"""Reads of cases. A selector takes the actor and filters: it is the rule of who sees what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from caasis.cases.code_lists import label
from caasis.cases.family import family_ids
from caasis.cases.models import (
    Case,
    CaseBusiness,
    CaseContact,
    CaseEntry,
    Contract,
    Draft,
    Harm,
    Note,
    Party,
    Task,
)
from caasis.cases.rules.card import SEALED_NAMES
from caasis.cases.rules.fields import (
    BUSINESS_NAMES,
    BY_NAME,
    CASE_NAMES,
    CONSUMER_NAMES,
    CONTRACT_NAMES,
    EMPTY,
    HARM_NAMES,
    LAW_NAMES,
    OTHER_NAMES,
    Kind,
)
from caasis.cases.vocabulary import CARD_LINES, OPEN, PartyRole, State
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.people.selectors import open_person
from caasis.privacy.services import open_fields


def visible_cases(*, actor: Actor) -> QuerySet[Case]:
    """Cases that the actor may see: all of the own centre; registered ones of the nation, without personal data."""
    if actor.is_system:
        return Case.objects.all()
    registered = Q(state=State.REGISTERED.value)
    if actor.centre_id is not None and actor.works_for(actor.centre_id):
        return Case.objects.filter(
            registered | Q(handling_centre_id=actor.centre_id) | Q(owning_centre_id=actor.centre_id)
        )
    if actor.is_national:
        return Case.objects.filter(registered)
    return Case.objects.none()


def registered_cases(*, actor: Actor) -> QuerySet[Case]:
    """The nation's registered cases that the actor may see, which whoever sees cases at all sees: one condition without
    `visible_cases`' alternatives, so that its own index serves."""
    if visible_cases(actor=actor).query.is_empty():
        return Case.objects.none()
    return Case.objects.filter(state=State.REGISTERED.value)


def own_cases(*, actor: Actor) -> QuerySet[Case]:
    """Cases that the actor's centre handles."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Case.objects.none()
    return Case.objects.filter(handling_centre_id=actor.centre_id)


def with_parts(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Prefetch what a list or a card shows, in a fixed number of queries."""
    return cases.prefetch_related(
        Prefetch("parties", Party.objects.select_related("person").order_by("position")),
        Prefetch("contracts", Contract.objects.order_by("position")),
        Prefetch("businesses", CaseBusiness.objects.order_by("position")),
        Prefetch("harms", Harm.objects.order_by("created_at")),
    )


def get_case(*, actor: Actor, case_id: UUID, for_update: bool = False) -> Case:
    """One case.

    :raises NotFound: alike when it is absent and when it is hidden from the actor.
    """
    rows = visible_cases(actor=actor)
    if for_update:
        rows = rows.select_for_update(of=("self",))
    case = rows.filter(id=case_id).first()
    if case is None:
        raise NotFound
    return case


def is_insider(case: Case, actor: Actor) -> bool:
    """True inside the handling or owning centre: there the timeline, notes and personal data live."""
    return actor.works_for(case.handling_centre_id) or actor.works_for(case.owning_centre_id) or actor.is_system


def implied_purpose(case: Case, actor: Actor) -> Purpose | None:
    """On one's own case the purpose is implied; otherwise it must be stated."""
    return Purpose.OWN_CASE if actor.id is not None and case.counsellor_id == actor.id else None


def consumer_of(case: Case) -> Party | None:
    return next((party for party in case.parties.all() if PartyRole.CONSUMER in party.roles), None)


def contract_party_of(case: Case) -> Party | None:
    """契約当事者: the party that holds the role; nobody, until somebody says who it is."""
    return next((party for party in case.parties.all() if PartyRole.CONTRACT_PARTY in party.roles), None)


def read_card(case: Case) -> dict[str, Any]:
    """The card without personal data: field name → typed value."""
    consumer, contract_party = consumer_of(case), contract_party_of(case)
    # Compared by key: without a prefetch each look brings objects of its own.
    same = None if contract_party is None else consumer is not None and contract_party.pk == consumer.pk
    return card_of_parts(
        case,
        consumer=consumer,
        other=contract_party if same is False else None,
        same=same,
        contract=next(iter(case.contracts.all()), None),
        business=next(iter(case.businesses.all()), None),
        harm=next(iter(case.harms.all()), None),
    )


def card_of_parts(
    case: Case,
    *,
    consumer: Party | None,
    other: Party | None,
    same: bool | None,
    contract: Contract | None,
    business: CaseBusiness | None,
    harm: Harm | None,
) -> dict[str, Any]:
    """The card of a case's main parts, saved or not. `same` says whether the consumer is the contract party."""
    card: dict[str, Any] = {name: getattr(case, name) for name in CASE_NAMES}
    card |= {
        "prefecture_code": consumer.prefecture_code if consumer else "",
        "municipality_code": consumer.municipality_code if consumer else "",
        "contract_party_is_consumer": same,
    }
    for names, part in (
        (CONSUMER_NAMES, consumer),
        (OTHER_NAMES, other),
        (BUSINESS_NAMES, business),
        (HARM_NAMES, harm),
    ):
        card |= {name: getattr(part, attr) if part else _empty(name) for name, attr in names.items()}
    card |= {name: getattr(contract, name) if contract else _empty(name) for name in CONTRACT_NAMES}
    known = contract.law_facts if contract else {}
    for name in LAW_NAMES:
        value = known.get(name)
        if value is None:
            card[name] = _empty(name)
        else:
            card[name] = date.fromisoformat(value) if BY_NAME[name].kind is Kind.DAY else value
    return card


def _empty(name: str) -> Any:
    value = EMPTY[BY_NAME[name].kind]
    return list(value) if isinstance(value, list) else value


def open_personal(case: Case, *, actor: Actor, purpose: Purpose | None = None) -> dict[str, str]:
    """The card's personal fields, opened and logged. Empty when nobody gave a name.

    :raises NotFound: outside the centre. :raises NotAllowed: without a purpose.
    """
    if not is_insider(case, actor):
        raise NotFound
    names = dict.fromkeys(sorted(SEALED_NAMES), "")
    consumer = consumer_of(case)
    if consumer is None or consumer.person is None:
        return names
    values = open_person(
        consumer.person,
        actor=actor,
        purpose=purpose or implied_purpose(case, actor) or actor.purpose,  # type: ignore[arg-type]
    )
    return names | {
        "consumer_name": values["name"],
        "consumer_kana": values["kana"],
        "consumer_phone": values.get("phone", ""),
        "consumer_mail": values.get("mail", ""),
        "consumer_postcode": values["postcode"],
        "consumer_address": values["address"],
        "contact_note": values["contact_note"],
    }


def has_personal(case: Case) -> bool:
    """Whether there is a name, number or address behind the mask."""
    consumer = consumer_of(case)
    return consumer is not None and consumer.person is not None


def fields_changed_since(case: Case, version: int) -> frozenset[str]:
    """Names of card fields that saves after `version` changed."""
    changed: set[str] = set()
    for data in case.entries.filter(kind__in=CARD_LINES).values_list("data", flat=True):
        if data.get("version", 0) > version:
            changed.update(data.get("fields", []))
    return frozenset(changed)


def timeline(case: Case, *, actor: Actor, limit: int = 200) -> list[CaseEntry]:
    """The one timeline, newest first. Outsiders get none."""
    if not is_insider(case, actor):
        return []
    return list(CaseEntry.objects.filter(case_id__in=family_ids(case)).order_by("-at", "-id")[:limit])


def draft_of(case: Case, *, actor: Actor) -> Draft | None:
    if actor.id is None:
        return None
    return Draft.objects.filter(case=case, user_id=actor.id).select_related("case").first()


def read_draft(draft: Draft, *, actor: Actor) -> str:
    """The draft's JSON text. One's own words: opened for one's own work."""
    return open_fields(draft, "body", actor=actor, purpose=Purpose.OWN_CASE)["body"]


def notes_of(case: Case, *, actor: Actor, purpose: Purpose) -> list[tuple[Note, str]]:
    if not is_insider(case, actor):
        raise NotFound
    return [
        (note, open_fields(note, "body", actor=actor, purpose=purpose)["body"])
        for note in Note.objects.filter(case_id__in=family_ids(case), deleted_at=None).select_related("case")
    ]


def open_tasks(*, actor: Actor, case: Case | None = None) -> QuerySet[Task]:
    if actor.centre_id is None:
        return Task.objects.none()
    rows = Task.objects.filter(done_at=None, centre_id=actor.centre_id).select_related("case").order_by("due_at")
    return rows.filter(case_id__in=family_ids(case)) if case is not None else rows.filter(assigned_to=actor.id)


def tasks_of(*, actor: Actor, case: Case) -> QuerySet[Task]:
    """Every task of a case and of those merged into it, open and done."""
    if actor.centre_id is None:
        return Task.objects.none()
    return Task.objects.filter(case_id__in=family_ids(case), centre_id=actor.centre_id)


def contact_ids_of(case: Case) -> list[UUID]:
    """Contacts of a case and of those merged into it, in the order in which they were linked."""
    links = CaseContact.objects.filter(case_id__in=family_ids(case)).order_by("created_at", "id")
    return list(links.values_list("contact_id", flat=True))


def cases_of_contacts(*, actor: Actor, contact_ids: Iterable[UUID]) -> dict[UUID, list[Case]]:
    """The actor's centre's cases to which these contacts belong. One query, however many."""
    links = CaseContact.objects.filter(contact_id__in=list(contact_ids), case__in=own_cases(actor=actor))
    found: dict[UUID, list[Case]] = {}
    for link in links.select_related("case").order_by("created_at"):
        found.setdefault(link.contact_id, []).append(link.case)
    return found


def counts_for_lists(*, actor: Actor, today: date) -> dict[str, int]:
    """The figures beside the lists: mine, drafts, returned, waiting for approval, the whole centre."""
    own = own_cases(actor=actor)
    mine = own.filter(counsellor_id=actor.id)
    open_states = [state.value for state in OPEN]
    return {
        "mine": mine.filter(state__in=open_states).count(),
        "drafts": Draft.objects.filter(user_id=actor.id, case__merged_into=None).count() if actor.id else 0,
        "returned": mine.filter(state=State.RETURNED.value).count(),
        "waiting": mine.filter(state=State.WAITING_APPROVAL.value).count(),
        "centre": own.filter(state__in=open_states).count(),
        "today": open_tasks(actor=actor).filter(due_at__date__lte=today).count(),
    }


def code_label(list_name: str, code: str) -> str:
    return label(list_name, code)
