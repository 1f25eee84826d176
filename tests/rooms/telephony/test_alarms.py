"""Alarms: when they begin and end by the rules, and what the switchboard makes of a centre's limits."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.audit.models import AccessRecord
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import system_transaction
from caasis.telephony.alarm_selectors import alarm_limits, past_alarms, standing_alarms
from caasis.telephony.models import Alarm
from caasis.telephony.rules.alarms import SHORTEST, Standing, judge
from caasis.telephony.services import acknowledge_alarm, set_alarm_limits, watch_alarms
from caasis.telephony.switchboard import process
from caasis.telephony.vocabulary import AlarmKind
from tests.rooms.telephony.hall import Hall

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=JST)
WAITING, LONGEST, LEVEL, NOBODY = AlarmKind


def follow(kind: AlarmKind, limit: int, readings: list[float | None], every: int = 60) -> list[bool]:
    """Whether the alarm stands after each reading."""
    standing, seen = Standing(), []
    for number, reading in enumerate(readings):
        standing = judge(kind, limit, reading, standing, NOON + timedelta(seconds=number * every))
        seen.append(standing.began_at is not None)
    return seen


def test_an_alarm_begins_at_its_limit_and_ends_well_below_it() -> None:
    assert follow(WAITING, 10, [9, 10, 9, 10, 9, 8, 9]) == [False, True, True, True, True, False, False]
    assert follow(WAITING, 1, [0, 1, 0]) == [False, True, False]
    assert follow(LONGEST, 100, [99, 100, 85, 80, 79]) == [False, True, True, True, False]
    assert follow(LEVEL, 80, [80, 79, 81, 82, 83, 81]) == [False, True, True, True, False, False]
    assert follow(LEVEL, 99, [98, 100]) == [True, False], "a hundred percent always ends it"


def test_a_reading_that_jumps_every_second_does_not_make_the_alarm_flap() -> None:
    seen = follow(WAITING, 5, [5, 0] * 40, every=1)
    changes = sum(before != after for before, after in itertools.pairwise(seen))
    assert changes <= 2


def test_that_nobody_is_available_must_last_before_it_is_told() -> None:
    assert follow(NOBODY, 120, [1, 1, 1, 1, 0]) == [False, False, True, True, False]
    assert follow(NOBODY, 120, [1, 1, 0, 1, 1, 1]) == [False, False, False, False, False, True], "a pause begins anew"


def test_nothing_to_read_neither_begins_nor_keeps_an_alarm() -> None:
    assert follow(LEVEL, 80, [None, 50, None, None]) == [False, True, False, False]


@given(
    st.sampled_from(AlarmKind),
    st.integers(1, 99),
    st.lists(st.none() | st.floats(0, 200), max_size=60),
    st.integers(1, 90),
)
def test_whatever_is_read_an_alarm_stands_for_its_least_time(
    kind: AlarmKind, limit: int, readings: list[float | None], every: int
) -> None:
    standing, began = Standing(), None
    for number, reading in enumerate(readings):
        now = NOON + timedelta(seconds=number * every)
        after = judge(kind, limit, reading, standing, now)
        if standing.began_at is not None and after.began_at is None:
            assert now - standing.began_at >= SHORTEST
        if standing.began_at is not None and after.began_at is not None:
            assert after.began_at == standing.began_at
        assert (after.met_since is None) or after.met_since <= now
        standing, began = after, after.began_at
    assert began is None or began >= NOON


# --- the service ------------------------------------------------------------------------------------------------------


@pytest.fixture
def hall(town: Any, as_system: None) -> Hall:
    return Hall(town)


def limits(hall: Hall, given_limits: dict[Any, int], name: str = "supervisor", **more: Any) -> None:
    set_alarm_limits(actor=hall.town.actors[name], limits=given_limits, **more)


def standing(hall: Hall) -> list[str]:
    return sorted(row.kind for row in standing_alarms(actor=hall.town.supervisor))


@pytest.mark.django_db
def test_callers_who_wait_bring_alarms_of_the_centre_and_of_the_queue_and_they_end(hall: Hall) -> None:
    limits(hall, {(WAITING, None): 2, (WAITING, hall.queue.id): 3, (LONGEST, hall.queue.id): 60})
    hall.incoming()
    assert watch_alarms(now=hall.now()) == 0
    second = hall.incoming(caller="+819055550102")
    assert watch_alarms(now=hall.now()) == 1 and watch_alarms(now=hall.now()) == 0, "told once"
    hall.leap(61)
    watch_alarms(now=hall.now())
    assert standing(hall) == ["longest_wait", "waiting"]
    with system_transaction():
        assert Alarm.objects.get(kind="waiting").queue_id is None
        assert Alarm.objects.get(kind="longest_wait").last_reading == 61
    hall.world.peer_hangs_up(hall.leg(second))
    hall.turn()
    watch_alarms(now=hall.now())
    assert standing(hall) == ["longest_wait"]
    assert [row.kind for row in past_alarms(actor=hall.town.counsellor)] == ["waiting"]
    assert hall.topics().count("alarm_began") == 2 and hall.topics().count("alarm_ended") == 1


@pytest.mark.django_db
def test_nobody_available_counts_only_while_the_centre_is_open(hall: Hall) -> None:
    limits(hall, {(NOBODY, None): 30})
    watch_alarms(now=hall.now())
    watch_alarms(now=hall.now() + timedelta(seconds=31))
    assert standing(hall) == ["nobody_available"]
    hall.seat("counsellor")
    watch_alarms(now=hall.now() + timedelta(seconds=120))
    assert standing(hall) == []
    hall.board_closed()
    evening = hall.now() + timedelta(hours=10)
    watch_alarms(now=evening)
    watch_alarms(now=evening + timedelta(minutes=5))
    assert standing(hall) == []


@pytest.mark.django_db
def test_the_service_level_speaks_after_ten_calls(hall: Hall) -> None:
    limits(hall, {(LEVEL, None): 80})
    for number in range(9):
        call = hall.incoming(caller=f"+8190555502{number:02}")
        hall.world.peer_hangs_up(hall.leg(call))
        hall.turn()
    watch_alarms(now=hall.now())
    assert standing(hall) == []
    call = hall.incoming(caller="+819055550300")
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert watch_alarms(now=hall.now(), levels=False) == 0
    assert watch_alarms(now=hall.now()) == 1 and standing(hall) == ["service_level"]


@pytest.mark.django_db
def test_limits_are_replaced_together_and_alarms_of_those_that_are_gone_end(hall: Hall) -> None:
    limits(hall, {(WAITING, None): 1}, sound=True)
    hall.incoming()
    watch_alarms(now=hall.now())
    assert standing_alarms(actor=hall.town.supervisor).get().sound
    limits(hall, {(LONGEST, None): 300}, name="official")
    assert standing(hall) == []
    assert [row.kind for row in alarm_limits(actor=hall.town.counsellor)] == ["longest_wait"]
    assert AccessRecord.objects.filter(action="set_alarm_limits").count() == 2


@pytest.mark.django_db
def test_an_alarm_is_taken_care_of_by_the_first_who_says_so(hall: Hall) -> None:
    limits(hall, {(WAITING, None): 1})
    hall.incoming()
    watch_alarms(now=hall.now())
    alarm = standing_alarms(actor=hall.town.supervisor).get()
    acknowledge_alarm(actor=hall.town.supervisor, alarm_id=alarm.id)
    again = acknowledge_alarm(actor=hall.town.official, alarm_id=alarm.id)
    assert again.acknowledged_by == hall.town.supervisor.id
    assert AccessRecord.objects.filter(action="acknowledge_alarm").count() == 1
    assert standing(hall) == ["waiting"], "it goes on until the reading is well again"


@pytest.mark.django_db
def test_what_is_no_limit_is_refused_and_others_may_neither_set_nor_see(hall: Hall) -> None:
    for place, limit in (
        ((WAITING, None), 0), ((LEVEL, None), 100), ((NOBODY, hall.queue.id), 60), ((WAITING, hall.partner_queue.id), 3),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            limits(hall, {place: limit})
    for name in ("counsellor", "ncac", "admin", "outsider"):
        with pytest.raises(NotAllowed):
            limits(hall, {(WAITING, None): 1}, name=name)
    limits(hall, {(WAITING, None): 1})
    hall.incoming()
    watch_alarms(now=hall.now())
    alarm = standing_alarms(actor=hall.town.counsellor).get()
    for name in ("outsider", "outside_official", "ncac", "admin"):
        assert not standing_alarms(actor=hall.town.actors[name]).exists()
        assert not alarm_limits(actor=hall.town.actors[name]).exists()
    with pytest.raises(NotFound):
        acknowledge_alarm(actor=hall.town.outside_official, alarm_id=alarm.id)
    with pytest.raises(NotAllowed):
        acknowledge_alarm(actor=hall.town.counsellor, alarm_id=alarm.id)


@pytest.mark.django_db
def test_the_switchboards_process_watches_them(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    limits(hall, {(WAITING, None): 1})
    hall.incoming()
    stop, signals = threading.Event(), hall.engine.signals

    def last(**given: Any) -> Any:
        stop.set()
        return signals(**given)

    monkeypatch.setattr(hall.engine, "signals", last)
    monkeypatch.setattr(process, "open_port", lambda: hall.engine)
    # The test's own connection holds its transaction.
    monkeypatch.setattr(process, "close_old_connections", lambda: None)
    monkeypatch.setattr(process, "WATCH_EVERY_S", -1.0)
    process.run(stop)
    assert standing(hall) == ["waiting"]
