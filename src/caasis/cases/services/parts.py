"""Adding, changing, removing, restoring and moving the parts of a record. Each makes a version of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.cases.events import CardSaved
from caasis.cases.models import Case, CaseBusiness, Party
from caasis.cases.parts import MODELS, Row, nearest_of_all, open_part, read_part, rows_of
from caasis.cases.rules.card import changed_fields
from caasis.cases.rules.fields import CONSUMER_NAMES, OTHER_NAMES
from caasis.cases.rules.merge import Merge, merge_changes
from caasis.cases.rules.parts import (
    BY_PART,
    MOST,
    PERSON_FIELDS,
    PartKind,
    clean_part,
    role_problem,
    says_nothing,
)
from caasis.cases.selectors import consumer_of, contract_party_of, read_card
from caasis.cases.services.counterparties import forget_confirmation
from caasis.cases.services.guards import free_position, locked_case, log
from caasis.cases.services.opening import is_code
from caasis.cases.services.rows import entry, fill_row
from caasis.cases.vocabulary import CARD_LINES, EDITABLE, Entry, PartyRole, State
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, VersionConflict, WrongState
from caasis.people.services import build_person, save_person, update_person
from caasis.platform.geography import look_up_postcode
from caasis.platform.lawfiles import current_law
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

GONE = "この項目は、ほかの職員が取り除きました。一覧から選び直してください。"
#: A position that no part has for long: two rows swap through it.
_ASIDE = 32_000


def clean_part_or_raise(kind: PartKind, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values of a part.

    :raises Invalid: with a sentence for each field; names that are no field are refused too.
    """
    values, errors = clean_part(kind, raw, today=day_in_japan(timezone.now()), is_code=is_code)
    errors |= {name: ["この項目はありません。名前を確かめてください。"] for name in raw if name not in BY_PART[kind]}
    if errors:
        raise Invalid(fields=errors)
    if kind is PartKind.PARTY and values.get("person_postcode") and not values.get("prefecture_code"):
        place = look_up_postcode(values["person_postcode"])
        if place is not None:
            values |= {"prefecture_code": place.prefecture_code, "municipality_code": place.municipality_code}
    return values


def add_part(*, actor: Actor, case_id: UUID, kind: PartKind, values: Mapping[str, Any], part_id: UUID | None = None) -> Row:
    """Add a contract, a party, a business or a harm. `part_id` comes with the form: sending it twice adds it once.

    :raises Invalid: a field can't be taken, nothing was typed, or there are too many.
    :raises WrongState: the card can't be changed now.
    """
    given = clean_part_or_raise(kind, values)
    with actor_transaction(actor):
        case = _editable(actor, case_id)
        model: Any = MODELS[kind]
        if part_id is not None:
            known = model.everything.filter(id=part_id).first()
            if known is not None:
                if known.case_id != case.id:
                    raise NotFound
                return known  # type: ignore[no-any-return]
        if says_nothing(kind, given) and not (kind is PartKind.PARTY and given.get("roles")):
            raise Invalid(f"{kind.label}の内容を、1つ以上入れてください。")
        if len(rows_of(case, kind)) >= MOST:
            raise Invalid(f"{kind.label}は{MOST}件までです。使わないものを取り除いてください。")
        before = read_card(case)
        row = model(case=case, **({"id": part_id} if part_id else {}))
        if kind is not PartKind.HARM:
            row.position = free_position(case, model)
        if kind is PartKind.PARTY:
            _check_roles(case, row, given)
        _write(case, kind, row, given)
        _done(case, Entry.PART_ADDED, kind, row, actor=actor, before=before, names=sorted(n for n, v in given.items() if v))
        return row  # type: ignore[no-any-return]


def save_part(
    *, actor: Actor, case_id: UUID, kind: PartKind, part_id: UUID, version: int, changes: Mapping[str, Any]
) -> tuple[Case, Row, tuple[str, ...]]:
    """Save changed fields of one part that was opened at `version` of the case. Returns the names that changed.

    What others changed since then is merged where it doesn't overlap.

    :raises Invalid: a field can't be taken. :raises WrongState: the part was removed, or the card can't be changed now.
    :raises VersionConflict: both changed the same field; as `save_card` raises it.
    """
    given = clean_part_or_raise(kind, changes)
    with actor_transaction(actor):
        case = _editable(actor, case_id)
        row = _standing(case, kind, part_id)
        current = read_part(kind, row)
        if PERSON_FIELDS.keys() & given.keys():
            current |= open_part(case, row, actor=actor, purpose=Purpose.OWN_CASE)
        if version == case.version:
            merge = Merge({name: value for name, value in given.items() if current.get(name) != value}, {})
        else:
            merge = merge_changes(mine=given, current=current, changed_since=_changed_since(case, kind, row, version))
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
        names = tuple(sorted(merge.apply))
        if not names:
            return case, row, ()
        if kind is PartKind.PARTY:
            _check_roles(case, row, merge.apply)  # type: ignore[arg-type]
        if isinstance(row, CaseBusiness) and "business_name" in merge.apply:
            # Another name is another business until a person confirms it again.
            forget_confirmation(row, actor=actor)
        before = read_card(case)
        _write(case, kind, row, merge.apply)
        _done(case, Entry.PART_CHANGED, kind, row, actor=actor, before=before, names=names)
        return case, row, names


def remove_part(
    *, actor: Actor, case_id: UUID, kind: PartKind, part_id: UUID, version: int | None = None
) -> Row:
    """Take a part out. It stays in its table and can be put back.

    `version` is the one at which it was read; without it, whatever stands is taken out, as a person sees it on the list.

    :raises WrongState: gone already, changed since `version`, the consumer, or the card can't be changed now.
    """
    with actor_transaction(actor):
        case = _editable(actor, case_id)
        row = _standing(case, kind, part_id)
        if isinstance(row, Party) and PartyRole.CONSUMER in row.roles:
            raise WrongState("相談者は取り除けません。氏名などは、カードで空にできます。")
        if version is not None and version != case.version and _changed_since(case, kind, row, version):
            raise WrongState("ほかの職員が先に直しました。開き直して確かめてください。")
        before = read_card(case)
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at", "updated_at"])
        _done(case, Entry.PART_REMOVED, kind, row, actor=actor, before=before)
        return row


def restore_part(*, actor: Actor, case_id: UUID, kind: PartKind, part_id: UUID) -> Row:
    """Put back what was taken out; a second time changes nothing. A role that somebody else has meanwhile stays his.

    :raises NotFound: no such part of this case. :raises WrongState: the card can't be changed now.
    """
    with actor_transaction(actor):
        case = _editable(actor, case_id)
        model: Any = MODELS[kind]
        row: Row | None = model.everything.filter(case=case, id=part_id).first()
        if row is None:
            raise NotFound
        if row.removed_at is None:
            return row
        before = read_card(case)
        if isinstance(row, Party):
            held = {role for party in case.parties.all() for role in party.roles}
            single = {PartyRole.CONSUMER.value, PartyRole.CONTRACT_PARTY.value}
            row.roles = [role for role in row.roles if role not in held & single]
        row.removed_at = None
        row.save()
        _done(case, Entry.PART_RESTORED, kind, row, actor=actor, before=before)
        return row


def move_part_up(*, actor: Actor, case_id: UUID, kind: PartKind, part_id: UUID) -> Row:
    """Change places with the one before. The first contract and the first business are those of the card.

    :raises WrongState: it is the first already, or the card can't be changed now.
    """
    with actor_transaction(actor):
        case = _editable(actor, case_id)
        row = _standing(case, kind, part_id)
        rows = rows_of(case, kind)
        place = next(index for index, one in enumerate(rows) if one.pk == row.pk)
        if place == 0 or kind is PartKind.HARM:
            raise WrongState("これより上には動かせません。")
        before = read_card(case)
        model: Any = MODELS[kind]
        above: Any = rows[place - 1]
        mine: Any = row
        high, low = above.position, mine.position
        for one, position in ((row.pk, _ASIDE), (above.pk, low), (row.pk, high)):
            model.objects.filter(id=one).update(position=position, updated_at=timezone.now())
        mine.position = high
        _done(case, Entry.PART_MOVED, kind, row, actor=actor, before=before)
        return row


# --- shared -----------------------------------------------------------------------------------------------------------


def _editable(actor: Actor, case_id: UUID) -> Case:
    case = locked_case(actor=actor, case_id=case_id)
    if State(case.state) not in EDITABLE:
        raise WrongState(f"「{State(case.state).label}」の相談は書き換えられません。再開するか、差し戻してもらってください。")
    return case


def _standing(case: Case, kind: PartKind, part_id: UUID) -> Row:
    model: Any = MODELS[kind]
    row: Row | None = model.everything.filter(case=case, id=part_id).first()
    if row is None:
        raise NotFound("この項目は見つかりません。一覧から選び直してください。")
    if row.removed_at is not None:
        raise WrongState(GONE)
    return row


def _check_roles(case: Case, row: Party, values: Mapping[str, Any]) -> None:
    roles = values.get("roles", row.roles)
    others = [role for party in case.parties.all() if party.pk != row.pk for role in party.roles]
    problem = role_problem(roles, others)
    if not problem and PartyRole.CONSUMER in row.roles and PartyRole.CONSUMER not in roles:
        problem = "相談者の役割は外せません。ほかの役割は足せます。"
    if problem:
        raise Invalid(fields={"roles": [problem]})


def _write(case: Case, kind: PartKind, row: Row, values: Mapping[str, Any]) -> None:
    fill_row(kind, row, values)
    if isinstance(row, Party):
        personal = {attr: values[name] for name, attr in PERSON_FIELDS.items() if name in values}
        if row.person is not None and personal:
            update_person(row.person, personal)
        elif any(personal.values()):
            row.person = save_person(build_person(centre_id=case.owning_centre_id, values=personal))
        if PartyRole.CONSUMER in row.roles:
            # The case counts where its consumer lives.
            case.prefecture_code, case.municipality_code = row.prefecture_code, row.municipality_code
    row.save()


def _changed_since(case: Case, kind: PartKind, row: Row, version: int) -> frozenset[str]:
    """Fields of this part that others changed after `version`, on its own form or on the card."""
    to_part: dict[str, str] = {}
    if kind is PartKind.PARTY:
        consumer, other = consumer_of(case), contract_party_of(case)
        if consumer is not None and consumer.pk == row.pk:
            to_part = CONSUMER_NAMES
        elif other is not None and other.pk == row.pk:
            to_part = OTHER_NAMES
    elif rows_of(case, kind)[0].pk == row.pk:
        to_part = {name: name for name in BY_PART[kind]}
    changed: set[str] = set()
    for data in case.entries.filter(kind__in=CARD_LINES).values_list("data", flat=True):
        if data.get("version", 0) <= version:
            continue
        if data.get("part") == str(row.pk):
            changed.update(data.get("names", []))
        changed.update(to_part[name] for name in data.get("fields", []) if name in to_part)
    return frozenset(changed)


def _done(
    case: Case,
    what: Entry,
    kind: PartKind,
    row: Row,
    *,
    actor: Actor,
    before: Mapping[str, Any],
    names: tuple[str, ...] | list[str] = (),
) -> None:
    """The new version with its line, its log and its event. What of it stands on the card is told as the card's."""
    at = timezone.now()
    case.__dict__.pop("_prefetched_objects_cache", None)
    card = read_card(case)
    fields = tuple(changed_fields(before, card))
    case.deadline_on = nearest_of_all(case, card, law=current_law(), today=day_in_japan(at))
    case.version += 1
    case.touched_at = at
    if case.state == State.RECEIVED and case.counsellor_id:
        case.state = State.ADVISING.value
    case.save()
    _note(case, what, kind, row, actor=actor, at=at, fields=fields, names=names)


def _note(
    case: Case,
    what: Entry,
    kind: PartKind,
    row: Row,
    *,
    actor: Actor,
    at: datetime,
    fields: tuple[str, ...],
    names: tuple[str, ...] | list[str],
) -> None:
    line = entry(
        case,
        what,
        actor=actor,
        at=at,
        version=case.version,
        fields=fields,
        part_kind=kind.value,
        part=str(row.pk),
        names=list(names),
    )
    line.save(force_insert=True)
    log(case, what.value, actor=actor, fields=tuple(names))
    publish(
        CardSaved(subject=case.id, centre_id=case.handling_centre_id, version=case.version, fields=fields), actor=actor
    )


