"""Why a call goes before others: what is known of the caller, and what has happened to the call."""

from __future__ import annotations

from caasis.appointments.selectors import open_promise
from caasis.appointments.vocabulary import CallbackState
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.people.models import ContactPoint
from caasis.privacy.services import blind_candidates
from caasis.queues.vocabulary import PriorityReason
from caasis.telephony.models import Call
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.vocabulary import Direction


def add_reason(live: LiveCall, reason: PriorityReason) -> None:
    """Note why the call goes first; it counts from the next time that it waits."""
    if reason.value not in live.row.priority_reasons:
        live.row.priority_reasons = [*live.row.priority_reasons, reason.value]


def look_at_caller(live: LiveCall) -> None:
    """When a caller begins to wait: looked after by the centre, calls again after giving up today, is to be called back.

    Whoever calls while a callback is promised has its place. Only the number is compared, never a name.
    """
    row, number = live.row, live.caller()
    if row.centre_id is None or not number or row.direction != Direction.INBOUND:
        return
    indexes = blind_candidates(row.centre_id, "phone", number)
    points = ContactPoint.objects.filter(centre_id=row.centre_id, kind="phone", value_index__in=indexes)
    if points.filter(person__watch_over=True).exists():
        add_reason(live, PriorityReason.WATCH_OVER)
    before = Call.objects.filter(centre_id=row.centre_id, caller_index__in=indexes, outcome=Outcome.ABANDONED.value)
    last = before.order_by("-began_at").values_list("began_at", flat=True).first()
    if last is not None and day_in_japan(last) == day_in_japan(live.now):
        add_reason(live, PriorityReason.REPEAT_CALLER)
    promised = open_promise(actor=SYSTEM, centre_id=row.centre_id, number=number)
    if promised is not None and promised.state == CallbackState.WAITING:
        add_reason(live, PriorityReason.CALLBACK)
        row.waiting_since = min(promised.arrived_at, row.waiting_since or live.now)
