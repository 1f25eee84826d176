"""Education events of the demo's centre with people who signed up, and a lecture that is asked for: invented, marked 見本."""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from caasis.appointments import services
from caasis.appointments.models import EducationEvent
from caasis.appointments.services import EventValues, LectureValues
from caasis.kernel.actor import SYSTEM, Actor
from caasis.kernel.clock import JST, day_in_japan
from caasis.platform.transactions import system_transaction
from caasis.twin.seeding import Seeded

#: Title, summary, audience, where, online, capacity, days ahead, what is ready, and the groups that signed up.
_EVENTS = (
    (
        "屋根の点検にご用心　寸劇で学ぶ断り方", "## 内容\n\n- 寸劇で、点検商法の手口を見ます\n- 断る言葉を、声に出して練習します\n\n> 家族や近所の方といっしょに、どうぞ。",
        "elderly", "見本市民会館　第1会議室", False, 6, 18, ("wheelchair", "sign_language"), (2, 1, 2, 3, 1),
    ),
    (
        "ネットの「お試し」の読み方", "申し込む前の画面で、何を確かめるかを学びます。スマートフォンをお持ちください。",
        "young", "ビデオ会議（つなぎ方は、申し込んだ方に電話でお知らせします）", True, 40, 32, ("captions",), (1, 1),
    ),
    ("18歳からの契約　保護者のための講座", "成年になると変わることを、例でお話しします。", "school", "見本市立図書館　ホール", False, 80, 45, ("childcare",), (2,)),
)  # fmt: skip
_NAMES = ("見本 花子", "架空 一郎", "例示 さくら", "仮名 健", "見本 つばさ")


def add_education(seeded: Seeded) -> int:
    """Three open events, one of them full with people who wait, and one request. A second call writes nothing.

    Returns how many events were written.
    """
    centre, now = seeded.home_centre, timezone.now()
    with system_transaction():
        if EducationEvent.objects.filter(centre_id=centre.id, is_demo=True).exists():
            return 0
    today = day_in_japan(now)
    for title, summary, audience, place, online, capacity, ahead, access, groups in _EVENTS:
        start = datetime.combine(today + timedelta(days=ahead), time(14), JST)
        event = services.write_event(
            actor=SYSTEM,
            values=EventValues(
                title=title, summary=summary, audience=audience, place=place, online=online, capacity=capacity,
                starts_at=start, ends_at=start + timedelta(hours=2), sign_up_until=start - timedelta(days=3), access=access,
            ),
            is_demo=True, centre_id=centre.id,
        )  # fmt: skip
        services.open_event(actor=SYSTEM, event_id=event.id)
        for number, people in enumerate(groups):
            services.sign_up(
                event_id=event.id, secret=secrets.token_urlsafe(24), name=_NAMES[number], phone=f"03-0000-{1000 + number}",
                people=people, needs="車いすで行きます（見本）" if number == 0 else "",
            )  # fmt: skip
    _hold_one(seeded.actors[seeded.home_index][0], centre.id, now - timedelta(days=40))
    services.request_lecture(
        values=LectureValues(
            organisation="見本町内会（見本）", name="見本 次郎", phone="03-0000-2000", postcode="", place="見本集会所　1階", people=35,
            days=[today + timedelta(days=30), today + timedelta(days=37), None], theme="elderly", audience="elderly",
            part_of_day="afternoon", note="いすの席だけです。（見本）",
        ),
        secret=secrets.token_urlsafe(24), centre_id=centre.id,
    )  # fmt: skip
    return len(_EVENTS) + 1


def _hold_one(staff: Actor, centre_id: UUID, at: datetime) -> None:
    """An event that is over, so that the list of past ones and the year's figures aren't bare."""
    start = at.astimezone(JST).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=20)
    event = services.write_event(
        actor=SYSTEM,
        values=EventValues(
            title="還付金の電話を切る練習", summary="電話の切り方を、2人1組で練習しました。", audience="elderly", place="見本公民館",
            starts_at=start, ends_at=start + timedelta(hours=1), capacity=30, sign_up_until=start - timedelta(days=1),
        ),
        is_demo=True, centre_id=centre_id, now=at,
    )  # fmt: skip
    services.open_event(actor=SYSTEM, event_id=event.id, now=at)
    for number, people in enumerate((2, 1, 1)):
        services.sign_up(
            event_id=event.id, secret=secrets.token_urlsafe(24), name=_NAMES[number], phone=f"03-0000-{3000 + number}",
            people=people, now=at,
        )  # fmt: skip
    services.hold_event(actor=staff, event_id=event.id, came=17, now=start + timedelta(hours=1))
