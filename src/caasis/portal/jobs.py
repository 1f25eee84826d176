"""Work that comes by itself: the news by e-mail."""

from __future__ import annotations

import logging
from uuid import UUID

from caasis.channels import mail
from caasis.channels.services.subscriptions import subscriptions_due, tell_news
from caasis.kernel.clock import day_in_japan, utc_now
from caasis.platform.jobs import job, stop_requested
from caasis.portal.digest import news_letter

log = logging.getLogger(__name__)
_BATCH = 200


@job(cron="30 22 * * *", lock="portal.send_news", in_transaction=False)
def send_news() -> None:
    """Every morning at half past seven in Japan: what is new, to whoever is due. Broken off, it goes on without repeating."""
    if not mail.is_available():
        return
    day, after, sent = day_in_japan(utc_now()), None, 0
    while ids := subscriptions_due(day, after=after, limit=_BATCH):
        for subscription_id in ids:
            if stop_requested():
                return
            sent += _tell(subscription_id)
        after = ids[-1]
    log.info("news sent", extra={"count": sent})


def _tell(subscription_id: UUID) -> bool:
    """One that can't be written holds up no other; tomorrow it is tried again."""
    try:
        return tell_news(subscription_id=subscription_id, day=day_in_japan(utc_now()), news=news_letter)
    except Exception:
        log.exception("news could not be written")
        return False
