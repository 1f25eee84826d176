"""At which place somebody stands who waits, and how long they have still to wait (F75)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from uuid import UUID

from caasis.engines.routing import Router
from caasis.telephony.models import Call
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.rules.record_json import from_json
from caasis.telephony.switchboard.crew import agents_at_work
from caasis.telephony.switchboard.work import waiting_items, works_of

#: Handling times of so many calls of the queue tell how long one takes.
LOOKED_AT = 30
WITHIN = timedelta(days=7)
#: Where nothing is known yet.
ASSUMED_HANDLING_S = 15 * 60.0


class Outlook:
    """What waits in a centre at one moment, in the order in which it is given out, and who is at work for it."""

    def __init__(self, centre_id: UUID, now: datetime) -> None:
        self._centre_id, self._now = centre_id, now
        items = waiting_items([centre_id])
        works = works_of(items, now)
        self._works = {item.subject_id: works[item.id] for item in items if item.id in works}
        self._router = Router()
        self._router.load(agents_at_work(centre_id, now), works.values(), now.timestamp())
        self._learned: set[str] = set()

    def standing(self, subject_id: UUID) -> tuple[int | None, float | None]:
        """Place in the queue, 1 for the next one, and the mean seconds to wait; None for what doesn't wait."""
        work = self._works.get(subject_id)
        if work is None:
            return None, None
        if work.queue not in self._learned:
            self._learned.add(work.queue)
            self._router.learn(work.queue, handling_s=handling_s(UUID(work.queue), self._centre_id, self._now))
        return self._router.place(work.id), self._router.expected_wait_s(work.id)


_looks: ContextVar[dict[UUID, Outlook] | None] = ContextVar("looks", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Whoever asks within this is answered out of one look at each centre: a thousand callers ask at once."""
    token = _looks.set({})
    try:
        yield
    finally:
        _looks.reset(token)


def standing(row: Call, now: datetime) -> tuple[int | None, float | None]:
    """Place of a call in its queue and seconds that it has still to wait; None for a call that doesn't wait just now, or
    where nobody can know: nobody is at work who has the skills that it needs."""
    if row.centre_id is None:
        return None, None
    looks = _looks.get()
    if looks is None:
        return Outlook(row.centre_id, now).standing(row.id)
    if row.centre_id not in looks:
        looks[row.centre_id] = Outlook(row.centre_id, now)
    return looks[row.centre_id].standing(row.id)


def expected_wait_s(row: Call, now: datetime) -> float | None:
    """Mean seconds that this call has still to wait; None where nobody can know."""
    return standing(row, now)[1]


def handling_s(queue_id: UUID, centre_id: UUID, now: datetime) -> float:
    """Mean handling time of the queue's last calls."""
    rows = Call.objects.filter(
        centre_id=centre_id, began_at__gte=now - WITHIN, queue_id=queue_id, outcome=Outcome.ANSWERED.value
    )
    records = rows.exclude(record=None).order_by("-began_at").values_list("record", flat=True)[:LOOKED_AT]
    times = [part.handling_s for record in records for part in from_json(record).parts if part.handling_s is not None]
    return sum(times) / len(times) if times else ASSUMED_HANDLING_S
