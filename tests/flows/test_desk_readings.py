"""ポータルの利用のようす: what readers did, as staff and the nation see it; and a case that came from an article."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.utils import timezone

from caasis.analytics.models import ReadingDay
from caasis.analytics.reading import record_readings, usage
from caasis.analytics.rules.readers import Readings
from caasis.appointments import services as appointments
from caasis.appointments.booking_selectors import slots_of
from caasis.appointments.rules.booking_hours import Span
from caasis.kernel.actor import PUBLIC, SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.models import Article
from caasis.platform.outbox import relay
from caasis.platform.outbox.handlers import consumers
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

URL = "/desk/analysis/readings/"


def seen(number: str, times: int) -> None:
    readings = Readings(day_in_japan(timezone.now()))
    for reader in range(times):
        readings.seen("article", number, (reader + 1) * 0x9E3779B97F4A7C15)
    readings.counts["search", ""] = 4
    readings.counts["search_empty", ""] = 1
    record_readings(readings)


@pytest.mark.parametrize("who", ["counsellor", "official", "analyst"])
def test_articles_searches_and_the_k_numbers(client_for, town, who):
    with system_transaction():
        Article.objects.create(
            number="F-9001", kind="faq", state="published", title="見本の記事です", lead="見本です。", body="見本です。"
        )
    seen("F-9001", 12)
    html = client_for(who).get(URL).content.decode()
    assert "見本の記事です" in html and "F-9001" in html
    assert "K15" in html and "FAQ経由相談率" in html
    assert "見つからなかった検索 1回（25" in html
    assert "いちばん多い日は" in html


def test_a_period_without_readers_says_so_and_a_strange_one_is_four_weeks(client_for, town):
    html = client_for("counsellor").get(URL, {"days": "<script>"}).content.decode()
    assert "この期間の記録は、まだありません" in html and "&lt;script" not in html
    today = day_in_japan(timezone.now())
    assert f"{(today - timedelta(days=27)).month}月" in html


def test_a_vote_counts_on_its_day(client, town):
    with system_transaction():
        Article.objects.create(number="F-9001", kind="faq", state="published", title="見本", lead="見本です。", body="見本です。")
    client.post("/articles/F-9001/vote/", {"useful": "yes"})
    client.post("/articles/F-9001/vote/", {"useful": "no"})
    relay.number_committed_events()
    for consumer in consumers():
        if consumer.name == "analytics.votes":
            while relay.deliver(consumer):
                pass
    assert dict(ReadingDay.objects.values_list("what", "times")) == {"useful": 1, "not_useful": 1}
    today = day_in_japan(timezone.now())
    with system_transaction():
        assert usage(today, today, actor=SYSTEM).metrics["K2"].value == 1


def test_k19_is_bookings_that_stand_over_registered_cases(client_for, town):
    spans = [Span("visit", day, time(9), time(17)) for day in range(7)]
    appointments.set_booking_hours(actor=town.supervisor, centre_id=town.centre_a.id, spans=spans, lead_hours=0)
    given = {"actor": PUBLIC, "centre_id": town.centre_a.id, "way": "visit", "name": "見本", "phone": "090-0000-0001"}
    begun = timezone.now() - timedelta(days=10)
    slots = slots_of(centre_id=town.centre_a.id, way="visit", now=begun)[:3]
    made = [appointments.book_slot(**given, starts_at=slot.starts_at, now=begun).booking for slot in slots]
    appointments.cancel_booking(actor=town.counsellor, booking_id=made[0].id)
    first, last = day_in_japan(slots[0].starts_at), day_in_japan(slots[-1].starts_at)
    with system_transaction():
        found = usage(first, last, actor=SYSTEM).metrics["K19"]
    assert found.value is None and found.parts == {"booked": 2, "cases": 0}
    seen("F-9001", 1)
    assert "予約相談率" in client_for("counsellor").get(URL).content.decode()
