"""Signing up for an education event, cancelling, moving up, and whom the centre has told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from caasis.appointments.education_selectors import GONE, get_event, hash_of_secret, seats_of, visible_events
from caasis.appointments.education_vocabulary import OPEN_EVENTS, STANDING, EventState, SignUpState
from caasis.appointments.events import SignUpChanged
from caasis.appointments.models import EducationEvent, SignUp
from caasis.appointments.rules.education import MOST_PEOPLE, clean_text, may_sign_up, moving_up, place_for
from caasis.appointments.rules.numbers import number_error
from caasis.audit.services import record_access
from caasis.kernel.actor import CENTRE_ROLES, PUBLIC, SYSTEM, Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed

LONGEST_NAME, LONGEST_PHONE, LONGEST_NEEDS = 60, 30, 400
NOT_OPEN = "この催しの申し込みは、終わりました。"
FULL = "キャンセル待ちも、いっぱいになりました。"


def sign_up_errors(*, name: str, phone: str, people: int, needs: str) -> dict[str, list[str]]:
    """Sentences by field on what was typed; empty when it can be taken. Also asked before the page that confirms."""
    errors: dict[str, list[str]] = {}
    if not clean_text(name):
        errors["name"] = ["お名前を入れてください。"]
    for field, text, longest in (("name", name, LONGEST_NAME), ("needs", needs, LONGEST_NEEDS)):
        if len(clean_text(text)) > longest:
            errors[field] = [f"{longest}字までです。短くしてください。"]
    if len(phone) > LONGEST_PHONE or number_error(clean_text(phone)):
        errors["phone"] = ["日中つながる電話番号を、市外局番から入れてください。"]
    if not 1 <= people <= MOST_PEOPLE:
        errors["people"] = [f"1人から{MOST_PEOPLE}人まで、申し込めます。"]
    return errors


def sign_up(
    *, event_id: UUID, secret: str, name: str, phone: str, people: int, needs: str = "", now: datetime | None = None
) -> SignUp:
    """Sign up, for a seat or for the list of those who wait. The same secret twice is one sign-up.

    The event's row is locked, so that two who come at once can't get the same seat.

    :param secret: made by us, random, in the form; it becomes the person's link, and only its hash is kept.
    :raises NotFound: no such event. :raises Invalid: with sentences by field. :raises WrongState: not open, or full.
    """
    at = now or timezone.now()
    if errors := sign_up_errors(name=name, phone=phone, people=people, needs=needs):
        raise Invalid(fields=errors)
    hashed = hash_of_secret(secret)
    with system_transaction():
        event = _locked(event_id)
        known = SignUp.objects.filter(secret_hash=hashed, event=event).first()
        if known is not None:
            return known
        if not may_sign_up(event.state, until=event.sign_up_until, now=at):
            raise WrongState(NOT_OPEN)
        seats = seats_of([event])[event.id]
        place = place_for(people, free=seats.capacity - seats.taken, waiting=seats.waiting)
        if place is None or people > event.capacity:
            raise WrongState(FULL if place is None else f"定員は{event.capacity}人です。人数を減らしてください。")
        last = SignUp.objects.filter(event=event).aggregate(last=Max("place_in_line"))["last"] or 0
        row = SignUp(
            event=event, centre_id=event.centre_id, record_key_id=create_record_key(event.centre_id).id, people=people,
            state=place.value, secret_hash=hashed, place_in_line=last + 1,
        )  # fmt: skip
        set_sealed(row, name=clean_text(name), phone=clean_text(phone), needs=clean_text(needs))
        row.save(force_insert=True)
        _told(row, "sign_up", actor=PUBLIC)
        return row


def cancel_sign_up(*, secret_hash: str, now: datetime | None = None) -> SignUp:
    """Whoever has the link does not come; the next in line move up. Twice does no harm.

    :raises NotFound: no such link. :raises WrongState: the event is over.
    """
    at = now or timezone.now()
    with system_transaction():
        found = SignUp.objects.filter(secret_hash=secret_hash, erased_at=None).first()
        if found is None:
            raise NotFound
        event = _locked(found.event_id)
        row = SignUp.objects.select_for_update().get(id=found.id)
        if row.state == SignUpState.CANCELLED:
            return row
        if event.state not in OPEN_EVENTS or event.starts_at <= at:
            raise WrongState("この催しは、始まっているか、終わっています。")
        return _cancelled(row, event, actor=PUBLIC, at=at)


def strike_off(*, actor: Actor, sign_up_id: UUID, now: datetime | None = None) -> SignUp:
    """Staff cancel for somebody who called. Twice does no harm.

    :raises NotAllowed: not of a centre. :raises NotFound: hidden and absent alike. :raises WrongState: the event is over.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        row, event = _of_staff(actor, sign_up_id)
        if row.state == SignUpState.CANCELLED:
            return row
        if event.state not in OPEN_EVENTS:
            raise WrongState("この催しは、もう終わっています。")
        return _cancelled(row, event, actor=actor, at=at)


def mark_told(*, actor: Actor, sign_up_id: UUID) -> SignUp:
    """Somebody of the centre has called and told. Twice does no harm.

    :raises NotAllowed: not of a centre. :raises NotFound: hidden and absent alike.
    """
    with actor_transaction(actor):
        row, _ = _of_staff(actor, sign_up_id)
        if row.to_tell:
            row.to_tell = False
            row.save()
            _told(row, "tell_sign_up", actor=actor)
        return row


def move_up(event: EducationEvent, *, actor: Actor) -> int:
    """Give free seats to those who wait, in order; the event's row is locked. Returns how many moved up."""
    if event.state not in (EventState.OPEN, EventState.CLOSED):
        return 0
    seats = seats_of([event])[event.id]
    waiting = list(
        SignUp.objects.select_for_update().filter(event=event, state=SignUpState.WAITING).order_by("place_in_line")
    )
    count = moving_up(seats.capacity - seats.taken, [row.people for row in waiting])
    for row in waiting[:count]:
        # Nothing writes to them: somebody of the centre calls, and their link says it too.
        row.state, row.to_tell = SignUpState.CONFIRMED.value, True
        row.save()
        _told(row, "move_up_sign_up", actor=actor)
    return count


def forget_sign_up(*, actor: Actor, key_id: UUID, now: datetime) -> int:
    """The person was erased: the seat is free again. Returns how many sign-ups ended."""
    if not actor.is_system:
        raise NotAllowed
    with actor_transaction(actor):
        found = SignUp.objects.filter(record_key_id=key_id, state__in=sorted(STANDING)).first()
        if found is None:
            return 0
        event = _locked(found.event_id)
        if event.state not in OPEN_EVENTS or event.ends_at <= now:
            return 0
        row = SignUp.objects.select_for_update().get(id=found.id)
        _cancelled(row, event, actor=SYSTEM, at=now)
        return 1


# --- parts ------------------------------------------------------------------------------------------------------------


def _locked(event_id: UUID) -> EducationEvent:
    event = EducationEvent.objects.select_for_update().filter(id=event_id).exclude(state=EventState.DRAFT).first()
    if event is None:
        raise NotFound(GONE)
    return event


def _of_staff(actor: Actor, sign_up_id: UUID) -> tuple[SignUp, EducationEvent]:
    """A sign-up of the actor's centre with its event, the event locked first as everywhere."""
    if actor.centre_id is None or not actor.has_any(CENTRE_ROLES):
        raise NotAllowed("申し込みを扱えるのは、センターの相談員と職員です。")
    found = SignUp.objects.filter(id=sign_up_id, event__in=visible_events(actor=actor)).first()
    if found is None:
        raise NotFound("この申し込みは見つかりません。一覧を開き直してください。")
    event = get_event(actor=actor, event_id=found.event_id, for_update=True)
    return SignUp.objects.select_for_update().get(id=found.id), event


def _cancelled(row: SignUp, event: EducationEvent, *, actor: Actor, at: datetime) -> SignUp:
    row.state, row.done_at, row.to_tell = SignUpState.CANCELLED.value, at, False
    row.save()
    _told(row, "cancel_sign_up", actor=actor)
    move_up(event, actor=actor)
    return row


def _told(row: SignUp, action: str, *, actor: Actor) -> None:
    record_access(actor=actor, action=action, object_kind="sign_up", object_id=row.id, centre_id=row.centre_id)
    publish(
        SignUpChanged(
            subject=row.id, centre_id=row.centre_id, of_event=row.event_id, state=row.state, people=row.people
        ),
        actor=actor,
    )
