"""A centre enters when it takes bookings."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from caasis.appointments.events import BookingHoursSet
from caasis.appointments.models import BookingHours, BookingPolicy
from caasis.appointments.rules.booking_hours import MOST_DAYS_AHEAD, MOST_LEAD_HOURS, Span, hours_error
from caasis.appointments.vocabulary import BookingWay
from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction


def set_booking_hours(
    *, actor: Actor, centre_id: UUID, spans: Sequence[Span], lead_hours: int = 24, days_ahead: int = 14
) -> None:
    """Replace a centre's booking hours; no spans means that it takes no bookings. What is booked stays booked.

    :raises NotAllowed: neither supervisor nor official of the centre. :raises Invalid: with sentences by field.
    """
    manages = actor.works_for(centre_id) and actor.has(Role.SUPERVISOR, Role.OFFICIAL)
    if not (actor.is_system or manages):
        raise NotAllowed("予約の時間を決められるのは、主任と職員です。")
    errors: dict[str, list[str]] = {}
    if not {span.way for span in spans} <= set(BookingWay):
        errors["spans"] = ["相談の方法を選んでください。"]
    elif sentence := hours_error(spans):
        errors["spans"] = [sentence]
    if not 0 <= lead_hours <= MOST_LEAD_HOURS:
        errors["lead_hours"] = [f"0から{MOST_LEAD_HOURS}までの数字を入れてください。"]
    if not 1 <= days_ahead <= MOST_DAYS_AHEAD:
        errors["days_ahead"] = [f"1から{MOST_DAYS_AHEAD}までの数字を入れてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        policy, new = BookingPolicy.objects.select_for_update().get_or_create(
            centre_id=centre_id, defaults={"lead_hours": lead_hours, "days_ahead": days_ahead}
        )
        if not new:
            policy.lead_hours, policy.days_ahead, policy.version = lead_hours, days_ahead, policy.version + 1
            policy.save()
        BookingHours.objects.filter(centre_id=centre_id).delete()
        BookingHours.objects.bulk_create(
            BookingHours(
                centre_id=centre_id, way=span.way, weekday=span.weekday, opens=span.opens, closes=span.closes,
                minutes=span.minutes, capacity=span.capacity,
            )
            for span in spans
        )  # fmt: skip
        record_access(
            actor=actor, action="set_booking_hours", object_kind="centre", object_id=centre_id, centre_id=centre_id
        )
        publish(BookingHoursSet(subject=centre_id, centre_id=centre_id), actor=actor)
