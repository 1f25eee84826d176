"""Personal data of sign-ups and lecture requests: what is sealed, and for how long it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from caasis.appointments.models import LectureRequest, SignUp
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.registry import PersonalData, register_personal_data
from caasis.privacy.retention import RetentionRule, register_retention

#: How long names and numbers are kept after an event, or after a lecture was held or declined. The product's own choice
#: (要確認); how many came stays.
KEEP_FOR = timedelta(days=90)
#: A request that nobody answers is forgotten too, this long after its last wished day could have been.
FORGET_UNANSWERED = timedelta(days=460)


def expired_sign_up_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of those who cancelled, or whose event was over, longer ago than that; marked as held or not."""
    over = Q(done_at__lt=now - KEEP_FOR) | Q(event__ends_at__lt=now - KEEP_FOR)
    rows = SignUp.objects.filter(over, erased_at=None).order_by("id")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


def expired_lecture_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of requests that ended longer ago than that, and of those that nobody ever ended."""
    over = Q(done_at__lt=now - KEEP_FOR) | Q(created_at__lt=now - FORGET_UNANSWERED)
    rows = LectureRequest.objects.filter(over, erased_at=None).order_by("id")
    return list(rows.values_list("record_key_id", flat=True)[:limit])


def register() -> None:
    register_personal_data(
        PersonalData(
            model=SignUp,
            kind="sign_up",
            fields={"name": "名前", "phone": "電話番号", "needs": "配慮してほしいこと"},
            centre_of=lambda row: row.centre_id,
            key_of=lambda row: row.record_key_id,
            key_path="record_key_id",
            masks={"name": mask_name, "phone": mask_phone},
        )
    )
    register_personal_data(
        PersonalData(
            model=LectureRequest,
            kind="lecture_request",
            fields={"name": "担当の方", "phone": "電話番号", "note": "伝えておきたいこと"},
            centre_of=lambda row: row.centre_id,
            key_of=lambda row: row.record_key_id,
            key_path="record_key_id",
            masks={"name": mask_name, "phone": mask_phone},
        )
    )
    register_retention(RetentionRule("appointments.sign_ups", expired_sign_up_keys))
    register_retention(RetentionRule("appointments.lecture_requests", expired_lecture_keys))
