"""Reads of mediations: inside the centre only. The look-up for a business that calls shows nothing of any consumer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from caasis.accounts.selectors import names_of
from caasis.businesses.selectors import suggest
from caasis.businesses.services.curating import family_ids
from caasis.cases.code_lists import label
from caasis.cases.models import Case, Contract, Mediation, MediationOffer, MediationOnward, MediationStep
from caasis.cases.rules.mediation import (
    ONWARD_OVER,
    Direction,
    Means,
    Next,
    OfferState,
    OnwardState,
    Stage,
    Standing,
    Step,
    next_action,
    stages,
)
from caasis.cases.selectors import is_insider
from caasis.engines.identity import read_name
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.privacy.services import open_rows

#: How many rows a look-up during a call shows.
FOUND = 20


def own_mediations(*, actor: Actor) -> QuerySet[Mediation]:
    """Mediations of the actor's centre; nobody else sees any."""
    if actor.is_system:
        return Mediation.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Mediation.objects.none()
    return Mediation.objects.filter(centre_id=actor.centre_id)


def get_mediation(*, actor: Actor, mediation_id: UUID, case_id: UUID | None = None) -> Mediation:
    """One mediation, of this case where one is named.

    :raises NotFound: alike when it is absent, hidden, or of another case.
    """
    rows = own_mediations(actor=actor).filter(id=mediation_id)
    if case_id is not None:
        rows = rows.filter(case_id=case_id)
    found = rows.select_related("case", "business").first()
    if found is None:
        raise NotFound("このあっせんは見つかりません。相談から開き直してください。")
    return found


def mediations_of(case: Case, *, actor: Actor) -> list[Mediation]:
    """The mediations of a case, the oldest first. Outsiders get none."""
    return list(case.mediations.select_related("business")) if is_insider(case, actor) else []


@dataclass(frozen=True, slots=True)
class ShownStep:
    step: MediationStep
    kind: str
    means: str
    direction: str
    who: str
    words: str | None


@dataclass(frozen=True, slots=True)
class MediationFile:
    """A mediation as its page shows it. Texts are None while no purpose is stated."""

    mediation: Mediation
    steps: list[ShownStep]
    offers: list[tuple[MediationOffer, str | None]]
    onwards: list[tuple[MediationOnward, str | None]]
    standing: Standing
    stages: tuple[Stage, ...]
    next: Next
    handled_by: str
    opened: bool


def read_file(mediation: Mediation, *, actor: Actor, purpose: Purpose | None, today: date) -> MediationFile:
    """Log, offers and onward ways of a mediation that the actor may see; texts opened for the purpose, and logged."""
    steps = list(mediation.steps.all())
    offers = list(mediation.offers.all())
    onwards = list(mediation.onwards.all())
    standing = standing_of(mediation, steps, offers, onwards)
    names = names_of({one for one in (*(step.by for step in steps), mediation.handled_by) if one})
    words = _texts(mediation, steps, "words", actor, purpose)
    terms = _texts(mediation, offers, "terms", actor, purpose)
    more = _texts(mediation, onwards, "words", actor, purpose)
    return MediationFile(
        mediation=mediation,
        steps=[
            ShownStep(
                step,
                Step.words(step.kind),
                Means.words(step.means) if step.means else "",
                Direction.words(step.direction) if step.direction else "",
                names.get(step.by, "") if step.by else "",
                text,
            )
            for step, text in zip(steps, words, strict=True)
        ][::-1],
        offers=list(zip(offers, terms, strict=True)),
        onwards=list(zip(onwards, more, strict=True)),
        standing=standing,
        stages=stages(standing),
        next=next_action(standing, today=today),
        handled_by=names.get(mediation.handled_by, "") if mediation.handled_by else "",
        opened=purpose is not None,
    )


def _texts(
    mediation: Mediation, rows: Sequence[MediationStep | MediationOffer | MediationOnward], field: str, actor: Actor, purpose: Purpose | None
) -> Sequence[str | None]:
    if purpose is None:
        return [None] * len(rows)
    return open_rows(
        rows, field, key_id=mediation.case.record_key_id, object_id=mediation.id, actor=actor, purpose=purpose
    )


def standing_of(
    mediation: Mediation,
    steps: Sequence[MediationStep],
    offers: Sequence[MediationOffer],
    onwards: Sequence[MediationOnward],
) -> Standing:
    """What decides where the mediation stands; lines that were struck through don't count."""
    kept = [step for step in steps if step.undone_at is None]
    to_business = [
        step.at
        for step in kept
        if (step.kind == Step.CONTACT and step.direction == Direction.TO_BUSINESS) or step.kind == Step.LETTER
    ]
    answers = [step.at for step in kept if step.kind == Step.CONTACT and step.direction == Direction.FROM_BUSINESS]
    live = [offer for offer in offers if offer.state != OfferState.WITHDRAWN]
    return Standing(
        consent=mediation.consent_given_at is not None,
        contacted=bool(to_business or answers),
        answered=bool(answers) or any(offer.side == "business" for offer in live),
        offers=len(live),
        open_offers=sum(1 for offer in live if offer.state == OfferState.WAITING),
        accepted=any(offer.state == OfferState.ACCEPTED for offer in live),
        outcome=mediation.outcome,
        onward=len(onwards),
        onward_open=any(OnwardState(one.state) not in ONWARD_OVER for one in onwards),
        due_on=mediation.answer_due_on,
    )


# --- the list, and the look-up when a business calls --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """One open mediation as staff may say it aloud with the business on the line: no name, number or word of a consumer."""

    mediation_id: UUID
    case_id: UUID
    receipt_number: str
    business_name: str
    business_person: str
    product: str
    last_step: str
    last_step_at: datetime
    answer_due_on: date | None
    late: bool
    handled_by: str


def open_mediations(*, actor: Actor, today: date, limit: int = 200) -> list[Found]:
    """Open mediations of the actor's centre, those first whose answer is due first."""
    rows = own_mediations(actor=actor).filter(outcome="")
    return _found(list(rows.select_related("case").order_by("answer_due_on", "began_at")[:limit]), today=today)


def find_for_business(*, actor: Actor, phone: str = "", name: str = "", today: date) -> list[Found]:
    """Open mediations of the actor's centre with a business that calls, by its number or its name.

    Found by the number and name as they stand on the mediation, and by the confirmed business with all its aliases.
    """
    rows = own_mediations(actor=actor).filter(outcome="")
    number = normalise_phone(phone[:60]) or ""
    core = read_name(name.replace("\x00", "")[:160], guess_reading=False).core if name.strip() else ""
    if not number and not core:
        return []
    wanted = Q()
    if number:
        wanted |= Q(phone_key=number)
    if core:
        wanted |= Q(name_key__contains=core) if len(core) >= 2 else Q(name_key=core)
    known = suggest(actor=actor, phone=phone if number else "", name=name if core else "", limit=3, today=None)
    ids = [one for found in known for one in family_ids(found.business.id)]
    if ids:
        wanted |= Q(business_id__in=ids)
    return _found(list(rows.filter(wanted).select_related("case").order_by("-last_step_at")[:FOUND]), today=today)


def _found(rows: Sequence[Mediation], *, today: date) -> list[Found]:
    names = names_of({row.handled_by for row in rows if row.handled_by})
    products = dict(
        Contract.objects.filter(case_id__in={row.case_id for row in rows}, position=1).values_list("case_id", "product")
    )
    return [
        Found(
            mediation_id=row.id,
            case_id=row.case_id,
            receipt_number=row.case.receipt_number,
            business_name=row.business_name,
            business_person=row.business_person,
            product=label("product", products.get(row.case_id, "")),
            last_step=Step.words(row.last_step),
            last_step_at=row.last_step_at,
            answer_due_on=row.answer_due_on,
            late=row.answer_due_on is not None and row.answer_due_on < today,
            handled_by=names.get(row.handled_by, "") if row.handled_by else "",
        )
        for row in rows
    ]
