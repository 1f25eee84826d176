"""Drafts: what one person has typed and not saved yet."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from caasis.cases.models import Draft
from caasis.cases.selectors import get_case, is_insider
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import seal

#: A draft is a card as JSON; more than this is no card.
MAX_DRAFT_BYTES = 1_000_000


def save_draft(*, actor: Actor, case_id: UUID, base_version: int, body: str, sequence: int) -> Draft:
    """Keep the user's typing. A late request (lower sequence) changes nothing; nobody else's draft is touched.

    :raises Invalid: the text is too long to be a card.
    """
    if len(body.encode()) > MAX_DRAFT_BYTES:
        raise Invalid("下書きが長すぎます。概要を短くしてください。")
    with actor_transaction(actor):
        case = get_case(actor=actor, case_id=case_id)
        if not is_insider(case, actor) or actor.id is None:
            raise NotFound
        at = timezone.now()
        draft = Draft.objects.select_for_update().filter(case=case, user_id=actor.id).first()
        if draft is None:
            draft = Draft(case=case, user_id=actor.id, centre_id=case.handling_centre_id, base_version=base_version, saved_at=at)
            fresh = True
        else:
            fresh = False
            if sequence <= draft.sequence:
                return draft
        draft.case = case
        draft.body = seal(draft, "body", body, key=record_key_bytes(case.record_key_id))
        draft.base_version = base_version
        draft.sequence = sequence
        draft.saved_at = at
        if fresh:
            # Two tabs of one user may start a draft at once: the unique key decides, the later text wins.
            with transaction.atomic():
                created, made = Draft.objects.get_or_create(
                    case=case,
                    user_id=actor.id,
                    defaults={"id": draft.id, "centre_id": draft.centre_id, "base_version": base_version, "body": draft.body, "sequence": sequence, "saved_at": at},
                )
            return created if made else save_draft(
                actor=actor, case_id=case_id, base_version=base_version, body=body, sequence=sequence
            )
        draft.save(update_fields=["body", "base_version", "sequence", "saved_at", "updated_at"])
        return draft


def discard_draft(*, actor: Actor, case_id: UUID) -> bool:
    """Throw one's own draft away. True when there was one."""
    if actor.id is None:
        return False
    with actor_transaction(actor):
        count, _ = Draft.objects.filter(case_id=case_id, user_id=actor.id).delete()
        return bool(count)
