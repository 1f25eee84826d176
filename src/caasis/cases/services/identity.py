"""「氏名と住所を確かめました」, and saying that the consumer of a case is a person who is known."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from caasis.cases.models import Case, IdentityCheck
from caasis.cases.people_record import same_number
from caasis.cases.selectors import consumer_of
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.people.models import Person, PersonMerge
from caasis.people.selectors import root_id, same_name
from caasis.people.services import merge_people, unmerge_people
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import read_sealed

#: What the merge of a link says. It names nobody.
LINK_REASON = "電話で氏名と住所を確かめ、同じ人と分かったため"


def confirm_identity(*, actor: Actor, case_id: UUID, person_id: UUID, heard: bool) -> IdentityCheck:
    """Somebody asked name and address and says that the consumer is that person: from now on the past is shown.

    Only somebody who shares a number or mail address with this consumer can be confirmed, and only where the names agree:
    so a son who calls from his mother's telephone never sees her past.

    :raises Invalid: not asked, name or address are missing on the card, or the names differ.
    :raises NotFound: another centre's case or person, or a person with another number.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        own, known = _both(case, actor, person_id)
        if not heard:
            raise Invalid(fields={"heard": ["氏名と住所を本人から聞いて、印を付けてください。"]})
        values = read_sealed(own, "name", "kana", "address")
        if not (values["name"] or values["kana"]) or not values["address"]:
            raise Invalid("先に、相談者の氏名と住所を聞いて、カードに保存してください。")
        alike = same_name(own, known)
        if alike is None:
            raise Invalid("記録に氏名がないため、確かめられません。別の人として扱います。")
        if not alike:
            raise Invalid("記録の氏名と違います。同じ番号の、別の人かもしれません。")
        check, fresh = IdentityCheck.objects.get_or_create(
            case=case,
            person=known,
            withdrawn_at=None,
            defaults={"centre_id": case.handling_centre_id, "confirmed_by": actor.id, "confirmed_at": timezone.now()},
        )
        if fresh:
            _note(case, Entry.IDENTITY_CONFIRMED, actor=actor, person=known.pk)
            log(case, "confirm_identity", actor=actor, fields=("consumer_name", "consumer_address"))
        return check


def withdraw_identity(*, actor: Actor, case_id: UUID, person_id: UUID) -> None:
    """It was somebody else after all: the past is hidden again. Doing it twice changes nothing."""
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        rows = IdentityCheck.objects.filter(case=case, person_id=person_id, withdrawn_at=None)
        if rows.update(withdrawn_at=timezone.now(), updated_at=timezone.now()):
            _note(case, Entry.IDENTITY_WITHDRAWN, actor=actor, person=person_id)
            log(case, "withdraw_identity", actor=actor)


def link_person(*, actor: Actor, case_id: UUID, person_id: UUID) -> PersonMerge:
    """The consumer of this case is the known person: both rows are kept and read as one.

    :raises WrongState: name and address were not confirmed on this case, or they are one already.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if not IdentityCheck.objects.filter(case=case, person_id=person_id, withdrawn_at=None).exists():
            raise WrongState("先に、氏名と住所を確かめてください。")
        consumer = consumer_of(case)
        if consumer is None or consumer.person_id is None:
            raise WrongState("先に、相談者の氏名をカードに保存してください。")
        merge = merge_people(actor=actor, keep_id=person_id, other_id=consumer.person_id, reason=LINK_REASON)
        _note(case, Entry.PERSON_LINKED, actor=actor, person=person_id)
        log(case, "link_person", actor=actor)
        return merge


def unlink_person(*, actor: Actor, case_id: UUID) -> PersonMerge:
    """Take the link of this case's consumer back.

    :raises WrongState: the consumer is linked to nobody.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        consumer = consumer_of(case)
        merge = (
            PersonMerge.objects.filter(other_id=consumer.person_id, undone_at=None).first()
            if consumer is not None and consumer.person_id
            else None
        )
        if merge is None:
            raise WrongState("この相談者は、ほかの人と結び付いていません。")
        log(case, "unlink_person", actor=actor)
        return unmerge_people(actor=actor, merge_id=merge.id)


def _both(case: Case, actor: Actor, person_id: UUID) -> tuple[Person, Person]:
    consumer = consumer_of(case)
    if consumer is None or consumer.person is None:
        raise Invalid("先に、相談者の氏名と住所を聞いて、カードに保存してください。")
    own = consumer.person
    points = {point.kind: point for point in own.contact_points.all()}
    card = {f"consumer_{kind}": read_sealed(point, "value")["value"] for kind, point in points.items()}
    found = same_number(actor=actor, case=case, card=card)
    known = Person.objects.filter(id=root_id(person_id)).first()
    if found is None or known is None or known.pk not in found.persons:
        raise NotFound("この人は見つかりません。画面を開き直してください。")
    return own, known


def _note(case: Case, kind: Entry, *, actor: Actor, person: UUID) -> None:
    entry(case, kind, actor=actor, at=timezone.now(), person=str(person)).save(force_insert=True)
