"""Opening hours in words, at known moments."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from caasis.kernel.clock import JST
from caasis.organisations.models import Centre, CentreSettings, OpeningHours, SpecialDay
from caasis.platform.transactions import system_transaction
from caasis.portal.hours import openings

pytestmark = pytest.mark.django_db


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=JST)


@pytest.mark.parametrize(
    ("moment", "open_now", "sentence"),
    [
        (at(20, 10), True, "いま受付中・午後0時まで"),
        (at(20, 12, 30), False, "いまは時間外です。きょう午後1時から"),
        (at(20, 16, 29), True, "いま受付中・午後4時30分まで"),
        (at(20, 16, 30), False, "いまは時間外です。11月24日（火）午前9時から"),
        (at(22, 3), False, "いまは時間外です。11月24日（火）午前9時から"),
        (at(23, 10), False, "いまは時間外です。あす午前9時から"),
        (at(31, 10, month=12), False, "いまは時間外です。1月4日（月）午前9時から"),
    ],
)
def test_now_in_words(town: Any, moment: datetime, open_now: bool, sentence: str) -> None:
    found = openings([town.centre_a], moment)[town.centre_a.id]
    assert (found.open_now, found.sentence) == (open_now, sentence)


def test_the_week_the_lunch_and_the_days_off(town: Any) -> None:
    with system_transaction():
        SpecialDay.objects.create(centre=town.centre_a, day=date(2026, 11, 25), note="研修")
        SpecialDay.objects.create(centre=town.centre_a, day=date(2026, 11, 28), opens=time(10), closes=time(15))
    found = openings([town.centre_a], at(20, 10))[town.centre_a.id]
    assert [day.spans for day in found.week][:1] == [("9", "〜", "16:30")] and found.week[6].spans == ()
    assert [day.today for day in found.week].index(True) == 4
    assert found.lunch == "お昼（12時〜13時）は休みます。"
    assert found.closed_days == "11月23日（月）、11月25日（水）はお休みです。"
    assert openings([town.centre_a], at(28, 11))[town.centre_a.id].open_now


def test_a_centre_that_opens_on_holidays_and_one_without_hours(town: Any) -> None:
    with system_transaction():
        CentreSettings.objects.create(centre=town.centre_a, open_on_holidays=True)
        bare = Centre.objects.create(code="C01", name="こかげ町消費生活相談窓口", prefecture_code="04")
        OpeningHours.objects.filter(centre=town.centre_b).delete()
    found = openings([town.centre_a, town.centre_b, bare], at(23, 10))
    assert found[town.centre_a.id].open_now
    for centre in (town.centre_b, bare):
        assert not found[centre.id].known and "お電話で" in found[centre.id].sentence
