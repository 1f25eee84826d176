"""A text the day before a booked time, to numbers that take SMS. Without a provider none is sent, and none promised."""

from __future__ import annotations

from datetime import datetime

from caasis.appointments.booking_selectors import booking_texts, bookings_to_remind
from caasis.appointments.services import claim_reminder
from caasis.appointments.vocabulary import BookingWay
from caasis.channels import sms
from caasis.channels.models import TextMessage
from caasis.channels.rules.texting import is_mobile, reminder_text
from caasis.channels.services.texting import send_text
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import SYSTEM, Purpose
from caasis.organisations.selectors import get_centre
from caasis.platform.transactions import system_transaction

BATCH = 200


def remind_of_bookings(*, now: datetime) -> int:
    """Take down a text for each booking of tomorrow that has none yet. Returns how many bookings were looked at; run
    again, it sends none twice."""
    if not sms.is_available():
        return 0
    with system_transaction():
        ids = bookings_to_remind(actor=SYSTEM, now=now, limit=BATCH)
    for booking_id in ids:
        with system_transaction():
            booking = claim_reminder(actor=SYSTEM, booking_id=booking_id, now=now)
            if booking is None:
                continue
            number = normalise_phone(booking_texts(booking, actor=SYSTEM, purpose=Purpose.SYSTEM_TASK)["phone"])
            if number is None or not is_mobile(number):
                continue
            centre = get_centre(booking.centre_id)
            text = reminder_text(
                centre.name, centre.phone, booking.starts_at, by_phone=booking.way == BookingWay.PHONE, number=booking.number
            )
            send_text(
                actor=SYSTEM, centre_id=centre.id, number=number, text=text, purpose=TextMessage.Purpose.REMINDER
            )
    return len(ids)
