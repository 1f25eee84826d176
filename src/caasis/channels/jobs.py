"""Work that comes by itself: forgetting what was not sent."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from caasis.channels.models import Attempts, Contact, IntakeDraft, NewsSubscription
from caasis.channels.services.delivering import hand_over, hand_over_mail
from caasis.channels.services.drafts import forget_draft
from caasis.channels.services.forgetting import CONFIRM_WITHIN, forget_subscription
from caasis.platform.jobs import job
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)

#: How long a repeated submission is answered with its receipt.
REPEAT_FOR = timedelta(days=1)
BATCH = 200


def forget_expired_drafts(limit: int = BATCH) -> int:
    """Forget forms whose seven days are over: answers, files and key. Returns how many; safe to run again at any time.

    Every draft goes in a transaction of its own, so that one which can't be forgotten holds up no other.
    """
    with system_transaction():
        ids = list(
            IntakeDraft.objects.filter(expires_at__lte=timezone.now())
            .order_by("expires_at")
            .values_list("id", flat=True)[:limit]
        )
    done = 0
    for draft_id in ids:
        try:
            with system_transaction():
                draft = IntakeDraft.objects.select_for_update(skip_locked=True).filter(id=draft_id).first()
                if draft is not None and draft.expires_at <= timezone.now():
                    forget_draft(draft)
                    done += 1
        except OSError:
            # The tombstone of the key couldn't be written. The draft stays, unreadable to the public, for the next run.
            log.exception("a draft could not be forgotten")
    if done:
        log.info("drafts forgotten", extra={"count": done})
    return done


def forget_unconfirmed_news(limit: int = BATCH) -> int:
    """Forget addresses whose mail nobody answered. Returns how many."""
    with system_transaction():
        rows = NewsSubscription.objects.filter(
            state=NewsSubscription.State.ASKED, created_at__lt=timezone.now() - CONFIRM_WITHIN
        )
        found = list(rows.select_for_update(skip_locked=True)[:limit])
        for row in found:
            forget_subscription(row)
        return len(found)


def forget_repeat_answers() -> int:
    """A day after sending, a submission is no longer answered again: nothing is left that the secret could come from."""
    with system_transaction():
        return Contact.objects.filter(
            repeat_answer__isnull=False, offered_at__lt=timezone.now() - REPEAT_FOR
        ).update(repeat_answer=None)


def forget_attempts() -> int:
    """Counters whose window is over."""
    with system_transaction():
        count, _ = Attempts.objects.filter(window_ends_at__lte=timezone.now()).delete()
        return count


@job(in_transaction=False)
def deliver_text(*, message_id: UUID) -> None:
    """Hand a text to the provider of SMS; run again, it is not sent twice."""
    hand_over(message_id)


@job(in_transaction=False)
def deliver_mail(*, message_id: UUID) -> None:
    """Hand a mail to the mail server; run again, it is not sent twice."""
    hand_over_mail(message_id)


@job(cron="5 0-10 * * *", lock="channels.remind_of_bookings", in_transaction=False)
def remind() -> None:
    """Each hour of the day in Japan, from nine to seven: texts for tomorrow's bookings."""
    # Imported here: texting defers jobs of this module.
    from caasis.channels.services.reminders import BATCH as REMINDERS
    from caasis.channels.services.reminders import remind_of_bookings

    while remind_of_bookings(now=timezone.now()) >= REMINDERS:
        pass


@job(cron="11 * * * *", lock="channels.forget_unsent")
def forget_unsent() -> None:
    """Every hour: expired drafts, wishes for news that nobody confirmed, repeated answers, counters that are over."""
    while forget_expired_drafts() >= BATCH:
        pass
    while forget_unconfirmed_news() >= BATCH:
        pass
    forget_repeat_answers()
    forget_attempts()
