"""Permission, locks and the history shared by the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from caasis.audit.services import record_access
from caasis.businesses.models import Business, BusinessChange
from caasis.businesses.vocabulary import Change
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed, NotFound

#: Who names the business of a case.
WORKERS = frozenset({Role.COUNSELLOR, Role.SUPERVISOR})
#: Who says that two businesses are one, or one two: it changes what every centre sees.
CURATORS = frozenset({Role.SUPERVISOR, Role.OFFICIAL, Role.NCAC})
#: Who may have a business watched.
FLAGGERS = frozenset({Role.OFFICIAL, Role.NCAC})
MISSING = "この事業者は見つかりません。一覧から選び直してください。"


def require(actor: Actor, roles: frozenset[Role]) -> None:
    """:raises NotAllowed: the actor holds none of the roles."""
    if not actor.is_system and not actor.has_any(roles):
        raise NotAllowed


def locked(ids: Iterable[UUID]) -> dict[UUID, Business]:
    """The businesses, locked in the order of their ids, so that two merges never wait for each other in a ring.

    :raises NotFound: one of them is absent.
    """
    wanted = set(ids)
    rows = {row.id: row for row in Business.objects.select_for_update(of=("self",)).filter(id__in=wanted).order_by("id")}
    if len(rows) != len(wanted):
        raise NotFound(MISSING)
    return rows


def root_of(business_id: UUID) -> UUID:
    """The business that speaks for this one: itself, or the one that it was merged into, however often.

    :raises NotFound: absent.
    """
    seen: set[UUID] = set()
    current = business_id
    while current not in seen:
        seen.add(current)
        row = Business.objects.filter(id=current).values_list("merged_into_id", flat=True)[:1]
        found = list(row)
        if not found:
            raise NotFound(MISSING)
        if found[0] is None:
            return current
        current = found[0]
    raise RuntimeError("businesses are merged in a ring")


def note_change(
    kind: Change,
    business: Business,
    *,
    actor: Actor,
    other: Business | None = None,
    subject_id: UUID | None = None,
    alias_ids: Iterable[UUID] = (),
    reason: str = "",
) -> BusinessChange:
    """Write a line of the history and a line of the access log."""
    change = BusinessChange(
        kind=kind.value,
        business=business,
        other=other,
        subject_id=subject_id,
        alias_ids=[str(one) for one in alias_ids],
        reason=reason[:200],
        actor_id=actor.id,
        centre_id=actor.centre_id,
        at=timezone.now(),
    )
    change.save(force_insert=True)
    log(business, f"business_{kind.value}", actor=actor, reason=reason)
    return change


def log(business: Business, action: str, *, actor: Actor, reason: str = "") -> None:
    record_access(actor=actor, action=action, object_kind="business", object_id=business.id, reason=reason)
