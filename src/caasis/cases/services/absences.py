"""An approver's absence, and who decides meanwhile (代決)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.audit.services import record_access
from caasis.cases.approval_record import APPROVERS, possible_deputies, today
from caasis.cases.models import ApproverAbsence
from caasis.cases.rules.approval import absence_errors
from caasis.engines.masking import find_personal
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import actor_transaction

LONGEST_NOTE = 60


def enter_approver_absence(
    *,
    actor: Actor,
    user_id: UUID,
    first: date | None,
    last: date | None,
    deputy_id: UUID | None = None,
    note: str = "",
) -> ApproverAbsence:
    """An approver of the actor's centre is away from `first` to `last` (both included); `deputy_id` decides meanwhile.

    Only where nobody else works there is it taken without a deputy: then the requests wait.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless an approver of the centre.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id) or not actor.has(*APPROVERS):
        raise NotAllowed("不在を入力できるのは、職員と主任です。")
    errors: dict[str, list[str]] = {}
    if not staff_of(actor.centre_id, *APPROVERS).filter(id=user_id).exists():
        errors["user"] = ["不在になる決裁者を選んでください。"]
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        errors["note"] = [f"メモは{LONGEST_NOTE}字までです。短くしてください。"]
    elif find_personal(note, known=[], allowed=[]):
        errors["note"] = ["メモに電話番号などは書かないでください。"]
    with actor_transaction(actor):
        known = list(
            ApproverAbsence.objects.select_for_update()
            .filter(centre_id=actor.centre_id, user_id=user_id, ended_at=None)
            .values_list("first", "last")
        )
        errors |= absence_errors(
            first=first,
            last=last,
            today=today(),
            user_id=user_id,
            deputy_id=deputy_id,
            possible={one for one, _ in possible_deputies(actor.centre_id, user_id=user_id)},
            others=known,
        )
        if errors or first is None or last is None:
            raise Invalid(fields=errors)
        row = ApproverAbsence.objects.create(
            centre_id=actor.centre_id,
            user_id=user_id,
            deputy_id=deputy_id,
            first=first,
            last=last,
            note=note,
            entered_by=actor.id,
        )
        _log(row, "enter_approver_absence", actor=actor)
        return row


def end_approver_absence(*, actor: Actor, absence_id: UUID) -> ApproverAbsence:
    """The absence holds no longer: entered by mistake, or the person is back.

    :raises NotFound: absent, ended or another centre's. :raises NotAllowed: unless an approver of the centre.
    """
    with actor_transaction(actor):
        row = ApproverAbsence.objects.select_for_update().filter(id=absence_id, ended_at=None).first()
        if row is None or not actor.works_for(row.centre_id):
            raise NotFound
        if not actor.has(*APPROVERS):
            raise NotAllowed("不在を取り消せるのは、職員と主任です。")
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at", "updated_at"])
        _log(row, "end_approver_absence", actor=actor)
        return row


def _log(row: ApproverAbsence, action: str, *, actor: Actor) -> None:
    record_access(
        actor=actor, action=action, object_kind="absence", object_id=row.id, centre_id=row.centre_id, fields=("deputy",)
    )
