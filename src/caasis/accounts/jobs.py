"""Periodic jobs of the room."""

from __future__ import annotations

import logging
from datetime import timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from caasis.accounts.services import forget_late_one_time_passwords
from caasis.kernel.actor import SYSTEM
from caasis.platform.jobs import job

log = logging.getLogger(__name__)


@job(cron="50 17 * * *")
def forget_expired_sessions() -> None:
    """Delete sessions that are over, the list's rows of sessions that are gone, and counts of old failed logins."""
    now = timezone.now()
    count, _ = Session.objects.filter(expire_date__lt=now).delete()
    gone = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    gone.filter(created_at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - timedelta(days=30)).delete()
    log.info("expired sessions deleted", extra={"count": count})


@job(cron="*/15 * * * *")
def forget_unused_one_time_passwords() -> None:
    """Take away passwords that an administrator handed out and nobody used in time."""
    count = forget_late_one_time_passwords(actor=SYSTEM)
    if count:
        log.info("one-time passwords forgotten", extra={"count": count})
