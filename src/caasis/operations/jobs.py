"""Work that comes by itself: links whose thirty days are over."""

from __future__ import annotations

from django.utils import timezone

from caasis.operations.services.survey_answering import BATCH, expire_requests
from caasis.platform.jobs import job


@job(cron="17 3 * * *", lock="operations.expire_surveys", in_transaction=False)
def expire_surveys() -> None:
    """Each night."""
    while expire_requests(now=timezone.now()) >= BATCH:
        pass
