"""A complaint about the demo's centre and an incident in it: invented, marked 見本, written by the rooms' services."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from caasis.kernel.clock import day_in_japan
from caasis.operations import services
from caasis.operations.models import Matter
from caasis.operations.vocabulary import Sort
from caasis.platform.transactions import actor_transaction
from caasis.twin.seeding import Seeded


def add_matters(seeded: Seeded) -> int:
    """One complaint that is being worked on, one incident that was just noticed. A second call writes nothing. Returns how
    many were written."""
    counsellor, official = seeded.actors[seeded.home_index][0], seeded.officials[seeded.home_index]
    today = day_in_japan(timezone.now())
    with actor_transaction(official):
        if Matter.objects.filter(centre_id=seeded.home_centre.id, is_demo=True).exists():
            return 0
    waited = services.record_matter(
        actor=counsellor,
        sort=Sort.COMPLAINT,
        kind="wait",
        severity="middle",
        channel="phone",
        what="昼の時間に何度かけても話し中だった、と言われた。（見本）",
        complainant="みほん 太郎",
        noticed_on=today - timedelta(days=9),
        happened_on=today - timedelta(days=10),
        is_demo=True,
    )
    services.acknowledge(
        actor=counsellor, matter_id=waited.id, words="電話でおわびし、調べて返事をすると伝えた。（見本）"
    )
    with actor_transaction(official):
        version = Matter.objects.get(id=waited.id).version
    services.set_causes(
        actor=official,
        matter_id=waited.id,
        version=version,
        whys=["昼休みに電話を受ける人が1人だった", "休憩の順番を決めていなかった"],
        root_cause="昼の体制を決めたものがない（見本）",
    )
    services.add_measure(
        actor=official,
        matter_id=waited.id,
        what="昼の当番表を作り、つねに2人で電話を受ける（見本）",
        owner_id=official.id,
        due_on=today + timedelta(days=5),
        check_on=today + timedelta(days=35),
    )
    services.record_matter(
        actor=counsellor,
        sort=Sort.INCIDENT,
        kind="misdirected",
        severity="high",
        what="あっせんの資料を入れた封筒の宛先を書き間違えた。開封前に戻ってきた。（見本）",
        noticed_on=today - timedelta(days=1),
        happened_on=today - timedelta(days=3),
        is_demo=True,
    )
    return 2
