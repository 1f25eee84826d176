"""Recordings that must be kept longer than others."""

from __future__ import annotations

from uuid import UUID

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction
from caasis.telephony.models import Recording


def set_legal_hold(*, actor: Actor, recording_id: UUID, on: bool) -> Recording:
    """Keep a recording beyond its day (a complaint, a dispute, an inquiry), or let it go again.

    :raises NotFound: another centre's, or absent. :raises NotAllowed: neither supervisor nor official.
    :raises WrongState: it is gone already.
    """
    with actor_transaction(actor):
        row = Recording.objects.select_for_update(of=("self",)).filter(id=recording_id).first()
        if row is None or not actor.works_for(row.centre_id):
            raise NotFound("この録音は見つかりません。一覧を開き直してください。")
        if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
            raise NotAllowed("録音の保全を決められるのは、主任とセンターの職員です。")
        if row.refused or row.removed_at is not None:
            raise WrongState("この録音は、もうありません。")
        if row.legal_hold != on:
            row.legal_hold = on
            row.save(update_fields=["legal_hold", "updated_at"])
            record_access(
                actor=actor,
                action="hold_recording" if on else "release_recording",
                object_kind="recording",
                object_id=row.id,
                centre_id=row.centre_id,
            )
        return row
