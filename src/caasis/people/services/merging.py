"""Two rows are one human: said with a reason, kept as two rows, taken back at any time.

Nothing moves. Whoever reads a person reads the family of rows (`selectors.family_ids`): cases, contact points and consents
follow when a merge is made and come back when it is taken back.
"""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.people.events import PeopleMerged
from caasis.people.models import Person, PersonMerge
from caasis.people.selectors import get_person, root_id
from caasis.people.services.guards import MISSING, locked_person, log, one_at_a_time, require_worker
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

LONGEST_REASON = 200


def merge_people(*, actor: Actor, keep_id: UUID, other_id: UUID, reason: str) -> PersonMerge:
    """The two are one human from now on; `keep` speaks for both.

    Either may stand in a family already: then the families become one.

    :raises Invalid: no reason. :raises NotFound: one is of another centre, or absent.
    :raises WrongState: they are one already, or one is erased.
    """
    words = reason.strip()
    if not 2 <= len(words) <= LONGEST_REASON:
        raise Invalid(fields={"reason": [f"同じ人とした理由を、{LONGEST_REASON}字までで書いてください。"]})
    with actor_transaction(actor):
        # Before any row is locked: two merges at once wait for each other here and nowhere else.
        one_at_a_time(get_person(actor=actor, person_id=keep_id).centre_id)
        keep = locked_person(actor=actor, person_id=root_id(keep_id))
        given = locked_person(actor=actor, person_id=other_id)
        if given.centre_id != keep.centre_id:
            raise NotFound(MISSING)
        other = locked_person(actor=actor, person_id=root_id(other_id))
        if keep.pk == other.pk:
            raise WrongState("この2人は、もう同じ人になっています。")
        other.merged_into = keep
        other.version += 1
        other.save(update_fields=["merged_into", "version", "updated_at"])
        merge = PersonMerge(keep=keep, other=other, centre_id=keep.centre_id, actor_id=actor.id, at=timezone.now())
        set_sealed(merge, reason=words)
        merge.save(force_insert=True)
        for person in (keep, other):
            log(person, "merge_people", actor=actor)
        publish(PeopleMerged(subject=keep.pk, centre_id=keep.centre_id, other=other.pk), actor=actor)
        return merge


def unmerge_people(*, actor: Actor, merge_id: UUID) -> PersonMerge:
    """They are two after all. Also after one was erased: what was forgotten stays forgotten, the rows part.

    :raises NotFound: of another centre, or absent. :raises WrongState: taken back already.
    """
    with actor_transaction(actor):
        merge = PersonMerge.objects.filter(id=merge_id).first()
        if merge is None or not (actor.is_system or actor.works_for(merge.centre_id)):
            raise NotFound(MISSING)
        require_worker(actor)
        one_at_a_time(merge.centre_id)
        merge.refresh_from_db()
        if merge.undone_at is not None:
            raise WrongState("このまとめは、もう取り消されています。")
        other = Person.objects.select_for_update(of=("self",)).get(id=merge.other_id)
        other.merged_into = None
        other.version += 1
        other.save(update_fields=["merged_into", "version", "updated_at"])
        merge.undone_at, merge.undone_by = timezone.now(), actor.id
        merge.save(update_fields=["undone_at", "undone_by", "updated_at"])
        for person in (merge.keep, other):
            log(person, "unmerge_people", actor=actor)
        publish(
            PeopleMerged(subject=merge.keep_id, centre_id=merge.centre_id, other=other.pk, taken_back=True), actor=actor
        )
        return merge
