"""Saving the card: optimistic lock, merging of what does not overlap, history and timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.cases.events import CardSaved
from caasis.cases.models import Case, CaseBusiness, Contract, Draft, Harm, Party
from caasis.cases.parts import nearest_of_all
from caasis.cases.rules.card import SEALED_NAMES, changed_fields
from caasis.cases.rules.deadlines import DEADLINE_FIELDS
from caasis.cases.rules.fields import (
    BUSINESS_NAMES,
    CASE_NAMES,
    CONSUMER_NAMES,
    CONTRACT_NAMES,
    HARM_NAMES,
    LAW_NAMES,
    OTHER_NAMES,
)
from caasis.cases.rules.merge import Merge, merge_changes
from caasis.cases.selectors import consumer_of, contract_party_of, fields_changed_since, read_card
from caasis.cases.services.alerting import watch_card
from caasis.cases.services.clocks import retarget_clocks
from caasis.cases.services.counterparties import forget_confirmation
from caasis.cases.services.guards import free_position, locked_case, log
from caasis.cases.services.opening import clean_or_raise
from caasis.cases.services.rows import PERSON_NAMES, entry, law_facts
from caasis.cases.vocabulary import CARD_LINES, EDITABLE, Entry, PartyRole, State
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import VersionConflict, WrongState
from caasis.people.selectors import open_person
from caasis.people.services import build_person, save_person, update_person
from caasis.platform.lawfiles import current_law
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What a save did: the new version, the fields it changed, and those of others that were merged in."""

    case: Case
    fields: tuple[str, ...] = ()
    merged: tuple[str, ...] = field(default=())


def save_card(
    *, actor: Actor, case_id: UUID, version: int, changes: Mapping[str, Any], strict: bool = False
) -> SaveResult:
    """Save changed fields of the card that was opened at `version`.

    Others' saves since then are merged where they don't overlap.

    :raises Invalid: a field can't be taken; nothing is saved.
    :raises VersionConflict: both changed the same field; `details` holds `overlaps` {field: (mine, theirs)}, `merged`
        (fields that would merge), `version` and `by` (who saved last).
    """
    values = clean_or_raise(changes, strict=strict)
    at = timezone.now()
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if State(case.state) not in EDITABLE:
            raise WrongState(
                f"「{State(case.state).label}」の相談は書き換えられません。再開するか、差し戻してもらってください。"
            )
        current = read_card(case)
        opened: dict[str, str] = {}
        if SEALED_NAMES & values.keys():
            opened = _personal_now(case, actor)
            current |= opened
        merge = Merge({k: v for k, v in values.items() if current.get(k) != v}, {})
        theirs: frozenset[str] = frozenset()
        if version != case.version:
            theirs = fields_changed_since(case, version)
            merge = merge_changes(mine=values, current=current, changed_since=theirs)
        if not merge.clean:
            last = case.entries.filter(kind__in=CARD_LINES).order_by("-at").first()
            raise VersionConflict(
                current=current,
                overlaps=merge.overlaps,
                merged=sorted(merge.apply),
                version=case.version,
                by=last.actor_id if last else None,
                at=last.at if last else None,
            )
        changed = changed_fields(current, merge.apply)
        if changed:
            apply_card(case, {name: merge.apply[name] for name in changed}, before=current, actor=actor, at=at)
            watch_card(case, current | merge.apply, actor=actor)
        if actor.id is not None:
            Draft.objects.filter(case=case, user_id=actor.id).delete()
        return SaveResult(case, tuple(changed), tuple(sorted(theirs - set(changed))))


def _personal_now(case: Case, actor: Actor) -> dict[str, str]:
    consumer = consumer_of(case)
    if consumer is None or consumer.person is None:
        return dict.fromkeys(PERSON_NAMES, "")
    values = open_person(consumer.person, actor=actor, purpose=Purpose.OWN_CASE)
    return {name: values.get(attr, "") for name, attr in PERSON_NAMES.items()}


def apply_card(
    case: Case, changes: dict[str, Any], *, before: Mapping[str, Any], actor: Actor, at: datetime
) -> None:
    """Write changed values of a card into the case's rows; `before` is the card as it stood. The caller has checked."""
    if not set(DEADLINE_FIELDS).isdisjoint(changes):
        # Lists and queues sort by this day, so it follows the card.
        case.deadline_on = nearest_of_all(case, dict(before) | changes, law=current_law(), today=day_in_japan(at))
    write_fields(case, changes, actor=actor)
    case.version += 1
    case.touched_at = at
    if case.state == State.RECEIVED and case.counsellor_id:
        case.state = State.ADVISING.value
    case.save()
    if "injury" in changes or "money_moving" in changes:
        retarget_clocks(case, at=at)
    names = tuple(sorted(changes))
    entry(case, Entry.CARD_SAVED, actor=actor, at=at, version=case.version, fields=names).save(force_insert=True)
    log(case, "save_card", actor=actor, fields=names)
    publish(
        CardSaved(subject=case.id, centre_id=case.handling_centre_id, version=case.version, fields=names), actor=actor
    )


def write_fields(case: Case, changes: dict[str, Any], *, actor: Actor) -> None:
    """Write typed values of the card into the case and its parts. The parts are saved; the caller saves the case."""
    for name in CASE_NAMES:
        if name in changes:
            setattr(case, name, changes[name])
    _apply_parties(case, changes)
    _apply_contract(case, changes)
    _apply_business(case, changes, actor=actor)
    _apply_harm(case, changes)


def _apply_parties(case: Case, changes: dict[str, Any]) -> None:
    consumer = consumer_of(case)
    if consumer is None:
        consumer = Party(case=case, position=1, roles=[PartyRole.CONSUMER.value])
        consumer.save(force_insert=True)
    personal = {PERSON_NAMES[name]: changes[name] for name in PERSON_NAMES if name in changes}
    if personal:
        if consumer.person is None:
            consumer.person = save_person(build_person(centre_id=case.owning_centre_id, values=personal))
        else:
            update_person(consumer.person, personal)
    for name, attr in CONSUMER_NAMES.items():
        if name in changes:
            setattr(consumer, attr, changes[name])
    for name in ("prefecture_code", "municipality_code"):
        if name in changes:
            setattr(consumer, name, changes[name] or "")
            setattr(case, name, changes[name] or "")
    role = PartyRole.CONTRACT_PARTY.value
    other = contract_party_of(case)
    if other is not None and other.pk == consumer.pk:
        other = None
    if "contract_party_is_consumer" in changes:
        same = changes["contract_party_is_consumer"]
        consumer.roles = [r for r in consumer.roles if r != role] + ([role] if same else [])
        if same is not False and other is not None:
            # Taken out, not thrown away: a name that was given can be put back.
            other.removed_at = timezone.now()
            other.save(update_fields=["removed_at", "updated_at"])
            other = None
        if same is False and other is None:
            other = Party(case=case, position=free_position(case, Party), roles=[role])
    elif other is None and any(changes.get(name) for name in OTHER_NAMES):
        # Somebody describes another contract party: then the consumer is not the one.
        consumer.roles = [r for r in consumer.roles if r != role]
        other = Party(case=case, position=free_position(case, Party), roles=[role])
    if other is not None:
        for name, attr in OTHER_NAMES.items():
            if name in changes:
                setattr(other, attr, changes[name])
        other.save()
    consumer.save()
    case.__dict__.get("_prefetched_objects_cache", {}).pop("parties", None)


def _apply_contract(case: Case, changes: dict[str, Any]) -> None:
    if not any(name in changes for name in (*CONTRACT_NAMES, *LAW_NAMES)):
        return
    contract = case.contracts.order_by("position").first() or Contract(case=case, position=free_position(case, Contract))
    for name in CONTRACT_NAMES:
        if name in changes:
            setattr(contract, name, changes[name])
    contract.law_facts = law_facts(contract.law_facts, changes)
    contract.save()


def _apply_business(case: Case, changes: dict[str, Any], *, actor: Actor) -> None:
    if not any(name in changes for name in BUSINESS_NAMES):
        return
    business = case.businesses.order_by("position").first() or CaseBusiness(
        case=case, position=free_position(case, CaseBusiness)
    )
    for name, attr in BUSINESS_NAMES.items():
        if name in changes:
            setattr(business, attr, changes[name] or "")
    if "business_name" in changes:
        # Another name is another business until a person confirms it again.
        forget_confirmation(business, actor=actor)
    business.save()


def _apply_harm(case: Case, changes: dict[str, Any]) -> None:
    if not any(name in changes for name in HARM_NAMES):
        return
    harm = case.harms.order_by("created_at").first() or Harm(case=case)
    for name, attr in HARM_NAMES.items():
        if name in changes:
            setattr(harm, attr, changes[name])
    harm.save()
