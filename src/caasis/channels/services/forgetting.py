"""Ending a subscription of the news: the row goes with its key, so that nothing of the address is left."""

from __future__ import annotations

from datetime import timedelta

from caasis.channels.models import NewsSubscription
from caasis.privacy.keys import destroy_record_key

#: So long the link in the first mail works; then the wish is forgotten.
CONFIRM_WITHIN = timedelta(days=3)


def forget_subscription(row: NewsSubscription) -> None:
    """Delete it, confirmed or not. Within a transaction."""
    destroy_record_key(row.record_key_id)
    row.delete()
