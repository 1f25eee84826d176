"""Writing accounts: users, roles, sessions, and openings in an emergency."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.accounts.events import (
    EmergencyAccessOpened,
    EmergencyAccessReviewed,
    OneTimePasswordIssued,
    RolesChanged,
    SessionsEnded,
    UserCreated,
    UserUnlocked,
)
from caasis.accounts.models import EmergencyAccess, Membership, User
from caasis.accounts.rules import may_manage_accounts, may_manage_role, role_fits
from caasis.audit.services import record_access
from caasis.engines.masking import find_personal, mask
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

EMERGENCY_MINUTES = 60
SHORTEST_REASON = 10
LONGEST_REASON = 500

USERNAME_TAKEN = "この利用者名は使われています。別の名前にしてください。"
USERNAME_SHAPE = "利用者名は、半角の英数字と @ . + - _ で入力してください。"
#: How long a password that an administrator hands out waits for its one login.
ONE_TIME_PASSWORD = timedelta(hours=72)
#: No 0/o, 1/i/l: it is read out or copied from paper. Sixteen of them are 79 bits.
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"

WRONG_ROLE = "この役割は、そこでは使えません。役割とセンターを確かめてください。"


def create_user(*, actor: Actor, username: str, display_name: str, password: str | None = None) -> User:
    """Make an account for a member of staff, without any role yet. Without a password only a passkey can be used.

    :raises Invalid: with sentences for username, display_name and password. :raises NotAllowed: unless the actor is an
        administrator or an official of a centre.
    """
    if not (actor.is_system or actor.has(Role.ADMIN, Role.OFFICIAL)):
        raise NotAllowed("利用者を作れるのは、システム管理者とセンター職員です。")
    user = User(username=username.strip(), display_name=display_name.strip())
    errors = _errors_of(user, password)
    if errors:
        raise Invalid(fields=errors)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    with actor_transaction(actor):
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:
            raise Invalid(fields={"username": [USERNAME_TAKEN]}) from None
        record_access(actor=actor, action="create_user", object_kind="user", object_id=user.pk)
        publish(UserCreated(subject=user.pk, centre_id=actor.centre_id), actor=actor)
    return user


def _errors_of(user: User, password: str | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not user.display_name:
        errors["display_name"] = ["氏名を入力してください。"]
    elif len(user.display_name) > 60:
        errors["display_name"] = ["氏名は60字までです。短くしてください。"]
    try:
        User._meta.get_field("username").clean(user.username, user)
    except ValidationError:
        errors["username"] = [USERNAME_SHAPE if user.username else "利用者名を入力してください。"]
    if User.objects.filter(username=user.username).exists():
        errors["username"] = [USERNAME_TAKEN]
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            errors["password"] = list(error.messages)
    return errors


def grant_role(*, actor: Actor, user_id: UUID, role: Role, centre_id: UUID | None = None) -> Membership:
    """Give a user a role, in a centre or nationally. A role that ended begins again.

    :raises Invalid: the role doesn't fit there. :raises NotAllowed: the actor may not give it. :raises NotFound.
    """
    if not role_fits(role, centre_id):
        raise Invalid(WRONG_ROLE)
    with actor_transaction(actor):
        user = _managed_user(actor, user_id, role, centre_id)
        row, made = Membership.objects.select_for_update().get_or_create(
            user=user, centre_id=centre_id, role=role.value  # type: ignore[misc]
        )
        if not made and row.valid_to is None:
            return row
        row.valid_to = None
        row.save(update_fields=["valid_to", "updated_at"])
        _tell_roles(actor, "grant_role", user, role, centre_id)
        return row


def end_role(*, actor: Actor, user_id: UUID, role: Role, centre_id: UUID | None = None) -> None:
    """Take a role away, from now on. The row stays, so that it can be seen who held what.

    :raises NotFound: when the user doesn't hold it. :raises WrongState: an administrator's own role of administrator.
    """
    with actor_transaction(actor):
        user = _managed_user(actor, user_id, role, centre_id)
        if role is Role.ADMIN and user.pk == actor.id:
            # Nobody can lock the last administrator out by a slip.
            raise WrongState("自分のシステム管理者の役割は、ほかの管理者に頼んで終えてください。")
        row = Membership.objects.select_for_update().filter(user=user, centre_id=centre_id, role=role.value).first()  # type: ignore[misc]
        today = day_in_japan(timezone.now())
        if row is None or (row.valid_to is not None and row.valid_to < today):
            raise NotFound
        row.valid_to = today - timedelta(days=1)
        row.save(update_fields=["valid_to", "updated_at"])
        _tell_roles(actor, "end_role", user, role, centre_id)


def _managed_user(actor: Actor, user_id: UUID, role: Role, centre_id: UUID | None) -> User:
    if not may_manage_role(actor, user_id=user_id, role=role, centre_id=centre_id):
        raise NotAllowed("この役割を変えられるのは、システム管理者と、そのセンターの職員です。")
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFound
    return user


def _tell_roles(actor: Actor, action: str, user: User, role: Role, centre_id: UUID | None) -> None:
    record_access(
        actor=actor, action=action, object_kind="user", object_id=user.pk, centre_id=centre_id, fields=[role.value]
    )
    publish(RolesChanged(subject=user.pk, centre_id=centre_id, role=role.value), actor=actor)


def end_oldest_sessions(*, actor: Actor, user: User, keep: int, current_key: str) -> int:
    """End a user's oldest sessions until `keep` are left, the current one among them. Returns how many were ended."""
    with actor_transaction(actor):
        # The current session isn't asked whether it lives: at a login it isn't saved yet, and would be taken for dead.
        rows = UserSession.objects.filter(user=user).exclude(session_key=current_key).order_by("-created_at")
        others = [row for row in rows if not row.purge()]
        ended = others[max(0, keep - 1) :]
        for session in ended:
            session.end()
        if ended:
            record_access(actor=actor, action="end_sessions", object_kind="user", object_id=user.pk)
            publish(SessionsEnded(subject=user.pk, centre_id=actor.centre_id, count=len(ended)), actor=actor)
        return len(ended)


def open_account(
    *, actor: Actor, username: str, display_name: str, role: Role, centre_id: UUID | None = None
) -> tuple[User, str]:
    """Make an account with one role and a one-time password, which is returned once and stored only as its digest.

    :raises Invalid: with sentences for username, display_name and role. :raises NotAllowed: unless an administrator.
    """
    _require_manager(actor)
    if not role_fits(role, centre_id):
        raise Invalid(fields={"role": [WRONG_ROLE]})
    with actor_transaction(actor):
        user = create_user(actor=actor, username=username, display_name=display_name)
        grant_role(actor=actor, user_id=user.pk, role=role, centre_id=centre_id)
        return user, issue_one_time_password(actor=actor, user_id=user.pk)


def issue_one_time_password(*, actor: Actor, user_id: UUID) -> str:
    """Replace a user's password by one that serves for one login within `ONE_TIME_PASSWORD`. The user's sessions end.

    At that login the password is used up and the person chooses one (`use_one_time_password`).

    :raises NotAllowed: unless an administrator; for oneself there is 「パスワードの変更」. :raises NotFound.
    """
    _require_manager(actor)
    if user_id == actor.id:
        raise NotAllowed("自分のパスワードは「ログインの設定」で変えてください。")
    password = "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
    with actor_transaction(actor):
        user = _locked_user(user_id)
        user.set_password(password)
        user.one_time_password_until = timezone.now() + ONE_TIME_PASSWORD
        user.save(update_fields=["password", "one_time_password_until"])
        record_access(actor=actor, action="issue_one_time_password", object_kind="user", object_id=user.pk)
        publish(OneTimePasswordIssued(subject=user.pk), actor=actor)
        # A new digest already shuts the sessions out; ending them takes them off the list as well.
        _end_all_sessions(actor, user)
    return password


def use_one_time_password(*, actor: Actor, user: User) -> bool:
    """At a login: take the one-time password away. False when the user's password is the user's own."""
    if user.one_time_password_until is None:
        return False
    with actor_transaction(actor):
        user.set_unusable_password()
        user.one_time_password_until = None
        user.save(update_fields=["password", "one_time_password_until"])
        record_access(actor=actor, action="use_one_time_password", object_kind="user", object_id=user.pk)
    return True


def forget_late_one_time_passwords(*, actor: Actor) -> int:
    """Take away the one-time passwords whose time is over. Returns how many."""
    _require_manager(actor)
    with actor_transaction(actor):
        late = list(User.objects.select_for_update().filter(one_time_password_until__lt=timezone.now()))
        for user in late:
            user.set_unusable_password()
            user.one_time_password_until = None
            user.save(update_fields=["password", "one_time_password_until"])
    return len(late)


def end_sessions(*, actor: Actor, user_id: UUID) -> int:
    """End every session of a user, e.g. after a terminal was lost. Returns how many there were.

    :raises NotAllowed: unless an administrator. :raises NotFound.
    """
    _require_manager(actor)
    with actor_transaction(actor):
        return _end_all_sessions(actor, _locked_user(user_id))


def unlock_user(*, actor: Actor, user_id: UUID) -> int:
    """Forget the failed logins that lock a user out. Returns how many counts (one for each address) were forgotten.

    :raises NotAllowed: unless an administrator. :raises NotFound.
    """
    _require_manager(actor)
    with actor_transaction(actor):
        user = _locked_user(user_id)
        attempts = list(AccessAttempt.objects.filter(username=user.username))
        AccessAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).delete()
        count = len(attempts)
        if count:
            record_access(actor=actor, action="unlock_user", object_kind="user", object_id=user.pk)
            publish(UserUnlocked(subject=user.pk), actor=actor)
        return count


def _require_manager(actor: Actor) -> None:
    if not may_manage_accounts(actor):
        raise NotAllowed("利用者を扱えるのは、システム管理者です。")


def _locked_user(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise NotFound("この利用者は見つかりません。一覧を開き直してください。")
    return user


def _end_all_sessions(actor: Actor, user: User) -> int:
    rows = list(UserSession.objects.filter(user=user))
    for session in rows:
        session.end()
    if rows:
        record_access(actor=actor, action="end_sessions", object_kind="user", object_id=user.pk)
        publish(SessionsEnded(subject=user.pk, centre_id=actor.centre_id, count=len(rows)), actor=actor)
    return len(rows)


def break_glass(*, actor: Actor, object_kind: str, object_id: UUID, centre_id: UUID, reason: str) -> EmergencyAccess:
    """Open one record of the own centre in an emergency, for an hour, to somebody who otherwise may not.

    From now on `privacy.services.open_fields(…, purpose=Purpose.BREAK_GLASS)` opens it and is logged. The centre's
    officials see it in their list to review. Personal data in the reason are masked, because the list is read by others.

    :raises Invalid: the reason is too short or too long.
    :raises NotFound: the record isn't of the actor's centre: not even an emergency looks into another one.
    """
    text = " ".join(reason.split())
    if len(text) < SHORTEST_REASON:
        raise Invalid(fields={"reason": [f"理由を{SHORTEST_REASON}字以上で入力してください。"]})
    if len(text) > LONGEST_REASON:
        raise Invalid(fields={"reason": [f"理由は{LONGEST_REASON}字までです。短くしてください。"]})
    if not actor.works_for(centre_id) or actor.id is None:
        raise NotFound
    with actor_transaction(actor):
        shown = mask(text, find_personal(text))
        access = EmergencyAccess.objects.create(
            user_id=actor.id,
            centre_id=centre_id,
            object_kind=object_kind,
            object_id=object_id,
            reason=shown,
            expires_at=timezone.now() + timedelta(minutes=EMERGENCY_MINUTES),
        )
        record_access(
            actor=actor,
            action="break_glass",
            object_kind=object_kind,
            object_id=object_id,
            centre_id=centre_id,
            purpose=Purpose.BREAK_GLASS,
            reason=shown,
        )
        publish(
            EmergencyAccessOpened(subject=access.id, centre_id=centre_id, object_kind=object_kind, object_id=object_id),
            actor=actor,
        )
        return access


def review_emergency_access(*, actor: Actor, access_id: UUID) -> EmergencyAccess:
    """Note that the centre's head has looked at an opening in an emergency.

    :raises NotFound: another centre's, or none. :raises NotAllowed: unless an official, and never one's own.
    :raises WrongState: somebody has reviewed it already.
    """
    with actor_transaction(actor):
        access = EmergencyAccess.objects.select_for_update().filter(id=access_id).first()
        if access is None or not actor.works_for(access.centre_id):
            raise NotFound
        if not actor.has(Role.OFFICIAL) or access.user_id == actor.id:
            raise NotAllowed("緊急時の開示を確かめるのは、本人以外のセンター職員です。")
        if access.reviewed_at is not None:
            raise WrongState("ほかの職員がもう確かめました。一覧を開き直してください。")
        access.reviewed_at = timezone.now()
        access.reviewed_by = actor.id
        access.save(update_fields=["reviewed_at", "reviewed_by", "updated_at"])
        record_access(
            actor=actor,
            action="review_emergency_access",
            object_kind="emergency_access",
            object_id=access.id,
            centre_id=access.centre_id,
        )
        publish(EmergencyAccessReviewed(subject=access.id, centre_id=access.centre_id), actor=actor)
        return access
