"""Booking a time, changing and cancelling it, and what became of it."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.utils import timezone

from caasis.appointments.booking_selectors import get_booking, hash_of_link, slots_of
from caasis.appointments.events import BookingChanged
from caasis.appointments.models import Booking
from caasis.appointments.rules.numbers import number_error
from caasis.appointments.rules.slots import Slot, nearest
from caasis.appointments.rules.words import clean_words
from caasis.appointments.vocabulary import BookingState, BookingWay
from caasis.audit.services import record_access
from caasis.kernel.actor import SYSTEM, Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, TooMany, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import create_record_key, ring
from caasis.privacy.services import blind_candidates, blind_phone, set_sealed

LONGEST_NAME, LONGEST_MAIL, LONGEST_MATTER = 60, 120, 500
#: Open bookings of one number in a centre.
MOST_OPEN = 5
TAKEN = "この時間は、もう空いていません。ほかの時間を選んでください。"
OVER = "この予約は、もう終わっています。"
NEAR = 6


class SlotTaken(WrongState):
    """Somebody else was faster, or the time is not offered. `nearest` holds free times near to it, by time."""

    def __init__(self, slots: list[Slot]) -> None:
        self.nearest = slots
        super().__init__(TAKEN)


@dataclass(frozen=True, slots=True)
class Booked:
    """A new booking, and the secret of its link, which is nowhere else."""

    booking: Booking
    secret: str


def book_slot(
    *,
    actor: Actor,
    centre_id: UUID,
    way: str,
    starts_at: datetime,
    name: str,
    phone: str,
    mail: str = "",
    matter: str = "",
    now: datetime | None = None,
) -> Booked:
    """Book a free time. Anybody may for herself; staff for somebody, in their own centre.

    :raises Invalid: with sentences by field. :raises SlotTaken: with the nearest free times.
    :raises TooMany: the number has too many open bookings. :raises NotAllowed: staff of another centre.
    """
    if actor.centre_id is not None and not actor.works_for(centre_id):
        raise NotAllowed("予約を受けられるのは、自分のセンターだけです。")
    at = now or timezone.now()
    texts = _cleaned(name=name, phone=phone, mail=mail, matter=matter)
    errors = _text_errors(texts)
    if way not in set(BookingWay):
        errors["way"] = ["相談の方法を選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    with _scope(actor):
        _few_enough(centre_id, texts["phone"], now=at)
        slot = _take(centre_id, way, starts_at, now=at)
        secret = secrets.token_urlsafe(24)
        booking = Booking(
            centre_id=centre_id, way=way, number=_number(centre_id), starts_at=slot.starts_at, ends_at=slot.ends_at,
            seat=slot.seat, record_key_id=create_record_key(centre_id).id,
            phone_index=blind_phone(centre_id, texts["phone"]), index_version=ring().blind,
            secret_hash=hash_of_link(secret), changed_at=at, made_by=actor.id if actor.centre_id else None,
        )  # fmt: skip
        set_sealed(booking, **texts)
        booking.save(force_insert=True)
        _log(booking, "book_slot", actor=actor)
        _tell(booking, actor=actor)
        return Booked(booking, secret)


def change_booking(*, actor: Actor, booking_id: UUID, starts_at: datetime, now: datetime | None = None) -> Booking:
    """Another time for a booking; number and link stay. Whoever isn't staff has been let in by the link.

    :raises NotFound: hidden and absent alike. :raises WrongState: it is over. :raises SlotTaken: with the nearest.
    """
    at = now or timezone.now()
    with _scope(actor):
        booking = _open(actor, booking_id)
        _require_open(booking, actor=actor, now=at)
        if booking.starts_at == starts_at:
            return booking
        slot = _take(booking.centre_id, booking.way, starts_at, now=at, but=booking.id)
        booking.starts_at, booking.ends_at, booking.seat = slot.starts_at, slot.ends_at, slot.seat
        booking.reminded_at = None
        booking.sequence += 1
        _log(booking, "change_booking", actor=actor)
        return _save(booking, actor=actor, at=at)


def cancel_booking(*, actor: Actor, booking_id: UUID, now: datetime | None = None) -> Booking:
    """The time is free again. Twice does no harm. Whoever isn't staff has been let in by the link.

    :raises NotFound: hidden and absent alike. :raises WrongState: it is over.
    """
    at = now or timezone.now()
    with _scope(actor):
        booking = _open(actor, booking_id)
        if booking.state == BookingState.CANCELLED:
            return booking
        _require_open(booking, actor=actor, now=at)
        booking.sequence += 1
        _log(booking, "cancel_booking", actor=actor)
        return _close(booking, BookingState.CANCELLED, actor=actor, at=at)


def keep_booking(*, actor: Actor, booking_id: UUID, now: datetime | None = None) -> Booking:
    """The person came, or was spoken to. Undoes a `miss_booking` that was a mistake.

    :raises NotAllowed: not staff. :raises NotFound: hidden and absent alike. :raises WrongState: cancelled, or too early.
    """
    return _came(actor, booking_id, BookingState.KEPT, now or timezone.now())


def miss_booking(*, actor: Actor, booking_id: UUID, now: datetime | None = None) -> Booking:
    """The person did not come, and was not reached. Undoes a `keep_booking` that was a mistake.

    :raises NotAllowed: not staff. :raises NotFound: hidden and absent alike. :raises WrongState: cancelled, or too early.
    """
    return _came(actor, booking_id, BookingState.MISSED, now or timezone.now())


def claim_reminder(*, actor: Actor, booking_id: UUID, now: datetime) -> Booking | None:
    """Whoever gets the booking reminds of it, once; None when somebody else does, or there is nothing to remind of."""
    if not actor.is_system:
        raise NotAllowed
    with actor_transaction(actor):
        rows = Booking.objects.select_for_update(skip_locked=True)
        booking = rows.filter(id=booking_id, state=BookingState.BOOKED, reminded_at=None, erased_at=None).first()
        if booking is not None:
            booking.reminded_at = now
            booking.save(update_fields=["reminded_at", "updated_at"])
        return booking


def forget_booking(*, actor: Actor, key_id: UUID, now: datetime) -> int:
    """The person was erased: nobody is waited for any more. Returns how many bookings ended."""
    if not actor.is_system:
        raise NotAllowed
    with actor_transaction(actor):
        found = list(Booking.objects.select_for_update().filter(record_key_id=key_id, state=BookingState.BOOKED))
        for booking in found:
            _close(booking, BookingState.CANCELLED, actor=actor, at=now)
        return len(found)


# --- parts ------------------------------------------------------------------------------------------------------------


def _scope(actor: Actor) -> AbstractContextManager[None]:
    """Staff write inside their centre's wall. A consumer has no wall of her own: she acts on one row by its link."""
    return actor_transaction(actor) if actor.is_system or actor.centre_id is not None else system_transaction()


def _open(actor: Actor, booking_id: UUID) -> Booking:
    staff = actor.is_system or actor.id is not None
    return get_booking(actor=actor if staff else SYSTEM, booking_id=booking_id, for_update=True)


def _require_open(booking: Booking, *, actor: Actor, now: datetime) -> None:
    if booking.state != BookingState.BOOKED:
        raise WrongState(OVER)
    if actor.centre_id is None and booking.starts_at <= now:
        raise WrongState("予約の時間になりました。センターにお電話ください。")


def contact_errors(*, name: str, phone: str, mail: str = "", matter: str = "") -> dict[str, list[str]]:
    """What `book_slot` would say about these words, by field; for a page that asks before it books."""
    return _text_errors(_cleaned(name=name, phone=phone, mail=mail, matter=matter))


def _cleaned(**texts: str) -> dict[str, str]:
    return {field: clean_words(text) for field, text in texts.items()}


def _text_errors(texts: dict[str, str]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for field, longest in (("name", LONGEST_NAME), ("mail", LONGEST_MAIL), ("matter", LONGEST_MATTER)):
        if len(texts[field]) > longest:
            errors[field] = [f"{longest}字までです。短くしてください。"]
    if not texts["name"]:
        errors["name"] = ["お名前を入力してください。"]
    if sentence := number_error(texts["phone"][:100]):
        errors["phone"] = [sentence]
    if texts["mail"] and "mail" not in errors:
        try:
            validate_email(texts["mail"])
        except ValidationError:
            errors["mail"] = ["メールアドレスの形を確かめてください。"]
    return errors


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _few_enough(centre_id: UUID, phone: str, *, now: datetime) -> None:
    # The oldest index key is the same for all while keys are changed.
    candidates = blind_candidates(centre_id, "phone", phone)
    _lock(f"booking:{centre_id}:{candidates[-1].hex()}")
    rows = Booking.objects.filter(
        centre_id=centre_id, phone_index__in=candidates, state=BookingState.BOOKED, ends_at__gt=now
    )
    if rows.count() >= MOST_OPEN:
        raise TooMany(f"予約は1つの電話番号で{MOST_OPEN}件までです。お電話ください。")


def _take(centre_id: UUID, way: str, starts_at: datetime, *, now: datetime, but: UUID | None = None) -> Slot:
    """A seat of the time that is wanted. The lock lets the bookings of one day follow each other."""
    day = day_in_japan(starts_at)
    _lock(f"booking:{centre_id}:{way}:{day}")
    for slot in slots_of(centre_id=centre_id, way=way, now=now, day=day, but=but):
        if slot.starts_at == starts_at:
            return slot
    raise SlotTaken(nearest(slots_of(centre_id=centre_id, way=way, now=now), starts_at, NEAR))


def _number(centre_id: UUID) -> str:
    while True:
        number = str(10**7 + secrets.randbelow(9 * 10**7))
        if not Booking.objects.filter(centre_id=centre_id, number=number).exists():
            return number


def _came(actor: Actor, booking_id: UUID, state: BookingState, now: datetime) -> Booking:
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed("予約の結果を書けるのは、センターの相談員と職員です。")
    with actor_transaction(actor):
        booking = get_booking(actor=actor, booking_id=booking_id, for_update=True)
        if booking.state == state:
            return booking
        if booking.state == BookingState.CANCELLED:
            raise WrongState("取り消された予約です。一覧を開き直してください。")
        early = day_in_japan(now) < day_in_japan(booking.starts_at) if state == BookingState.KEPT else now < booking.starts_at
        if early:
            raise WrongState("まだ予約の時間ではありません。時間になってから押してください。")
        _log(booking, "keep_booking" if state == BookingState.KEPT else "miss_booking", actor=actor)
        return _close(booking, state, actor=actor, at=now)


def _close(booking: Booking, state: BookingState, *, actor: Actor, at: datetime) -> Booking:
    booking.state, booking.done_at = state.value, at
    return _save(booking, actor=actor, at=at)


def _save(booking: Booking, *, actor: Actor, at: datetime) -> Booking:
    booking.changed_at = at
    booking.version += 1
    booking.save()
    _tell(booking, actor=actor)
    return booking


def _tell(booking: Booking, *, actor: Actor) -> None:
    publish(
        BookingChanged(subject=booking.id, centre_id=booking.centre_id, state=booking.state, way=booking.way), actor=actor
    )


def _log(booking: Booking, action: str, *, actor: Actor) -> None:
    record_access(
        actor=actor, action=action, object_kind="booking", object_id=booking.id, centre_id=booking.centre_id
    )
