"""The life of an education event: written, opened, closed, cancelled, held (F102)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.appointments.education_selectors import get_event, seats_of
from caasis.appointments.education_vocabulary import OPEN_EVENTS, STANDING, Access, Audience, EventState
from caasis.appointments.events import EducationEventChanged
from caasis.appointments.models import EducationEvent, SignUp
from caasis.appointments.rules.education import LARGEST_CAPACITY, clean_text, times_errors
from caasis.appointments.services.sign_ups import move_up
from caasis.audit.services import record_access
from caasis.kernel.actor import CENTRE_ROLES, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

#: Who decides what the centre tells the public.
DECIDERS = (Role.SUPERVISOR, Role.OFFICIAL)
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_PLACE, LONGEST_NOTE = 80, 4000, 120, 200
OVER = "この催しは、もう終わっています。"


@dataclass(frozen=True, slots=True)
class EventValues:
    """What is written about an event."""

    title: str
    summary: str
    audience: str
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    sign_up_until: datetime
    online: bool = False
    access: Sequence[str] = ()
    access_note: str = ""


def may_decide(actor: Actor) -> bool:
    """Whether the actor opens, changes and cancels what the public sees."""
    return actor.is_system or (actor.works_for(actor.centre_id) and actor.has(*DECIDERS))


def write_event(
    *, actor: Actor, values: EventValues, is_demo: bool = False, centre_id: UUID | None = None, now: datetime | None = None
) -> EducationEvent:
    """A new event, as a draft that the public does not see.

    :param centre_id: the system says for which centre; staff write for their own.
    :raises NotAllowed: not of a centre. :raises Invalid: with sentences by field.
    """
    home = centre_id if actor.is_system else require_staff(actor)
    assert home is not None
    checked = _checked(values, now or timezone.now())
    with actor_transaction(actor):
        event = EducationEvent(centre_id=home, is_demo=is_demo, created_by=actor.id)
        _set(event, checked)
        event.save(force_insert=True)
        return _told(event, "write_education_event", actor=actor)


def change_event(
    *, actor: Actor, event_id: UUID, version: int, values: EventValues, now: datetime | None = None
) -> EducationEvent:
    """Write an event anew while it is not over. A larger capacity lets those who wait move up.

    :raises NotAllowed: what the public sees is changed by its supervisors and officials.
    :raises Invalid: with sentences by field. :raises NotFound: hidden and absent alike. :raises VersionConflict: saved since.
    :raises WrongState: it is over.
    """
    require_staff(actor)
    checked = _checked(values, now or timezone.now())
    with actor_transaction(actor):
        event = get_event(actor=actor, event_id=event_id, for_update=True)
        if event.state != EventState.DRAFT:
            _require_decider(actor)
        if event.state not in OPEN_EVENTS:
            raise WrongState(OVER)
        if event.version != version:
            raise VersionConflict(current=event)
        taken = seats_of([event])[event.id].taken
        if checked.capacity < taken:
            raise Invalid(fields={"capacity": [f"もう{taken}人が申し込んでいます。{taken}人以上にしてください。"]})
        moved = event.starts_at != checked.starts_at or event.place != checked.place or event.online != checked.online
        _set(event, checked)
        if moved:
            # Whoever is coming must hear of another time or place; no sender writes to them, so somebody calls.
            SignUp.objects.filter(event=event, state__in=sorted(STANDING)).update(to_tell=True)
        _saved(event, "change_education_event", actor=actor)
        move_up(event, actor=actor)
        return event


def open_event(*, actor: Actor, event_id: UUID, now: datetime | None = None) -> EducationEvent:
    """From now on everybody sees it and may sign up; also after it was closed. Twice does no harm.

    :raises NotAllowed: neither supervisor nor official. :raises NotFound: hidden and absent alike.
    :raises WrongState: it is over, or nobody could sign up in time.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        event = _of_decider(actor, event_id)
        if event.state == EventState.OPEN:
            return event
        if event.state not in OPEN_EVENTS:
            raise WrongState(OVER)
        if event.sign_up_until <= at:
            raise WrongState("申し込みの締め切りを過ぎています。先に直してください。")
        event.state = EventState.OPEN.value
        return _saved(event, "open_education_event", actor=actor)


def close_event(*, actor: Actor, event_id: UUID) -> EducationEvent:
    """Nobody new signs up; it is held as planned. Twice does no harm.

    :raises NotAllowed: neither supervisor nor official. :raises NotFound: hidden and absent alike. :raises WrongState: not open.
    """
    with actor_transaction(actor):
        event = _of_decider(actor, event_id)
        if event.state == EventState.CLOSED:
            return event
        if event.state != EventState.OPEN:
            raise WrongState("申し込みを受け付けている催しではありません。")
        event.state = EventState.CLOSED.value
        return _saved(event, "close_education_event", actor=actor)


def cancel_event(*, actor: Actor, event_id: UUID, now: datetime | None = None) -> EducationEvent:
    """It does not take place. Everybody who signed up has to be called. Twice does no harm.

    :raises NotAllowed: neither supervisor nor official. :raises NotFound: hidden and absent alike. :raises WrongState: it was held.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        event = _of_decider(actor, event_id)
        if event.state == EventState.CANCELLED:
            return event
        if event.state not in OPEN_EVENTS:
            raise WrongState(OVER)
        event.state = EventState.CANCELLED.value
        rows = SignUp.objects.filter(event=event, state__in=sorted(STANDING))
        rows.update(to_tell=True, done_at=at)
        return _saved(event, "cancel_education_event", actor=actor)


def hold_event(*, actor: Actor, event_id: UUID, came: int, now: datetime | None = None) -> EducationEvent:
    """It took place, and so many came. May be written again when it was counted wrong.

    :raises NotAllowed: not of a centre. :raises NotFound: hidden and absent alike. :raises Invalid: with sentences.
    :raises WrongState: it has not begun, or was never open.
    """
    require_staff(actor)
    at = now or timezone.now()
    if not 0 <= came <= LARGEST_CAPACITY:
        raise Invalid(fields={"came": [f"来た人の数を、0から{LARGEST_CAPACITY}で入れてください。"]})
    with actor_transaction(actor):
        event = get_event(actor=actor, event_id=event_id, for_update=True)
        if event.state not in (EventState.OPEN, EventState.CLOSED, EventState.HELD):
            raise WrongState("公開していない催しか、中止した催しです。")
        if at < event.starts_at:
            raise WrongState("まだ始まっていません。始まってから記録してください。")
        event.state, event.came = EventState.HELD.value, came
        SignUp.objects.filter(event=event, done_at=None).update(done_at=at, to_tell=False)
        return _saved(event, "hold_education_event", actor=actor)


# --- parts ------------------------------------------------------------------------------------------------------------


def require_staff(actor: Actor) -> UUID:
    """The actor's centre. :raises NotAllowed: for anybody but its staff."""
    if actor.centre_id is None or not actor.has_any(CENTRE_ROLES):
        raise NotAllowed("催しを扱えるのは、センターの相談員と職員です。")
    return actor.centre_id


def _of_decider(actor: Actor, event_id: UUID) -> EducationEvent:
    """The event, locked. What is hidden is absent first, and refused only then."""
    event = get_event(actor=actor, event_id=event_id, for_update=True)
    _require_decider(actor)
    return event


def _require_decider(actor: Actor) -> None:
    if not may_decide(actor):
        raise NotAllowed("催しを公開し、変え、中止するのは、主任とセンター職員です。")


def _checked(values: EventValues, now: datetime) -> EventValues:
    """The values, cleaned. :raises Invalid: with sentences by field."""
    title, place = clean_text(values.title), clean_text(values.place)
    summary, note = clean_text(values.summary), clean_text(values.access_note)
    errors: dict[str, list[str]] = {}
    for name, text, longest, needed in (
        ("title", title, LONGEST_TITLE, "催しの名前を入れてください。"),
        ("summary", summary, LONGEST_SUMMARY, "内容を入れてください。"),
        ("place", place, LONGEST_PLACE, "場所か、参加のしかたを入れてください。"),
        ("access_note", note, LONGEST_NOTE, ""),
    ):
        if needed and not text:
            errors[name] = [needed]
        elif len(text) > longest:
            errors[name] = [f"{longest}字までです。短くしてください。"]
    if values.audience not in Audience._value2member_map_:
        errors["audience"] = ["対象の方を選んでください。"]
    if not 1 <= values.capacity <= LARGEST_CAPACITY:
        errors["capacity"] = [f"定員を、1から{LARGEST_CAPACITY}で入れてください。"]
    errors |= times_errors(
        starts_at=values.starts_at, ends_at=values.ends_at, until=values.sign_up_until, now=now
    )
    if errors:
        raise Invalid(fields=errors)
    access = [one.value for one in Access if one.value in values.access]
    return EventValues(
        title=title, summary=summary, audience=values.audience, place=place, starts_at=values.starts_at,
        ends_at=values.ends_at, capacity=values.capacity, sign_up_until=values.sign_up_until, online=values.online,
        access=access, access_note=note,
    )  # fmt: skip


def _set(event: EducationEvent, values: EventValues) -> None:
    event.title, event.summary, event.audience = values.title, values.summary, values.audience
    event.online, event.place, event.capacity = values.online, values.place, values.capacity
    event.starts_at, event.ends_at, event.sign_up_until = values.starts_at, values.ends_at, values.sign_up_until
    event.access, event.access_note = list(values.access), values.access_note


def _saved(event: EducationEvent, action: str, *, actor: Actor) -> EducationEvent:
    event.version += 1
    event.save()
    return _told(event, action, actor=actor)


def _told(event: EducationEvent, action: str, *, actor: Actor) -> EducationEvent:
    record_access(
        actor=actor, action=action, object_kind="education_event", object_id=event.id, centre_id=event.centre_id
    )
    publish(EducationEventChanged(subject=event.id, centre_id=event.centre_id, state=event.state), actor=actor)
    return event
