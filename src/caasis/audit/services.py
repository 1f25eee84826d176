"""Writing the access log."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from uuid import UUID

from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.kernel.actor import Actor
from caasis.platform.inserting import new_row

#: The reference number of the request that is being answered, so that a log line and an access row find each other.
current_reference: ContextVar[str] = ContextVar("current_reference", default="")


def access_row(
    *,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID | None,
    centre_id: UUID | None = None,
    fields: Iterable[str] = (),
    purpose: str = "",
    reason: str = "",
) -> AccessRecord:
    """The unsaved access row, for bulk writers."""
    return new_row(
        AccessRecord,
        at=timezone.now(),
        actor_id=actor.id,
        actor_roles=",".join(sorted(actor.roles)),
        centre_id=centre_id or actor.centre_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        fields=",".join(sorted(fields))[:300],
        purpose=purpose or (actor.purpose or ""),
        reason=reason,
        reference=current_reference.get(),
    )


def record_access(
    *,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID | None,
    centre_id: UUID | None = None,
    fields: Iterable[str] = (),
    purpose: str = "",
    reason: str = "",
) -> None:
    """Insert one access row, unchained, in the saving transaction; the sealer chains it within a second.

    A chain head inside the transaction would make every save of the nation wait for the one before.
    """
    access_row(
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        centre_id=centre_id,
        fields=fields,
        purpose=purpose,
        reason=reason,
    ).save(force_insert=True)
