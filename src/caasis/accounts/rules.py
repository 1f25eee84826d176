"""Decisions about accounts, on plain values."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from caasis.kernel.actor import CENTRE_ROLES, Actor, Role

#: Roles that are given to nobody: they stand for the public and for the system itself.
NOT_GIVEN = frozenset({Role.CONSUMER, Role.SYSTEM})


def role_fits(role: Role, centre_id: UUID | None) -> bool:
    """Whether a role is one of a centre (and one is named), or national (and none is)."""
    if role in NOT_GIVEN:
        return False
    return (role in CENTRE_ROLES) == (centre_id is not None)


def may_manage_role(actor: Actor, *, user_id: UUID, role: Role, centre_id: UUID | None) -> bool:
    """An administrator gives every role; an official those of the own centre, but never to themselves."""
    if actor.is_system or actor.has(Role.ADMIN):
        return True
    if user_id == actor.id:
        return False
    return actor.has(Role.OFFICIAL) and role in CENTRE_ROLES and actor.works_for(centre_id)


def may_manage_accounts(actor: Actor) -> bool:
    """Passwords, sessions and locks of other people are the administrator's."""
    return actor.is_system or actor.has(Role.ADMIN)


def needs_second_factor(roles: Collection[Role], *, demanded: Collection[str], own: bool, centre_demands: bool) -> bool:
    """Whether a member of staff must use a second factor: by role, by the centre's setting, or by their own account's.

    :param demanded: names of roles for which the installation demands it.
    """
    return own or centre_demands or any(role.value in demanded for role in roles)
