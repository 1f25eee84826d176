"""How long recordings and callers' numbers are kept. Logs and records stay: they hold ids and codes only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from caasis.kernel.clock import day_in_japan
from caasis.organisations.selectors import policy_of
from caasis.privacy.retention import RetentionRule, register_retention
from caasis.telephony.models import Call, Recording

DAYS_A_YEAR = 365


def expired_recordings(now: datetime, limit: int) -> Iterable[UUID]:
    """Keys of recordings past their day, unless they are on legal hold."""
    rows = Recording.objects.filter(keep_until__lt=day_in_japan(now), legal_hold=False, removed_at=None)
    return list(rows.order_by("keep_until").values_list("record_key_id", flat=True)[:limit])


def expired_calls(now: datetime, limit: int) -> Iterable[UUID]:
    """Keys of calls that ended longer ago than their centre keeps records; none of which a recording is on legal hold."""
    held = Recording.objects.filter(call=OuterRef("pk"), legal_hold=True)
    rows = Call.objects.filter(erased_at=None, ended_at__lt=now - timedelta(days=DAYS_A_YEAR)).exclude(Exists(held))
    found: list[UUID] = []
    for centre_id in set(rows.order_by().values_list("centre_id", flat=True)):
        years = policy_of(centre_id).retention_years if centre_id else 1
        old = rows.filter(centre_id=centre_id, ended_at__lt=now - timedelta(days=DAYS_A_YEAR * years))
        found += old.order_by("ended_at").values_list("record_key_id", flat=True)[: limit - len(found)]
    return found


def register() -> None:
    register_retention(RetentionRule("telephony.recordings", expired_recordings))
    register_retention(RetentionRule("telephony.calls", expired_calls))
