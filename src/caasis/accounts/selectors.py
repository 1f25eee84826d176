"""Reads: the actor behind a user, colleagues of a centre."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from caasis.accounts.models import EmergencyAccess, Membership, User
from caasis.accounts.rules import needs_second_factor
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.organisations.selectors import is_enabled

#: Every request asks this: written out, because the ORM takes longer to compose it than the server to answer.
_HELD = (
    "SELECT role, centre_id FROM accounts_membership WHERE user_id = %s AND (valid_to IS NULL OR valid_to >= %s)"
    " ORDER BY created_at"
)


def actor_of(user: User) -> Actor:
    """The actor for a user: roles of the memberships that hold today. All centre roles belong to one centre."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, (user.pk, day_in_japan(timezone.now())))
        rows: list[tuple[str, UUID | None]] = cursor.fetchall()
    centre_id = next((centre for _, centre in rows if centre), None)
    roles = frozenset(Role(role) for role, centre in rows if centre in (None, centre_id))
    return Actor(id=user.pk, centre_id=centre_id, roles=roles, name=str(user))


def staff_of(centre_id: UUID, *roles: Role) -> QuerySet[User]:
    """Active users of a centre, optionally with one of the roles."""
    today = day_in_japan(timezone.now())
    rows = Membership.objects.filter(centre_id=centre_id).filter(Q(valid_to=None) | Q(valid_to__gte=today))
    if roles:
        rows = rows.filter(role__in=[r.value for r in roles])
    return User.objects.filter(is_active=True, id__in=rows.values("user_id")).order_by("display_name")


def names_of(ids: set[UUID]) -> dict[UUID, str]:
    """Names of staff by id, for lists and timelines."""
    return {user.pk: str(user) for user in User.objects.filter(id__in=ids)}


def has_second_factor(user: User) -> bool:
    """Whether the user has set up an authenticator app or a passkey."""
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))


def must_set_up_second_factor(user: User, actor: Actor) -> bool:
    """Whether the user may do nothing before a second factor is set up.

    Demanded for the roles in `SECOND_FACTOR_ROLES`, in centres with the flag `second_factor`, and for single accounts.
    """
    demanded = needs_second_factor(
        actor.roles,
        demanded=getattr(settings, "SECOND_FACTOR_ROLES", ()),
        own=user.must_use_second_factor,
        centre_demands=actor.centre_id is not None and is_enabled("second_factor", actor.centre_id),
    )
    return demanded and not has_second_factor(user)


def holds_emergency_access(actor: Actor, centre_id: UUID | None, objects: Iterable[tuple[str, UUID]]) -> bool:
    """Whether the actor holds an emergency access, now, to one of the objects of a centre that the actor works for."""
    if actor.id is None or centre_id is None or not actor.works_for(centre_id):
        return False
    which = Q()
    for kind, object_id in objects:
        which |= Q(object_kind=kind, object_id=object_id)
    rows = EmergencyAccess.objects.filter(user_id=actor.id, centre_id=centre_id, expires_at__gt=timezone.now())
    return bool(which) and rows.filter(which).exists()


def emergency_accesses(*, actor: Actor, to_review: bool = True) -> QuerySet[EmergencyAccess]:
    """Openings in an emergency in the actor's centre, newest first: an official's list to review. Others see none."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id) or not actor.has(Role.OFFICIAL):
        return EmergencyAccess.objects.none()
    rows = EmergencyAccess.objects.filter(centre_id=actor.centre_id).select_related("user").order_by("-created_at")
    return rows.filter(reviewed_at=None) if to_review else rows
