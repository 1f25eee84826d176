"""What happens at a login: sessions beyond the limit end, a one-time password is used up, and the person is told."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.accounts.services import end_oldest_sessions, use_one_time_password


def limit_sessions(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """End the oldest sessions beyond SESSIONS_PER_USER when a new one begins."""
    keep = settings.SESSIONS_PER_USER
    ended = end_oldest_sessions(
        actor=actor_of(user), user=user, keep=keep, current_key=request.session.session_key or ""
    )
    if ended:
        messages.warning(
            request, f"同時に使えるのは{keep}台までです。いちばん古いログインを終わらせました（{ended}件）。"
        )


def use_up_one_time_password(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A password that an administrator handed out serves once: this session goes on, and the person chooses one."""
    if use_one_time_password(actor=actor_of(user), user=user):
        # The session was opened under the old digest; its key stays, because it was made anew a moment ago.
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        request.must_choose_password = True  # type: ignore[attr-defined]
        messages.warning(request, "渡されたパスワードは、もう使えません。新しいパスワードを決めてください。")


def connect() -> None:
    """Called once, after allauth's own receivers, which note the new session."""
    user_logged_in.connect(limit_sessions, dispatch_uid="caasis.accounts.limit_sessions")
    user_logged_in.connect(use_up_one_time_password, dispatch_uid="caasis.accounts.use_up_one_time_password")
