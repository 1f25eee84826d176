"""Reads of bookings: free times for everybody, a booking for whoever has its link, and the centre's list for its staff."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet

from caasis.appointments.models import Booking, BookingHours, BookingPolicy
from caasis.appointments.rules.booking_hours import Span, days_between, spans_of_day
from caasis.appointments.rules.slots import Capacity, Slot, free_slots
from caasis.appointments.vocabulary import TAKING, BookingState, BookingWay
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import NotFound
from caasis.organisations.schedules import schedules_of
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.services import open_fields, read_sealed

GONE = "この予約は見つかりません。一覧を開き直してください。"
NO_LINK = "このリンクは使えません。センターにお電話ください。"
#: How long after its time a link still shows the booking.
SHOWN_FOR = timedelta(days=7)
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def hash_of_link(secret: str) -> str:
    """By what a link is found. The secret has 192 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(f"booking:{secret}".encode()).hexdigest()


def visible_bookings(*, actor: Actor) -> QuerySet[Booking]:
    """Those of the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return Booking.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return Booking.objects.none()
    return Booking.objects.filter(centre_id=actor.centre_id)


def get_booking(*, actor: Actor, booking_id: UUID, for_update: bool = False) -> Booking:
    """One booking.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_bookings(actor=actor).filter(id=booking_id)
    booking = (rows.select_for_update() if for_update else rows).first()
    if booking is None:
        raise NotFound(GONE)
    return booking


def booking_of_link(*, secret: str, now: datetime) -> Booking:
    """The booking whose link this is.

    :raises NotFound: no such link, or its time is long over.
    """
    if not _SECRET.fullmatch(secret):
        raise NotFound(NO_LINK)
    with system_transaction():
        booking = Booking.objects.filter(secret_hash=hash_of_link(secret), erased_at=None).first()
    if booking is None or now >= booking.ends_at + SHOWN_FOR:
        raise NotFound(NO_LINK)
    return booking


def bookings_to_remind(*, actor: Actor, now: datetime, limit: int) -> list[UUID]:
    """Bookings of tomorrow (by the calendar of Japan) of which nobody was reminded yet."""
    begins = datetime.combine(day_in_japan(now) + timedelta(days=1), time(), JST)
    rows = visible_bookings(actor=actor).filter(
        state=BookingState.BOOKED, reminded_at=None, starts_at__gte=begins, starts_at__lt=begins + timedelta(days=1)
    )
    return list(rows.order_by("starts_at", "id").values_list("id", flat=True)[:limit])


def count_booked(first: date, last: date) -> int:
    """How many bookings of all centres stand on these days, both included; a number that names nobody."""
    begins, ends = datetime.combine(first, time(), JST), datetime.combine(last + timedelta(days=1), time(), JST)
    with system_transaction():
        return Booking.objects.filter(state__in=sorted(TAKING), starts_at__gte=begins, starts_at__lt=ends).count()


# --- what is offered --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """How a centre takes bookings. Without `spans` it takes none."""

    lead_hours: int
    days_ahead: int
    spans: tuple[Span, ...]

    @property
    def ways(self) -> list[BookingWay]:
        return [way for way in BookingWay if any(span.way == way for span in self.spans)]


def offer_of(centre_id: UUID) -> Offer:
    """What a centre has entered; everybody may know it."""
    with system_transaction():
        policy = BookingPolicy.objects.filter(centre_id=centre_id).first() or BookingPolicy()
        rows = list(BookingHours.objects.filter(centre_id=centre_id))
    spans = (Span(row.way, row.weekday, row.opens, row.closes, row.minutes, row.capacity) for row in rows)
    return Offer(policy.lead_hours, policy.days_ahead, tuple(spans))


def ways_of_centres(centre_ids: Iterable[UUID]) -> dict[UUID, list[BookingWay]]:
    """By which ways each of some centres takes bookings. One query."""
    with system_transaction():
        pairs = set(BookingHours.objects.filter(centre_id__in=list(centre_ids)).values_list("centre_id", "way"))
    ways: dict[UUID, list[BookingWay]] = {}
    for way in BookingWay:
        for centre_id, code in pairs:
            if code == way:
                ways.setdefault(centre_id, []).append(way)
    return ways


def slots_of(
    *, centre_id: UUID, way: str, now: datetime, day: date | None = None, but: UUID | None = None
) -> list[Slot]:
    """Free times of a centre for a way, by time; of one day alone where `day` is given. Everybody may know them.

    :param but: a booking that is to be moved: its own seat counts as free.
    """
    offer = offer_of(centre_id)
    spans = [span for span in offer.spans if span.way == way]
    if not spans:
        return []
    first, last = day_in_japan(now), day_in_japan(now + timedelta(days=offer.days_ahead))
    if day is not None:
        if not first <= day <= last:
            return []
        first = last = day
    schedule = schedules_of([centre_id], since=first)[centre_id]
    begins = datetime.combine(first, time(), JST)
    ends = datetime.combine(last + timedelta(days=1), time(), JST)
    with system_transaction():
        rows = Booking.objects.filter(
            centre_id=centre_id, way=way, state__in=sorted(TAKING), starts_at__lt=ends, starts_at__gt=begins - timedelta(days=1)
        )
        if but is not None:
            rows = rows.exclude(id=but)
        taken = list(rows.values_list("starts_at", "ends_at", "seat"))
    found: list[Slot] = []
    for span in spans:
        capacity = Capacity(
            timedelta(minutes=span.minutes), span.capacity, timedelta(hours=offer.lead_hours), timedelta(days=offer.days_ahead)
        )
        open_spans = [part for one in days_between(first, last) for part in spans_of_day(schedule, span, one)]
        found += free_slots(open_spans, capacity, taken, now)
    return sorted(found, key=lambda slot: slot.starts_at)


# --- the centre's list ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BookingLine:
    """A line of the centre's list: name and number masked."""

    booking: Booking
    name: str
    phone: str


def bookings_of_day(*, actor: Actor, day: date, limit: int = 200) -> list[BookingLine]:
    """Bookings of the actor's centre on a day, by time, cancelled ones too. Two queries, however many.

    A masked form names nobody, so it is not logged as an opening.
    """
    begins = datetime.combine(day, time(), JST)
    rows = list(
        visible_bookings(actor=actor)
        .filter(starts_at__gte=begins, starts_at__lt=begins + timedelta(days=1))
        .order_by("starts_at", "way", "seat", "id")[:limit]
    )
    keys = record_keys_bytes(row.record_key_id for row in rows)
    lines = []
    for row in rows:
        key = keys.get(row.record_key_id)
        opened = read_sealed(row, "name", "phone", key=key) if key else {"name": "", "phone": ""}
        lines.append(BookingLine(row, mask_name(opened["name"]), mask_phone(opened["phone"])))
    return lines


def booking_texts(booking: Booking, *, actor: Actor, purpose: Purpose | None = None) -> dict[str, str]:
    """Name, number, mail and matter, opened for a purpose and logged.

    :raises NotAllowed: outside the centre, or without a purpose. :raises caasis.privacy.keys.Forgotten: erased.
    """
    return open_fields(booking, "name", "phone", "mail", "matter", actor=actor, purpose=purpose)
