"""Reads of what two centres share: the referrals of a centre, the shared case without personal data, whom to choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from caasis.cases.models import Case, Referral, ReferralMessage
from caasis.cases.rules.referring import PASSABLE, RUNNING, ReferralKind, ReferralState
from caasis.cases.selectors import consumer_of, read_card, with_parts
from caasis.channels.services.placing import national_centre
from caasis.engines.masking import find_personal
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotFound
from caasis.organisations.models import Centre, Jurisdiction, Partnership
from caasis.organisations.selectors import centres
from caasis.people.models import Person
from caasis.people.selectors import open_person
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.masking import masked_projection
from caasis.privacy.services import read_sealed

_RUNNING = [state.value for state in RUNNING]
#: Fields whose words may hold what a person said: masked before another centre reads them.
_TEXTS = ("title", "summary", "handling")


def referrals_of(*, actor: Actor) -> QuerySet[Referral]:
    """Referrals that the actor's centre sent or received."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Referral.objects.none()
    return Referral.objects.filter(Q(from_centre_id=actor.centre_id) | Q(to_centre_id=actor.centre_id))


def _centre(actor: Actor) -> UUID:
    """The actor's centre; an id that no centre has for whoever works for none."""
    return actor.centre_id or UUID(int=0)


def inbox(*, actor: Actor) -> QuerySet[Referral]:
    """What other centres sent and what still runs, the longest waiting first: unanswered before answered."""
    rows = referrals_of(actor=actor).filter(to_centre_id=_centre(actor), state__in=_RUNNING)
    return rows.order_by("-state", "sent_at")


def outbox(*, actor: Actor) -> QuerySet[Referral]:
    """What this centre sent and what still runs, the newest first."""
    return referrals_of(actor=actor).filter(from_centre_id=_centre(actor), state__in=_RUNNING).order_by("-sent_at")


def closed(*, actor: Actor) -> QuerySet[Referral]:
    """What is over, the newest first."""
    return referrals_of(actor=actor).exclude(state__in=_RUNNING).order_by("-sent_at")


def get_referral(*, actor: Actor, referral_id: UUID, for_update: bool = False) -> Referral:
    """One referral of the actor's centre.

    :raises NotFound: alike when it is absent and when it is another centre's.
    """
    rows = referrals_of(actor=actor)
    if for_update:
        rows = rows.select_for_update(of=("self",))
    referral = rows.filter(id=referral_id).first()
    if referral is None:
        raise NotFound("この連絡は見つかりません。一覧を開き直してください。")
    return referral


def referrals_of_case(case: Case, *, actor: Actor) -> list[Referral]:
    """What a case was referred for, the newest first, and where it came from. Outsiders get none."""
    rows = referrals_of(actor=actor).filter(Q(case=case) | Q(continued_as=case))
    return list(rows.order_by("-sent_at"))


@dataclass(frozen=True, slots=True)
class SharedCase:
    """A case as the other centre reads it: the open card, its texts masked. Nothing here is personal data."""

    receipt_number: str
    state: str
    received_at: object
    next_contact_at: object
    card: dict[str, object]


def shared_case(referral: Referral, *, actor: Actor) -> SharedCase | None:
    """The case behind a referral for the receiving centre, while the sharing runs; None before and after.

    The card is read with the consumer's names known, so that a name that slipped into a text is masked.
    """
    if not actor.works_for(referral.to_centre_id) or referral.state not in RUNNING:
        return None
    # Through the actor's own wall: the row comes only while the share runs.
    running = Case.objects.filter(
        shares__referral=referral, shares__centre_id=referral.to_centre_id, shares__ended_at=None
    ).first()
    if running is None:
        return None
    with system_transaction():
        case = with_parts(Case.objects.filter(id=running.id)).get()
        known = known_names(case)
    card = dict(read_card(case))
    allowed = [str(value) for value in (card.get("business_name"), card.get("business_phone")) if value]
    for name in _TEXTS:
        card[name] = masked_projection(str(card.get(name) or ""), known, allowed=allowed)
    return SharedCase(case.receipt_number, case.state, case.received_at, case.next_contact_at, card)


def known_names(case: Case) -> list[str]:
    """Name and kana of the consumer, to look for in texts; never for a screen. Runs in a scope that sees the person."""
    consumer = consumer_of(case)
    if consumer is None or consumer.person is None:
        return []
    try:
        return [value for value in read_sealed(consumer.person, "name", "kana").values() if len(value) >= 2]
    except Forgotten:
        return []


def personal_kinds_in(text: str, known: Iterable[str]) -> bool:
    """Whether a text for another centre holds what looks like a consumer's personal data."""
    return bool(find_personal(text, list(known)))


def filled_fields(case: Case) -> tuple[str, ...]:
    """Which of the passable fields hold something: their names only, nothing is opened."""
    consumer = consumer_of(case)
    person: Person | None = consumer.person if consumer else None
    if person is None or person.erased_at is not None:
        return ()
    points = {point.kind for point in person.contact_points.all() if point.value}
    return tuple(name for name in PASSABLE if name in points or (name not in ("phone", "mail") and getattr(person, name)))


def open_passed(referral: Referral, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """What was passed on of the person, opened by the receiving centre for a purpose and logged there.

    :raises NotFound: nothing was passed on, or the sharing is over.
    """
    if not actor.works_for(referral.to_centre_id) or referral.person is None or referral.state not in RUNNING:
        raise NotFound
    values = open_person(referral.person, actor=actor, purpose=purpose)
    return {name: values.get(name, "") for name in PASSABLE if name in referral.passed}


def said(referral: Referral) -> list[ReferralMessage]:
    """Answers and work of both centres, the oldest first; for a referral that the actor got."""
    return list(referral.messages.all())


def moved_to(contact_id: UUID) -> Centre | None:
    """The centre to which the case of a consumer's contact was handed over, so that the consumer knows whom to ask."""
    with system_transaction():
        row = (
            Referral.objects.filter(case__contact_links__contact_id=contact_id, state=ReferralState.MOVED.value)
            .order_by("-sent_at")
            .first()
        )
        return Centre.objects.filter(id=row.to_centre_id).first() if row else None


# --- whom to choose ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """A group of centres in the order in which they are offered."""

    label: str
    centres: tuple[Centre, ...]


def choices_for(case: Case, *, actor: Actor) -> list[Choice]:
    """Whom to refer to: partners, who answers for the consumer's place, the national back-up, then everybody else."""
    today = day_in_japan(timezone.now())
    partners = Partnership.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        centre_id=_centre(actor),
        valid_from__lte=today,
        partner__closed_on=None,
    ).select_related("partner")
    groups = [("連携しているセンター", [row.partner for row in partners.order_by("partner__code")])]
    groups.append(("相談者の住まいを受け持つセンター", responsible_for(case)))
    national = national_centre()
    groups.append(("国のバックアップ", [national] if national else []))
    groups.append(("ほかのセンター", list(centres().order_by("prefecture_code", "code"))))
    seen: set[UUID] = {actor.centre_id} if actor.centre_id else set()
    found = []
    for words, rows in groups:
        fresh = []
        for centre in rows:
            if centre.id not in seen:
                seen.add(centre.id)
                fresh.append(centre)
        if fresh:
            found.append(Choice(words, tuple(fresh)))
    return found


def responsible_for(case: Case) -> list[Centre]:
    """Centres that answer for the consumer's municipality, then for the prefecture."""
    if not case.prefecture_code:
        return []
    rows = Jurisdiction.objects.filter(centre__closed_on=None).select_related("centre")
    place = Q(municipality_code="", prefecture_code=case.prefecture_code)
    if case.municipality_code:
        place |= Q(municipality_code=case.municipality_code)
    found: list[Centre] = []
    for row in rows.filter(place).order_by("-municipality_code", "rank"):
        if row.centre not in found:
            found.append(row.centre)
    return found


def is_back_up(centre_id: UUID | None) -> bool:
    """Whether a centre answers for whoever can't name a place: the national back-up, marked by its jurisdiction."""
    return (
        centre_id is not None
        and Jurisdiction.objects.filter(centre_id=centre_id, municipality_code="", prefecture_code="").exists()
    )


__all__ = [
    "Choice",
    "ReferralKind",
    "SharedCase",
    "choices_for",
    "closed",
    "filled_fields",
    "get_referral",
    "inbox",
    "is_back_up",
    "known_names",
    "moved_to",
    "open_passed",
    "outbox",
    "personal_kinds_in",
    "referrals_of",
    "referrals_of_case",
    "responsible_for",
    "said",
    "shared_case",
]
