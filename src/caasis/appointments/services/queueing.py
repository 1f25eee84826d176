"""Work items of progressive lists: they stand in the queue only while somebody may be called."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.rules.follow_ups import may_call
from caasis.appointments.vocabulary import EntryState, ListState, WorkMode
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotAllowed
from caasis.platform.transactions import actor_transaction
from caasis.queues.services import cancel_item, enqueue
from caasis.queues.vocabulary import ChannelKind

FOLLOW_UP = "follow_up"
TITLE = "その後の確認の電話"
#: So many of a list stand in the queue at once: those who come later can still be taken off without a trace.
AT_ONCE = 20


def queue_due_follow_ups(*, actor: Actor, now: datetime) -> int:
    """Put those who are due into the queues of their lists, and take them out when the hours are over. Returns how many came in."""
    if not actor.is_system:
        raise NotAllowed
    count = 0
    with actor_transaction(actor):
        running = FollowUpList.objects.select_for_update(skip_locked=True).filter(
            state=ListState.RUNNING, mode=WorkMode.PROGRESSIVE
        )
        for row in running.order_by("created_at"):
            if not may_call(now, row.days):
                take_out(row)
                continue
            standing = FollowUpEntry.objects.filter(of_list=row, in_queue=True).count()
            for entry in due_entries(row, now).filter(in_queue=False)[: max(0, AT_ONCE - standing)]:
                _put_in(entry, now)
                count += 1
    return count


def due_entries(row: FollowUpList, now: datetime) -> QuerySet[FollowUpEntry]:
    """Whose turn it is, locked, without those whom somebody else locks just now; the first one first."""
    waiting = FollowUpEntry.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        of_list=row, state=EntryState.WAITING, due_at__lte=now
    )
    if row.wants_notice:
        waiting = waiting.filter(noticed_at__lte=now - timedelta(hours=row.notice_hours))
    return waiting.order_by("due_at", "id")


def take_out(row: FollowUpList) -> None:
    """Nobody of the list waits in a queue any more. Who is rung for just now is left alone."""
    for entry in FollowUpEntry.objects.filter(Q(of_list=row, in_queue=True), state=EntryState.WAITING):
        leave_queue(entry)
        entry.save()


def leave_queue(entry: FollowUpEntry, at: datetime | None = None) -> None:
    """Its work item is over; the caller saves the entry."""
    if entry.in_queue:
        cancel_item(subject_kind=FOLLOW_UP, subject_id=entry.id, at=at)
        entry.in_queue = False


def _put_in(entry: FollowUpEntry, now: datetime) -> None:
    enqueue(
        centre_id=entry.centre_id,
        subject_kind=FOLLOW_UP,
        subject_id=entry.id,
        title=TITLE,
        arrived_at=now,
        queue_id=entry.of_list.queue_id,
        channel=ChannelKind.CALLBACK,
    )
    entry.in_queue = True
    entry.version += 1
    entry.save()
