"""What happens at a login: sessions beyond the limit end, and the person is told."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.accounts.services import end_oldest_sessions


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


def connect() -> None:
    """Called once, after allauth's own receivers, which note the new session."""
    user_logged_in.connect(limit_sessions, dispatch_uid="caasis.accounts.limit_sessions")
