"""A name that was heard belongs to a business: confirmed by a person, taken back as easily."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from caasis.businesses.events import BusinessConfirmed
from caasis.businesses.models import Business, BusinessAlias, BusinessChange
from caasis.businesses.services.guards import WORKERS, locked, log, note_change, require, root_of
from caasis.businesses.services.keys import write_keys
from caasis.businesses.vocabulary import AliasKind, Change, Source
from caasis.engines.identity import parse_corporate_number, read_name, web_key
from caasis.engines.japanese import normalise_phone, normalise_text
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.outbox.publish import publish

LONGEST_NAME = 160


def create_business(
    *, actor: Actor, name: str, kana: str = "", corporate_number: str = "", address: str = "", is_demo: bool = False
) -> Business:
    """A business that the register doesn't know (a sole trader, a site abroad), from what a consumer says.

    :raises Invalid: no name, or a corporate number that can't be one or that another business has.
    """
    require(actor, WORKERS)
    shown = normalise_text(name)
    errors: dict[str, list[str]] = {}
    if not read_name(shown, guess_reading=False).core:
        errors["business_name"] = ["事業者の名前を入れてください。"]
    elif len(shown) > LONGEST_NAME:
        errors["business_name"] = [f"事業者の名前は{LONGEST_NAME}字までです。短くしてください。"]
    number = ""
    if corporate_number.strip():
        number = parse_corporate_number(corporate_number) or ""
        if not number:
            errors["corporate_number"] = ["法人番号を確かめてください。13桁の数字です。"]
        elif Business.objects.filter(corporate_number=number).exists():
            errors["corporate_number"] = ["この法人番号の事業者は、もうあります。選び直してください。"]
    if errors:
        raise Invalid(fields=errors)
    with transaction.atomic():
        business = Business(
            name=shown,
            normalised_name=read_name(shown, guess_reading=False).core[:LONGEST_NAME],
            kana=normalise_text(kana)[:200],
            corporate_number=number,
            address=normalise_text(address)[:240],
            source=(Source.DEMO if is_demo else Source.CASE).value,
            is_demo=is_demo,
        )
        business.save(force_insert=True)
        write_keys([business.id])
        note_change(Change.CREATED, business, actor=actor)
    return business


def confirm_business(
    *, actor: Actor, business_id: UUID, name: str = "", phone: str = "", url: str = "", subject_id: UUID | None = None
) -> BusinessChange:
    """What was heard (name, phone, URL) is this business: kept as its aliases, and counted.

    `subject_id` is what it was confirmed on. A phone or address that can't be read is left where it was heard.

    :raises NotFound: absent. :raises NotAllowed: not somebody who works on cases.
    """
    require(actor, WORKERS)
    with transaction.atomic():
        business = locked([root_of(business_id)]).popitem()[1]
        if business.merged_into_id is not None:
            raise WrongState
        kept = [
            _keep(business, kind, value, normalised)
            for kind, value, normalised in _heard(name=name, phone=phone, url=url)
        ]
        Business.objects.filter(id=business.id).update(confirmed_count=F("confirmed_count") + 1, updated_at=timezone.now())
        write_keys([business.id])
        change = note_change(Change.CONFIRMED, business, actor=actor, subject_id=subject_id, alias_ids=[a.id for a in kept])
        publish(BusinessConfirmed(subject=business.id), actor=actor)
    return change


def _heard(*, name: str, phone: str, url: str) -> list[tuple[AliasKind, str, str]]:
    found: list[tuple[AliasKind, str, str]] = []
    shown = normalise_text(name)[:LONGEST_NAME]
    core = read_name(shown, guess_reading=False).core if shown else ""
    if core:
        found.append((AliasKind.NAME, shown, core))
    number = normalise_phone(phone) if phone.strip() else None
    if number:
        found.append((AliasKind.PHONE, normalise_text(phone)[:200], number))
    address = web_key(url) if url.strip() else None
    if address:
        found.append((AliasKind.URL, normalise_text(url)[:200], address))
    return found


def _keep(business: Business, kind: AliasKind, value: str, normalised: str) -> BusinessAlias:
    """The alias, counted once more; made or brought back where it isn't there."""
    alias, made = BusinessAlias.objects.get_or_create(
        business=business, kind=kind.value, normalised=normalised[:200], defaults={"value": value}
    )
    if not made:
        alias.times = 1 if alias.removed_at is not None else alias.times + 1
        alias.removed_at = None
        alias.save(update_fields=["times", "removed_at", "updated_at"])
    return alias


def take_back_confirmation(*, actor: Actor, change_id: UUID) -> BusinessChange:
    """It was not this business after all: aliases that rest on nothing else go, the history stays.

    Whether the actor may do so on the case is for the room above to say, which knows it.

    :raises WrongState: already taken back.
    """
    require(actor, WORKERS)
    with transaction.atomic():
        change = BusinessChange.objects.select_for_update(of=("self",)).filter(id=change_id, kind=Change.CONFIRMED.value).first()
        if change is None:
            raise NotFound
        if change.undone_at is not None:
            raise WrongState("もう取り消されています。画面を開き直してください。")
        now = timezone.now()
        touched = {change.business_id}
        for alias in BusinessAlias.objects.select_for_update().filter(id__in=change.alias_ids):
            # A split may have moved it; it is taken back where it is.
            touched.add(alias.business_id)
            alias.times = max(0, alias.times - 1)
            alias.removed_at = now if alias.times == 0 and alias.source == Source.CASE.value else alias.removed_at
            alias.save(update_fields=["times", "removed_at", "updated_at"])
        business = locked([change.business_id])[change.business_id]
        Business.objects.filter(id=business.id, confirmed_count__gt=0).update(confirmed_count=F("confirmed_count") - 1)
        change.undone_at, change.undone_by = now, actor.id
        change.save(update_fields=["undone_at", "undone_by", "updated_at"])
        write_keys(touched)
        log(business, "business_confirmation_taken_back", actor=actor)
        publish(BusinessConfirmed(subject=business.id, taken_back=True), actor=actor)
    return change


def confirmation_of(subject_id: UUID) -> BusinessChange | None:
    """The confirmation that stands for what it was made on, if any."""
    return (
        BusinessChange.objects.filter(subject_id=subject_id, kind=Change.CONFIRMED.value, undone_at=None)
        .select_related("business")
        .first()
    )
