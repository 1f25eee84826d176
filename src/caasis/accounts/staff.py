"""Reads for the administrator: who has an account, with which roles, where logged in, and who is locked out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from caasis.accounts.models import Membership, User
from caasis.accounts.rules import may_manage_accounts
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that holds today; `centre_name` is empty for a national role."""

    role: Role
    centre_id: UUID | None
    centre_name: str


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """One account as the administrator sees it."""

    user: User
    roles: tuple[HeldRole, ...]
    sessions: int
    locked: bool
    #: Until when a handed-out password waits for its login.
    one_time_until: datetime | None


#: Which accounts a list shows: of one centre (its id), those with a national role, or those without any.
NATIONAL = "national"
NOBODY = "none"


def staff_accounts(
    *, actor: Actor, where: UUID | str | None = None, words: str = "", start: int = 0, size: int = 50
) -> tuple[list[StaffAccount], int]:
    """A page of accounts by name, and how many there are in all.

    :param where: a centre's id, `NATIONAL`, `NOBODY`, or None for all.
    :raises NotAllowed: unless an administrator.
    """
    if not may_manage_accounts(actor):
        raise NotAllowed
    held = _held_today()
    users = User.objects.filter(is_active=True)
    if isinstance(where, UUID):
        users = users.filter(id__in=held.filter(centre_id=where).values("user_id"))
    elif where == NATIONAL:
        users = users.filter(id__in=held.filter(centre=None).values("user_id"))
    elif where == NOBODY:
        users = users.exclude(id__in=held.values("user_id"))
    for word in words.split()[:5]:
        users = users.filter(Q(display_name__icontains=word) | Q(username__icontains=word))
    total = users.count()
    return _with_parts(users.order_by("display_name", "username")[start : start + size]), total


def staff_account(*, actor: Actor, user_id: UUID) -> StaffAccount:
    """One account.

    :raises NotAllowed: unless an administrator. :raises NotFound.
    """
    if not may_manage_accounts(actor):
        raise NotAllowed
    found = _with_parts(User.objects.filter(id=user_id))
    if not found:
        raise NotFound("この利用者は見つかりません。一覧を開き直してください。")
    return found[0]


def members_by_centre(*, actor: Actor) -> Counter[UUID]:
    """How many people hold a role today, by centre.

    :raises NotAllowed: unless an administrator.
    """
    if not may_manage_accounts(actor):
        raise NotAllowed
    pairs = _held_today().exclude(centre=None).filter(user__is_active=True).values_list("centre_id", "user_id").distinct()
    return Counter(centre_id for centre_id, _ in pairs if centre_id is not None)


def _held_today() -> QuerySet[Membership]:
    today = day_in_japan(timezone.now())
    return Membership.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today))


def _with_parts(users: Iterable[User]) -> list[StaffAccount]:
    """The accounts with roles, sessions and locks: four queries, however many there are."""
    rows = list(users)
    ids = [user.pk for user in rows]
    roles: dict[UUID, list[HeldRole]] = defaultdict(list)
    for row in _held_today().filter(user_id__in=ids).select_related("centre").order_by("created_at"):
        name = row.centre.name if row.centre else ""
        roles[row.user_id].append(HeldRole(Role(row.role), row.centre_id, name))
    now = timezone.now()
    live = Session.objects.filter(expire_date__gt=now).values("session_key")
    owners = UserSession.objects.filter(user_id__in=ids, session_key__in=live).values_list("user_id", flat=True)
    sessions = Counter(owners)
    locked = set(
        AccessAttempt.objects.filter(
            username__in=[user.username for user in rows],
            failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
            attempt_time__gt=now - timedelta(hours=settings.AXES_COOLOFF_TIME),
        ).values_list("username", flat=True)
    )
    return [
        StaffAccount(
            user=user,
            roles=tuple(roles[user.pk]),
            sessions=sessions[user.pk],
            locked=user.username in locked,
            one_time_until=user.one_time_password_until,
        )
        for user in rows
    ]
