"""Retention: what was written freely in a survey is read within a year, or never."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from caasis.operations.models import SurveyAnswer
from caasis.privacy.retention import RetentionRule, register_retention

#: How long free words are kept. The product's own choice (要確認: 各センターの文書管理規程). Points stay: they name nobody.
KEEP_FOR = timedelta(days=365)


def expired_words_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of answers with words that are older than that."""
    rows = SurveyAnswer.objects.filter(has_words=True, erased_at=None, answered_at__lt=now - KEEP_FOR)
    return list(rows.order_by("answered_at").values_list("record_key_id", flat=True)[:limit])


def register() -> None:
    register_retention(RetentionRule("operations.survey_words", expired_words_keys))
