"""Retention: a message that was sent, or not, is of no use some time later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from caasis.channels.models import MailMessage, TextMessage
from caasis.channels.watch_models import WatchMember
from caasis.kernel.clock import day_in_japan
from caasis.privacy.retention import RetentionRule, register_retention

#: How long receiver and text are kept after the end. The product's own choice (要確認). States and times stay.
KEEP_FOR = timedelta(days=30)


def expired_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of texts that ended longer ago than that."""
    return _expired(TextMessage, now, limit)


def expired_mail_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of mails that ended longer ago than that."""
    return _expired(MailMessage, now, limit)


def _expired(kind: type[TextMessage] | type[MailMessage], now: datetime, limit: int) -> Iterable[UUID]:
    rows = kind.objects.filter(done_at__lt=now - KEEP_FOR, erased_at=None).order_by("done_at")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


#: How long name and contact of a member are kept after the link ended. The product's own choice (要確認). The
#: organisation stays, so that it can be seen who sent a report.
KEEP_MEMBER_FOR = timedelta(days=365)


def expired_member_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of members whose link ended, or ran out, longer ago than that."""
    last = day_in_japan(now - KEEP_MEMBER_FOR)
    rows = WatchMember.objects.filter(Q(ended_at__lt=now - KEEP_MEMBER_FOR) | Q(valid_until__lt=last), erased_at=None)
    return list(rows.order_by("valid_until").values_list("record_key_id", flat=True)[:limit])


def register() -> None:
    register_retention(RetentionRule("channels.texts", expired_keys))
    register_retention(RetentionRule("channels.mails", expired_mail_keys))
    register_retention(RetentionRule("channels.watch_members", expired_member_keys))
