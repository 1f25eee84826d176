"""What tests of every page need of education events: an open one with somebody signed up, and a lecture that is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from caasis.appointments import services
from caasis.appointments.services import EventValues, LectureValues
from caasis.kernel.clock import JST, day_in_japan
from caasis.portal.once import new_token

LINK = "education-event-link-of-a-scene0"


def make_education(town: Any, *, name: str, phone: str, note: str) -> dict[str, Any]:
    """An event of centre A with a sign-up, and a request to the same centre."""
    start, today = timezone.now() + timedelta(days=30), day_in_japan(timezone.now())
    event = services.write_event(
        actor=town.counsellor,
        values=EventValues(
            title="見本の講座", summary="## 内容\n\n手口を見ます。", audience="elderly", place="見本会館", starts_at=start,
            ends_at=start + timedelta(hours=2), capacity=30, sign_up_until=start - timedelta(days=1), access=("wheelchair",),
        ),
    )  # fmt: skip
    services.open_event(actor=town.supervisor, event_id=event.id)
    joined = services.sign_up(event_id=event.id, secret=LINK, name=name, phone=phone, people=2, needs=note)
    asked = services.request_lecture(
        values=LectureValues(
            organisation="見本町内会", name=name, phone=phone, postcode="980-0811", place="見本集会所", people=30,
            days=[today + timedelta(days=30), None, None], theme="elderly", note=note,
        ),
        secret="lecture-request-of-a-scene-00000",
    )  # fmt: skip
    return {"education event": event.id, "sign-up": joined.id, "link": LINK, "lecture request": asked.id}


def event_form() -> dict[str, Any]:
    """An event as its form sends it."""
    day = (timezone.now() + timedelta(days=40)).astimezone(JST).strftime("%Y-%m-%d")
    return {
        "title": "見本の講座", "summary": "手口を見ます。", "audience": "anybody", "place": "見本会館", "starts_at": f"{day}T14:00",
        "ends_at": f"{day}T16:00", "sign_up_until": f"{day}T10:00", "capacity": "20", "version": "2",
    }  # fmt: skip


def bodies() -> dict[str, Any]:
    """Bodies with which the right person would succeed, by URL."""
    day = day_in_japan(timezone.now()) + timedelta(days=30)
    boxes = {f"{{}}_{part}": str(value) for part, value in (("y", day.year), ("m", day.month), ("d", day.day))}
    return {
        "portal:event": {"name": "見本 花子", "phone": "022-000-4321", "people": "1", "once": new_token(), "send": "1"},
        "portal:sign_up_cancel": {"sure": "1"},
        "portal:lecture": {
            "organisation": "見本学校", "name": "見本 花子", "phone": "022-000-4321", "postcode": "980-0811", "place": "見本学校",
            "theme": "adulthood", "audience": "school", "people": "40", "part_of_day": "any", "once": new_token(),
            **{key.format("day1"): value for key, value in boxes.items()},
        },
        "desk:education-new": event_form(),
        "desk:education-change": event_form(),
        "desk:education-held": {"came": "12"},
        "desk:lecture-accept": {key.format("day"): value for key, value in boxes.items()},
        "desk:lecture-held": {"came": "28"},
    }  # fmt: skip
