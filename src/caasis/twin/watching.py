"""A council of the demo with three members, and what came in of people who may be in trouble: invented, marked 見本."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from caasis.channels import services
from caasis.channels.watch_models import WatchMember
from caasis.kernel.clock import day_in_japan
from caasis.platform.geography import municipality
from caasis.platform.transactions import actor_transaction
from caasis.twin.seeding import Seeded

_MEMBERS = (
    ("welfare", "みほん町民生委員児童委員協議会（見本）", "みほん 一郎", "022-000-0191"),
    ("care_manager", "みほんケアプランセンター（見本）", "みほん 桜子", "022-000-0192"),
    ("bank", "みほん銀行 みほん町支店（見本）", "みほん 二郎", "022-000-0193"),
)
_OF_MEMBER: dict[str, Any] = {
    "signs": ["works", "papers"],
    "seen": "ひと月に3回、ちがう会社の車がとまり、屋根や床下の工事をしていた。茶の間に契約書が3枚あった。（見本）",
    "about": "elderly",
    "age_band": "75to84",
    "consent": "no",
    "urgency": "money",
    "person_name": "みほん 菊江",
    "person_address": "みほん町1-2-3",
}
_OF_ANYBODY: dict[str, Any] = {
    "signs": ["goods"],
    "seen": "となりの家の玄関に、健康食品の段ボールが10個ほど、開けないまま積んである。（見本）",
    "about": "elderly",
    "age_band": "85up",
    "consent": "unknown",
    "urgency": "calm",
    "relation": "neighbour",
}


def add_watch(seeded: Seeded) -> int:
    """Three members and two reports, one of a member and one of anybody. A second call writes nothing. Returns how many
    reports were written."""
    centre, official = seeded.home_centre, seeded.officials[seeded.home_index]
    with actor_transaction(official):
        if WatchMember.objects.filter(centre_id=centre.id).exists():
            return 0
    until = day_in_japan(timezone.now()) + timedelta(days=365)
    made = [
        services.register_watch_member(
            actor=official, kind=kind, organisation=organisation, name=name, contact=contact, valid_until=until
        )
        for kind, organisation, name, contact in _MEMBERS
    ]
    services.report_watch(idempotency_key="twin-watch-member", answers=_OF_MEMBER, member_id=made[0].member.id)
    anybody = _OF_ANYBODY | {"prefecture": centre.prefecture_code, "area": _area(centre.municipality_code)}
    services.report_watch(idempotency_key="twin-watch-anybody", answers=anybody)
    return 2


def _area(code: str) -> str:
    place = municipality(code) if code else None
    return place.name if place else ""
