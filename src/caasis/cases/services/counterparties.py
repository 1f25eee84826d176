"""相手方事業者: the name that was heard becomes a business when a person says so, and can be taken back."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.utils import timezone

from caasis.businesses import services as businesses
from caasis.businesses.models import Business, BusinessAlias, BusinessChange
from caasis.businesses.vocabulary import AliasKind
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import Case, CaseBusiness, CaseEntry
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import EDITABLE, Entry, State
from caasis.engines.identity import read_name, web_key
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.outbox.publish import publish


def confirm_business(
    *, actor: Actor, case_id: UUID, business_id: UUID | None, part_id: UUID | None = None
) -> CaseBusiness:
    """The trader of this case is that business; with None a new business, named as it was heard.

    `part_id` names a further business of the case; without it the first is meant, which stands on the card.

    What was heard is kept among the business's aliases. A confirmation that stood before is taken back first.

    :raises Invalid: the case names no trader. :raises WrongState: the card can't be changed now.
    """
    with transaction.atomic():
        case, row = _open_row(actor, case_id, part_id)
        if not (row.name_as_heard or row.phone or row.url):
            raise Invalid(fields={"business_name": ["先に、相手方事業者の名前を入れてください。"]})
        forget_confirmation(row, actor=actor)
        if business_id is None:
            business_id = businesses.create_business(actor=actor, name=row.name_as_heard, is_demo=case.is_demo).id
        change = businesses.confirm_business(
            actor=actor, business_id=business_id, name=row.name_as_heard, phone=row.phone, url=row.url, subject_id=row.id
        )
        row.business = change.business
        row.save(update_fields=["business", "updated_at"])
        _note(case, Entry.BUSINESS_CONFIRMED, actor=actor, business=change.business_id)
        log(case, "confirm_business", actor=actor, fields=("business_name",))
    return row


def release_business(*, actor: Actor, case_id: UUID, part_id: UUID | None = None) -> CaseBusiness:
    """It is not that business after all, or nobody knows: the name as heard stays.

    :raises WrongState: nothing is confirmed, or the card can't be changed now.
    """
    with transaction.atomic():
        case, row = _open_row(actor, case_id, part_id)
        before = row.business_id
        if before is None:
            raise WrongState("事業者はまだ確認されていません。画面を開き直してください。")
        forget_confirmation(row, actor=actor)
        row.save(update_fields=["business", "updated_at"])
        _note(case, Entry.BUSINESS_RELEASED, actor=actor, business=before)
        log(case, "release_business", actor=actor, fields=("business_name",))
    return row


def forget_confirmation(row: CaseBusiness, *, actor: Actor) -> None:
    """Take the confirmation of this row back; the caller saves the row."""
    if row.business_id is None:
        return
    # Before a case could have several businesses, a confirmation was made on the case itself.
    change = businesses.confirmation_of(row.pk) or businesses.confirmation_of(row.case_id)
    if change is not None:
        businesses.take_back_confirmation(actor=actor, change_id=change.id)
    row.business = None


def split_business(
    *, actor: Actor, business_id: UUID, alias_ids: Collection[UUID], name: str, reason: str
) -> tuple[BusinessChange, int]:
    """Some aliases belong to another business: a new one takes them, and the cases that named it so. Also tells how many.

    A case follows its telephone number or address first, then its name. Taking the split back is
    `businesses.services.undo_change`: the new business is then read as the old one again, with its cases.

    :raises Invalid: no name, no reason or no alias chosen. :raises WrongState: changed meanwhile.
    """
    with transaction.atomic():
        family = businesses.family_ids(business_id)
        change = businesses.split_business(
            actor=actor, business_id=business_id, alias_ids=alias_ids, name=name, reason=reason
        )
        new = change.other
        assert new is not None
        moved = _Known.of([new.id])
        staying = _Known.of(family)
        rows = [
            row
            for row in CaseBusiness.objects.filter(business_id__in=family).only("id", "case_id", "name_as_heard", "phone", "url")
            if moved.claims(row, against=staying)
        ]
        CaseBusiness.objects.filter(id__in=[row.id for row in rows]).update(business=new, updated_at=timezone.now())
        at = timezone.now()
        CaseEntry.objects.bulk_create(
            [
                entry(
                    Case(id=row.case_id), Entry.BUSINESS_MOVED, actor=actor, at=at,
                    before=str(business_id), business=str(new.id), change=str(change.id),
                )
                for row in rows
            ],
            batch_size=1_000,
        )  # fmt: skip
    return change, len(rows)


def count_confirmations(business_ids: Collection[UUID]) -> None:
    """Count again how often each business stands on a case, after a bulk writer named them without the verbs."""
    counted = (
        CaseBusiness.objects.filter(business_id=OuterRef("id")).order_by().values("business_id").values(n=Count("id"))
    )
    rows = Business.objects.filter(id__in=list(business_ids)).filter(Exists(CaseBusiness.objects.filter(business_id=OuterRef("id"))))
    ids = list(rows.values_list("id", flat=True))
    Business.objects.filter(id__in=ids).update(confirmed_count=Subquery(counted))
    businesses.write_keys(ids)


class _Known:
    """Names, numbers and addresses of businesses in the form in which they are compared."""

    def __init__(self, names: set[str], phones: set[str], webs: set[str]) -> None:
        self.names, self.phones, self.webs = names, phones, webs

    @classmethod
    def of(cls, ids: Collection[UUID]) -> _Known:
        by_kind: dict[str, set[str]] = {kind.value: set() for kind in AliasKind}
        for kind, value in BusinessAlias.objects.filter(business_id__in=ids, removed_at=None).values_list("kind", "value"):
            by_kind[kind].add(_form(kind, value))
        names = Business.objects.filter(id__in=ids).values_list("name", flat=True)
        by_kind[AliasKind.NAME.value].update(_form(AliasKind.NAME.value, name) for name in names)
        return cls(by_kind[AliasKind.NAME.value], by_kind[AliasKind.PHONE.value], by_kind[AliasKind.URL.value])

    def claims(self, row: CaseBusiness, *, against: _Known) -> bool:
        phone = _form(AliasKind.PHONE.value, row.phone) if row.phone else ""
        web = _form(AliasKind.URL.value, row.url) if row.url else ""
        if phone in self.phones or web in self.webs:
            return True
        if phone in against.phones or web in against.webs:
            return False
        name = _form(AliasKind.NAME.value, row.name_as_heard)
        return bool(name) and name in self.names and name not in against.names


def _form(kind: str, value: str) -> str:
    match kind:
        case AliasKind.PHONE.value:
            return normalise_phone(value) or value
        case AliasKind.URL.value:
            return web_key(value) or value
        case _:
            return read_name(value, guess_reading=False).core


def _open_row(actor: Actor, case_id: UUID, part_id: UUID | None = None) -> tuple[Case, CaseBusiness]:
    case = locked_case(actor=actor, case_id=case_id)
    if State(case.state) not in EDITABLE:
        raise WrongState(f"「{State(case.state).label}」の相談の事業者は変えられません。")
    rows = case.businesses.order_by("position")
    row = rows.filter(id=part_id).first() if part_id is not None else rows.first()
    if row is None and part_id is not None:
        raise NotFound
    if row is None:
        raise Invalid(fields={"business_name": ["先に、相手方事業者の名前を入れてください。"]})
    return case, row


def _note(case: Case, kind: Entry, *, actor: Actor, business: UUID) -> None:
    entry(case, kind, actor=actor, at=timezone.now(), business=str(business)).save(force_insert=True)
    publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind=kind.value), actor=actor)
