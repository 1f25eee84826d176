"""Work that comes by itself: articles whose time has come, and those whose time is over."""

from __future__ import annotations

from django.utils import timezone

from caasis.knowledge.revision_services import publish_due
from caasis.platform.jobs import job


@job(cron="* * * * *", lock="knowledge.publish_due", in_transaction=False)
def publish_due_articles() -> None:
    """Each minute."""
    publish_due(now=timezone.now())
