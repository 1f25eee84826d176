"""Reads of education events: the public's, staff's inside the centre, and one sign-up by the secret of its link."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from caasis.appointments.education_vocabulary import PUBLIC_STATES, EventState, LectureState, SignUpState
from caasis.appointments.models import EducationEvent, LectureRequest, SignUp
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import NotFound
from caasis.organisations.selectors import centres
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.services import open_fields, read_sealed

GONE = "この催しは見つかりません。一覧から選び直してください。"
NO_LINK = "このリンクは使えません。センターにお電話ください。"
NO_LECTURE = "この依頼は見つかりません。一覧を開き直してください。"
#: A list on one page; past events beyond it are looked for by month.
MOST_LISTED = 200
_OPENED = ("name", "phone", "needs")
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def hash_of_secret(secret: str) -> str:
    """By what a link is found. The secret has 192 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(f"sign-up:{secret}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Seats:
    """How full an event is: people with a seat, sign-ups and people that wait."""

    capacity: int
    taken: int = 0
    waiting: int = 0
    waiting_people: int = 0

    @property
    def free(self) -> int:
        """What somebody who signs up now would find; nothing while others wait."""
        return 0 if self.waiting else max(0, self.capacity - self.taken)


def seats_of(events: Iterable[EducationEvent]) -> dict[UUID, Seats]:
    """The seats of some events, in one query. Must run where their sign-ups are seen."""
    rows = list(events)
    counted = (
        SignUp.objects.filter(event__in=[row.id for row in rows])
        .order_by()
        .values("event_id")
        .annotate(
            taken=Sum("people", filter=Q(state=SignUpState.CONFIRMED), default=0),
            waiting=Count("id", filter=Q(state=SignUpState.WAITING)),
            waiting_people=Sum("people", filter=Q(state=SignUpState.WAITING), default=0),
        )
    )
    found = {one["event_id"]: one for one in counted}
    return {
        row.id: Seats(row.capacity, one["taken"], one["waiting"], one["waiting_people"])
        if (one := found.get(row.id))
        else Seats(row.capacity)
        for row in rows
    }


# --- the public -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """An event as everybody may read it."""

    event: EducationEvent
    centre: str
    prefecture_code: str
    seats: Seats

    def open_at(self, now: datetime) -> bool:
        """Whether one can sign up, if only for the list of those who wait."""
        return self.event.state == EventState.OPEN and now < self.event.sign_up_until


def public_events(
    *,
    now: datetime,
    past: bool = False,
    prefecture_code: str = "",
    audience: str = "",
    months: tuple[datetime, datetime] | None = None,
) -> list[PublicEvent]:
    """What there is to come, the next first; or what is over, the latest first. Three queries, however many.

    :param months: only what begins in this half-open span.
    """
    with system_transaction():
        rows = EducationEvent.objects.filter(state__in=sorted(PUBLIC_STATES))
        over = Q(ends_at__lte=now) | Q(state=EventState.HELD)
        rows = rows.filter(over) if past else rows.exclude(over)
        if audience:
            rows = rows.filter(audience__in={audience, "anybody"})
        if months is not None:
            rows = rows.filter(starts_at__gte=months[0], starts_at__lt=months[1])
        if prefecture_code:
            rows = rows.filter(centre_id__in=centres().filter(prefecture_code=prefecture_code).values("id"))
        order = ("-starts_at", "id") if past else ("starts_at", "id")
        return _public(list(rows.order_by(*order)[:MOST_LISTED]))


def latest_events(limit: int) -> list[PublicEvent]:
    """What was published or changed last, for feeds; without what is over."""
    with system_transaction():
        rows = EducationEvent.objects.filter(state__in=sorted(PUBLIC_STATES - {EventState.HELD}))
        return _public(list(rows.order_by("-updated_at", "id")[:limit]))


def public_event(event_id: UUID) -> PublicEvent:
    """One event.

    :raises NotFound: a draft and an absent one alike.
    """
    with system_transaction():
        found = _public(list(EducationEvent.objects.filter(id=event_id, state__in=sorted(PUBLIC_STATES))))
    if not found:
        raise NotFound(GONE)
    return found[0]


def _public(rows: list[EducationEvent]) -> list[PublicEvent]:
    known = centres().in_bulk({row.centre_id for row in rows})
    seats = seats_of(rows)
    return [
        PublicEvent(row, known[row.centre_id].name, known[row.centre_id].prefecture_code, seats[row.id])
        for row in rows
        if row.centre_id in known
    ]


def sign_up_of_link(secret: str) -> SignUp:
    """The sign-up whose link this is, with its event.

    :raises NotFound: no such link, or one that was forgotten.
    """
    if not _SECRET.fullmatch(secret):
        raise NotFound(NO_LINK)
    with system_transaction():
        rows = SignUp.objects.filter(secret_hash=hash_of_secret(secret), erased_at=None)
        found = rows.select_related("event").first()
    if found is None:
        raise NotFound(NO_LINK)
    return found


def place_in_queue(sign_up: SignUp) -> int:
    """Which in the line of those who wait, from 1 on."""
    with system_transaction():
        before = SignUp.objects.filter(
            event_id=sign_up.event_id, state=SignUpState.WAITING, place_in_line__lt=sign_up.place_in_line
        )
        return before.count() + 1


# --- staff ------------------------------------------------------------------------------------------------------------


def visible_events(*, actor: Actor) -> QuerySet[EducationEvent]:
    """Those of the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return EducationEvent.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return EducationEvent.objects.none()
    return EducationEvent.objects.filter(centre_id=actor.centre_id)


def get_event(*, actor: Actor, event_id: UUID, for_update: bool = False) -> EducationEvent:
    """One event of the centre.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_events(actor=actor).filter(id=event_id)
    found = (rows.select_for_update() if for_update else rows).first()
    if found is None:
        raise NotFound(GONE)
    return found


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event in the centre's list. `to_tell`: sign-ups whom somebody has to call."""

    event: EducationEvent
    seats: Seats
    to_tell: int

    @property
    def state(self) -> EventState:
        return EventState(self.event.state)


def event_lines(*, actor: Actor, now: datetime, past: bool = False) -> list[EventLine]:
    """Events of the centre: what comes, the next first, or what is over, the latest first. Three queries."""
    rows = visible_events(actor=actor)
    over = Q(ends_at__lte=now) | Q(state__in=[EventState.HELD, EventState.CANCELLED])
    # What somebody has still to be told of stays among what is to be done.
    calls = Q(id__in=SignUp.objects.filter(to_tell=True).values("event_id")) & Q(ends_at__gt=now)
    chosen = rows.filter(over & ~calls) if past else rows.filter(~over | calls)
    found = list(chosen.order_by("-starts_at" if past else "starts_at", "id")[:MOST_LISTED])
    seats = seats_of(found)
    telling = SignUp.objects.filter(event__in=[row.id for row in found], to_tell=True).order_by().values("event_id")
    counts = {one["event_id"]: one["n"] for one in telling.annotate(n=Count("id"))}
    return [EventLine(row, seats[row.id], counts.get(row.id, 0)) for row in found]


@dataclass(frozen=True, slots=True)
class SignUpLine:
    """A sign-up as the centre sees it: masked, or opened."""

    sign_up: SignUp
    name: str
    phone: str
    needs: str

    @property
    def state(self) -> SignUpState:
        return SignUpState(self.sign_up.state)


def sign_up_lines(event: EducationEvent, *, actor: Actor, purpose: Purpose | None = None) -> list[SignUpLine]:
    """Everybody who signed up, in order; with a purpose opened and logged, else masked. The event was read for the actor."""
    rows = list(SignUp.objects.filter(event=event).order_by("place_in_line"))
    if purpose is not None:
        opened_lines = []
        for row in rows:
            # One entry in the log for each person: that is what somebody who asks who looked is told.
            texts = open_fields(row, *_OPENED, actor=actor, purpose=purpose) if row.erased_at is None else dict.fromkeys(_OPENED, "")
            opened_lines.append(SignUpLine(row, texts["name"], texts["phone"], texts["needs"]))
        return opened_lines
    keys = record_keys_bytes(row.record_key_id for row in rows)
    lines = []
    for row in rows:
        key = keys.get(row.record_key_id)
        opened = read_sealed(row, "name", "phone", key=key) if key else {"name": "", "phone": ""}
        lines.append(SignUpLine(row, mask_name(opened["name"]), mask_phone(opened["phone"]), ""))
    return lines


@dataclass(frozen=True, slots=True)
class EducationFigures:
    """What a centre did in some days: events and lectures that were held, and how many people came to each."""

    events: int
    event_people: int
    lectures: int
    lecture_people: int


def education_figures(*, actor: Actor, start: date, end: date) -> EducationFigures:
    """Of the actor's centre, between two days of Japan, both included. Two queries."""
    first, last = datetime.combine(start, time(), JST), datetime.combine(end, time(), JST) + timedelta(days=1)
    held = visible_events(actor=actor).filter(state=EventState.HELD, starts_at__gte=first, starts_at__lt=last)
    went = visible_lectures(actor=actor).filter(state=LectureState.HELD, agreed_day__gte=start, agreed_day__lte=end)
    events = held.aggregate(n=Count("id"), came=Sum("came", default=0))
    lectures = went.aggregate(n=Count("id"), came=Sum("came", default=0))
    return EducationFigures(events["n"], events["came"], lectures["n"], lectures["came"])


def visible_lectures(*, actor: Actor) -> QuerySet[LectureRequest]:
    """Requests to the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return LectureRequest.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return LectureRequest.objects.none()
    return LectureRequest.objects.filter(centre_id=actor.centre_id)


def get_lecture(*, actor: Actor, lecture_id: UUID, for_update: bool = False) -> LectureRequest:
    """One request.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_lectures(actor=actor).filter(id=lecture_id)
    found = (rows.select_for_update() if for_update else rows).first()
    if found is None:
        raise NotFound(NO_LECTURE)
    return found


def lecture_list(*, actor: Actor, limit: int = MOST_LISTED) -> list[LectureRequest]:
    """Requests of the centre: those that wait for an answer first, then the agreed ones, then the rest."""
    rows = list(visible_lectures(actor=actor).order_by("-created_at", "id")[:limit])
    order = [LectureState.NEW, LectureState.ACCEPTED, LectureState.HELD, LectureState.DECLINED]
    rows.sort(key=lambda row: order.index(LectureState(row.state)))
    return rows


def unanswered_lectures(*, actor: Actor) -> int:
    """How many requests wait for the centre's answer."""
    return visible_lectures(actor=actor).filter(state=LectureState.NEW).count()


def lecture_texts(lecture: LectureRequest, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """Who asks, their number and their note, opened for a purpose and logged.

    :raises NotAllowed: outside the centre. :raises caasis.privacy.keys.Forgotten: erased.
    """
    return open_fields(lecture, "name", "phone", "note", actor=actor, purpose=purpose)


def masked_lecture(lecture: LectureRequest) -> dict[str, str]:
    """Name and number masked; a masked form is no opening."""
    keys = record_keys_bytes([lecture.record_key_id])
    key = keys.get(lecture.record_key_id)
    opened = read_sealed(lecture, "name", "phone", key=key) if key else {"name": "", "phone": ""}
    return {"name": mask_name(opened["name"]), "phone": mask_phone(opened["phone"]), "note": ""}
