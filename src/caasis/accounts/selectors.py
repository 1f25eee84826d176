"""Reads: the actor behind a user, colleagues of a centre."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from caasis.accounts.models import Membership, User
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan


def actor_of(user: User) -> Actor:
    """The actor for a user: roles of the memberships that hold today. All centre roles belong to one centre."""
    today = day_in_japan(timezone.now())
    rows = list(
        Membership.objects.filter(user=user).filter(Q(valid_to=None) | Q(valid_to__gte=today)).order_by("created_at")
    )
    centre_id = next((row.centre_id for row in rows if row.centre_id), None)
    roles = frozenset(Role(row.role) for row in rows if row.centre_id in (None, centre_id))
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
