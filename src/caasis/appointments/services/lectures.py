"""A group asks for a lecture (出前講座); the centre accepts, declines, and writes down that it was held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from caasis.appointments.education_selectors import get_lecture, hash_of_secret
from caasis.appointments.education_vocabulary import Audience, LectureState, PartOfDay, Theme
from caasis.appointments.events import LectureRequestChanged
from caasis.appointments.models import LectureRequest
from caasis.appointments.rules.education import LARGEST_CAPACITY, WISHES, clean_text, wishes_errors
from caasis.appointments.rules.numbers import number_error
from caasis.appointments.services.education import require_staff
from caasis.audit.services import record_access
from caasis.kernel.actor import PUBLIC, Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.organisations.selectors import centre_for_postcode
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed

LONGEST_ORGANISATION, LONGEST_PLACE, LONGEST_NAME, LONGEST_PHONE, LONGEST_NOTE = 80, 120, 60, 30, 1000


@dataclass(frozen=True, slots=True)
class LectureValues:
    """What is asked for. `days`: up to three wished days, the dearest first."""

    organisation: str
    name: str
    phone: str
    postcode: str
    place: str
    people: int
    days: Sequence[date | None]
    theme: str
    audience: str = Audience.ANYBODY.value
    part_of_day: str = PartOfDay.ANY.value
    note: str = ""


def request_lecture(
    *, values: LectureValues, secret: str, centre_id: UUID | None = None, now: datetime | None = None
) -> LectureRequest:
    """Ask the centre of the place to come. The same secret twice is one request.

    :param secret: made by us, random, in the form. :param centre_id: the centre, where it is known already.
    :raises Invalid: with sentences by field.
    """
    errors = _errors(values, now or timezone.now())
    with system_transaction():
        if centre_id is None:
            centre = centre_for_postcode(values.postcode)
            centre_id = centre.id if centre else None
        if centre_id is None:
            errors["postcode"] = ["会場の郵便番号を確かめてください。"]
        if errors or centre_id is None:
            raise Invalid(fields=errors)
        known = LectureRequest.objects.filter(once_hash=hash_of_secret(secret)).first()
        if known is not None:
            return known
        first, second, third = [*values.days, None, None, None][:WISHES]
        # The first was asked for above.
        assert first is not None
        row = LectureRequest(
            centre_id=centre_id, record_key_id=create_record_key(centre_id).id, place=clean_text(values.place),
            organisation=clean_text(values.organisation), day1=first, day2=second, day3=third,
            part_of_day=values.part_of_day, people=values.people, audience=values.audience, theme=values.theme,
            once_hash=hash_of_secret(secret),
        )  # fmt: skip
        set_sealed(row, name=clean_text(values.name), phone=clean_text(values.phone), note=clean_text(values.note))
        row.save(force_insert=True)
        return _told(row, "request_lecture", actor=PUBLIC)


def accept_lecture(*, actor: Actor, lecture_id: UUID, day: date, now: datetime | None = None) -> LectureRequest:
    """The centre comes on this day. The day may be changed until it was held.

    :raises NotAllowed: not of a centre. :raises NotFound: hidden and absent alike. :raises Invalid: with sentences.
    :raises WrongState: declined or held.
    """
    require_staff(actor)
    today = day_in_japan(now or timezone.now())
    if not today <= day <= date(today.year + 2, 12, 31):
        raise Invalid(fields={"day": ["きょうから2年先までの日を入れてください。"]})
    with actor_transaction(actor):
        row = get_lecture(actor=actor, lecture_id=lecture_id, for_update=True)
        if row.state not in (LectureState.NEW, LectureState.ACCEPTED):
            raise WrongState("この依頼は、もう終わっています。")
        row.state, row.agreed_day = LectureState.ACCEPTED.value, day
        return _saved(row, "accept_lecture", actor=actor)


def decline_lecture(*, actor: Actor, lecture_id: UUID, now: datetime | None = None) -> LectureRequest:
    """The centre can't come; somebody calls and says so. Twice does no harm.

    :raises NotAllowed: not of a centre. :raises NotFound: hidden and absent alike. :raises WrongState: it was held.
    """
    require_staff(actor)
    with actor_transaction(actor):
        row = get_lecture(actor=actor, lecture_id=lecture_id, for_update=True)
        if row.state == LectureState.DECLINED:
            return row
        if row.state == LectureState.HELD:
            raise WrongState("この依頼は、もう終わっています。")
        row.state, row.done_at = LectureState.DECLINED.value, now or timezone.now()
        return _saved(row, "decline_lecture", actor=actor)


def hold_lecture(*, actor: Actor, lecture_id: UUID, came: int, now: datetime | None = None) -> LectureRequest:
    """It took place, and so many came. May be written again when it was counted wrong.

    :raises NotAllowed: not of a centre. :raises NotFound: hidden and absent alike. :raises Invalid: with sentences.
    :raises WrongState: not accepted, or its day is still to come.
    """
    require_staff(actor)
    at = now or timezone.now()
    if not 0 <= came <= LARGEST_CAPACITY:
        raise Invalid(fields={"came": [f"来た人の数を、0から{LARGEST_CAPACITY}で入れてください。"]})
    with actor_transaction(actor):
        row = get_lecture(actor=actor, lecture_id=lecture_id, for_update=True)
        if row.state not in (LectureState.ACCEPTED, LectureState.HELD) or row.agreed_day is None:
            raise WrongState("先に、実施する日を決めてください。")
        if row.agreed_day > day_in_japan(at):
            raise WrongState("実施する日が、まだ来ていません。")
        row.state, row.came, row.done_at = LectureState.HELD.value, came, at
        return _saved(row, "hold_lecture", actor=actor)


def forget_lecture(*, actor: Actor, key_id: UUID, now: datetime) -> int:
    """Who asked was erased: nobody can be answered any more. Returns how many requests ended."""
    if not actor.is_system:
        raise NotAllowed
    with actor_transaction(actor):
        rows = LectureRequest.objects.select_for_update().filter(record_key_id=key_id, state=LectureState.NEW)
        found = list(rows)
        for row in found:
            row.state, row.done_at = LectureState.DECLINED.value, now
            _saved(row, "forget_lecture", actor=actor)
        return len(found)


# --- parts ------------------------------------------------------------------------------------------------------------


def _errors(values: LectureValues, now: datetime) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for field, text, longest, needed in (
        ("organisation", values.organisation, LONGEST_ORGANISATION, "団体の名前を入れてください。"),
        ("name", values.name, LONGEST_NAME, "ご担当の方のお名前を入れてください。"),
        ("place", values.place, LONGEST_PLACE, "会場を入れてください。"),
        ("note", values.note, LONGEST_NOTE, ""),
    ):
        if needed and not clean_text(text):
            errors[field] = [needed]
        elif len(clean_text(text)) > longest:
            errors[field] = [f"{longest}字までです。短くしてください。"]
    if len(values.phone) > LONGEST_PHONE or number_error(clean_text(values.phone)):
        errors["phone"] = ["日中つながる電話番号を、市外局番から入れてください。"]
    if not 1 <= values.people <= LARGEST_CAPACITY:
        errors["people"] = [f"人数を、1から{LARGEST_CAPACITY}で入れてください。"]
    for field, code, codes in (
        ("theme", values.theme, Theme), ("audience", values.audience, Audience), ("part_of_day", values.part_of_day, PartOfDay),
    ):  # fmt: skip
        if code not in codes._value2member_map_:
            errors[field] = ["1つ選んでください。"]
    return errors | wishes_errors(list(values.days)[:WISHES], today=day_in_japan(now))


def _saved(row: LectureRequest, action: str, *, actor: Actor) -> LectureRequest:
    row.version += 1
    row.save()
    return _told(row, action, actor=actor)


def _told(row: LectureRequest, action: str, *, actor: Actor) -> LectureRequest:
    record_access(
        actor=actor, action=action, object_kind="lecture_request", object_id=row.id, centre_id=row.centre_id
    )
    publish(LectureRequestChanged(subject=row.id, centre_id=row.centre_id, state=row.state), actor=actor)
    return row
