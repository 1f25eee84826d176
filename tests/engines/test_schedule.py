"""Opening hours, lunch breaks, holidays and open minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caasis.engines.schedule import Closure, DayKind, Hours, NeverOpens, Schedule
from caasis.kernel.clock import JST

WORKDAY = (Hours.parse("9:00-12:00"), Hours.parse("13:00-16:30"))
WEEKDAYS = dict.fromkeys(range(5), WORKDAY)
# 24 November 2025 is the substitute holiday for Labour Thanksgiving Day, a Monday.
HOLIDAYS = {date(2025, 11, 3), date(2025, 11, 24), date(2026, 1, 1), date(2026, 1, 12)}
CENTRE = Schedule(weekly=WEEKDAYS, holidays=HOLIDAYS)
ROUND_THE_CLOCK = Schedule(weekly=dict.fromkeys(range(7), (Hours(0, 1440),)), year_end=None)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2025-11-20 08:59:59", False),
        ("2025-11-20 09:00", True),
        ("2025-11-20 11:59:59", True),
        ("2025-11-20 12:00", False),
        ("2025-11-20 12:59", False),
        ("2025-11-20 13:00", True),
        ("2025-11-20 16:30", False),
        ("2025-11-22 10:00", False),  # Saturday
        ("2025-11-24 10:00", False),  # holiday
        ("2025-12-29 10:00", False),
        ("2026-01-02 10:00", False),
        ("2026-01-05 10:00", True),
    ],
)
def test_hours_are_half_open_and_respect_lunch_weekends_and_holidays(moment: str, is_open: bool) -> None:
    assert CENTRE.is_open(at(moment)) is is_open


def test_moments_in_other_zones_are_read_in_japan() -> None:
    assert CENTRE.is_open(datetime(2025, 11, 20, 0, 0, tzinfo=UTC))
    assert not CENTRE.is_open(datetime(2025, 11, 20, 9, 0, tzinfo=UTC))
    assert CENTRE.next_opening(datetime(2025, 11, 19, 23, 0, tzinfo=UTC)) == at("2025-11-20 09:00")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CENTRE.is_open(datetime(2025, 11, 20, 10, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("moment", "closing"),
    [
        ("2025-11-20 09:00", "2025-11-20 12:00"),
        ("2025-11-20 13:00", "2025-11-20 16:30"),
        ("2025-11-20 12:30", None),
        ("2025-11-20 20:00", None),
    ],
)
def test_an_opening_ends_at_the_lunch_break_or_in_the_evening(moment: str, closing: str | None) -> None:
    assert CENTRE.closes_at(at(moment)) == (at(closing) if closing else None)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2025-11-20 08:00", "2025-11-20 09:00"),
        ("2025-11-20 09:00", "2025-11-20 13:00"),  # open now: the next one is after lunch
        ("2025-11-20 12:10", "2025-11-20 13:00"),
        ("2025-11-21 17:00", "2025-11-25 09:00"),  # over a weekend and a holiday
        ("2025-12-26 17:00", "2026-01-05 09:00"),  # over the turn of the year
    ],
)
def test_the_next_opening_skips_closed_days(moment: str, opening: str) -> None:
    assert CENTRE.next_opening(at(moment)) == at(opening)


def test_closures_and_special_openings_override_the_week() -> None:
    centre = Schedule(
        weekly=WEEKDAYS,
        holidays=lambda day: day in HOLIDAYS,
        holiday_hours=(Hours.parse("10:00-12:00"),),
        closures=(Closure(date(2025, 11, 18), date(2025, 11, 21), "改修工事のため"),),
        special_openings={date(2025, 11, 22): (Hours.parse("10:00-15:00"),), date(2025, 11, 20): WORKDAY},
    )
    assert centre.plan(date(2025, 11, 22)).kind is DayKind.SPECIAL_OPENING
    assert centre.plan(date(2025, 11, 20)).hours == WORKDAY, "a special opening beats a closure"
    closed = centre.plan(date(2025, 11, 18))
    assert (closed.kind, closed.hours, closed.reason) == (DayKind.CLOSURE, (), "改修工事のため")
    assert centre.plan(date(2025, 11, 17)).kind is DayKind.WEEKDAY
    holiday = centre.plan(date(2025, 11, 24))
    assert (holiday.kind, holiday.hours) == (DayKind.HOLIDAY, (Hours(600, 720),))
    assert centre.plan(date(2026, 1, 1)).kind is DayKind.YEAR_END, "年末年始 beats the hours of a holiday"
    assert centre.next_opening(at("2025-11-20 17:00")) == at("2025-11-22 10:00")


def test_the_turn_of_the_year_can_be_kept_open_or_lie_within_one_year() -> None:
    assert Schedule(weekly=WEEKDAYS, year_end=None).is_open(at("2025-12-30 10:00"))
    december = Schedule(weekly=WEEKDAYS, year_end=((12, 30), (12, 31)))
    assert not december.is_open(at("2025-12-31 10:00"))
    assert december.is_open(at("2025-12-29 10:00"))
    assert december.is_open(at("2026-01-02 10:00"))


def test_an_opening_over_midnight_is_one_opening() -> None:
    night = Schedule(weekly={0: (Hours.parse("22:00-24:00"),), 1: (Hours.parse("0:00-2:00"),)}, year_end=None)
    assert night.closes_at(at("2025-11-17 23:00")) == at("2025-11-18 02:00")
    assert night.closes_at(at("2025-11-18 01:00")) == at("2025-11-18 02:00")
    assert night.next_opening(at("2025-11-17 23:00")) == at("2025-11-24 22:00")
    assert night.is_open(at("2025-11-18 00:00"))
    assert night.business_minutes_between(at("2025-11-17 12:00"), at("2025-11-18 12:00")) == 240


def test_an_office_round_the_clock_neither_closes_nor_opens() -> None:
    assert ROUND_THE_CLOCK.closes_at(at("2025-11-20 12:00")) is None
    assert ROUND_THE_CLOCK.next_opening(at("2025-11-20 12:00")) is None
    assert ROUND_THE_CLOCK.add_business_minutes(at("2025-11-20 12:00"), 3 * 1440) == at("2025-11-23 12:00")


def test_an_office_that_never_opens_says_so() -> None:
    closed = Schedule(weekly={})
    assert closed.next_opening(at("2025-11-20 12:00")) is None
    assert closed.closes_at(at("2025-11-20 12:00")) is None
    assert closed.business_minutes_between(at("2025-11-20 12:00"), at("2026-11-20 12:00")) == 0
    with pytest.raises(NeverOpens):
        closed.add_business_minutes(at("2025-11-20 12:00"), 1)


def test_the_horizon_counts_from_the_last_open_day() -> None:
    two_days = {date(2025, 11, 20): (Hours(600, 660),), date(2025, 11, 28): (Hours(600, 660),)}
    assert Schedule(weekly={}, special_openings=two_days, horizon_days=8).add_business_minutes(
        at("2025-11-20 00:00"), 61
    ) == at("2025-11-28 10:01")
    with pytest.raises(NeverOpens):
        Schedule(weekly={}, special_openings=two_days, horizon_days=7).add_business_minutes(at("2025-11-20 00:00"), 61)


def test_open_minutes_leave_out_lunch_nights_and_holidays() -> None:
    assert CENTRE.business_minutes_between(at("2025-11-20 11:00"), at("2025-11-20 14:00")) == 120
    assert CENTRE.business_minutes_between(at("2025-11-21 16:00"), at("2025-11-25 09:30")) == 60
    assert CENTRE.business_minutes_between(at("2025-11-20 14:00"), at("2025-11-20 11:00")) == -120
    assert CENTRE.business_minutes_between(at("2025-11-20 10:00:30"), at("2025-11-20 10:02")) == 1
    assert CENTRE.business_time_between(at("2025-11-20 10:00:30"), at("2025-11-20 10:02")) == timedelta(seconds=90)


def test_a_limit_that_ends_with_the_hours_ends_at_closing() -> None:
    assert CENTRE.add_business_minutes(at("2025-11-20 11:00"), 60) == at("2025-11-20 12:00")
    assert CENTRE.add_business_minutes(at("2025-11-20 11:00"), 61) == at("2025-11-20 13:01")
    assert CENTRE.add_business_minutes(at("2025-11-21 16:30"), 30) == at("2025-11-25 09:30")
    assert CENTRE.add_business_minutes(at("2025-11-22 03:00"), 0) == at("2025-11-22 03:00")
    with pytest.raises(ValueError, match="negative"):
        CENTRE.add_business_minutes(at("2025-11-20 11:00"), -1)


@pytest.mark.parametrize(
    "text", ["9:00", "9-12", "9:00-9:00", "12:00-9:00", "9:00-24:01", "9:60-12:00", "-1:00-9:00", "９:00-10:00"]
)
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Hours.parse(text)


def test_hours_are_written_as_they_are_read() -> None:
    assert str(Hours.parse("9:05-24:00")) == "9:05-24:00"


def test_wrong_schedules_are_refused() -> None:
    with pytest.raises(ValueError, match="weekdays"):
        Schedule(weekly={7: WORKDAY})
    with pytest.raises(ValueError, match="overlap"):
        Schedule(weekly={0: (Hours(540, 720), Hours(719, 900))})
    with pytest.raises(ValueError, match="overlap"):
        Schedule(weekly={}, special_openings={date(2025, 11, 20): (Hours(780, 900), Hours(540, 720))})
    with pytest.raises(ValueError, match="closure"):
        Closure(date(2025, 11, 20), date(2025, 11, 19))


@st.composite
def _day_hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    return tuple(Hours(start * 15, end * 15) for start, end in zip(marks[::2], marks[1::2], strict=False))


@st.composite
def _schedules(draw: st.DrawFn) -> Schedule:
    days = st.dates(date(2025, 12, 20), date(2026, 1, 20))
    first = draw(days)
    return Schedule(
        weekly=draw(st.dictionaries(st.integers(0, 6), _day_hours())),
        holidays=draw(st.frozensets(days, max_size=4)),
        holiday_hours=draw(_day_hours()),
        closures=(Closure(first, first + timedelta(days=draw(st.integers(0, 3)))),),
        special_openings=draw(st.dictionaries(days, _day_hours(), max_size=3)),
        horizon_days=70,
    )


# Enough to find a planted error each time, and short enough for the five seconds that all engines have.
QUICK = settings(max_examples=40, deadline=None)
MOMENTS = st.datetimes(datetime(2025, 12, 20), datetime(2026, 1, 20), timezones=st.just(JST)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@QUICK
@given(_schedules(), MOMENTS, st.integers(0, 5000))
def test_adding_minutes_is_the_inverse_of_counting_them(schedule: Schedule, start: datetime, minutes: int) -> None:
    try:
        end = schedule.add_business_minutes(start, minutes)
    except NeverOpens:
        assert not any(schedule.weekly.values()), "only an office whose week is empty may have no answer"
        return
    assert end >= start
    assert schedule.business_minutes_between(start, end) == minutes
    if minutes:
        assert schedule.business_time_between(start, end - timedelta(seconds=1)) == timedelta(
            minutes=minutes, seconds=-1
        )


@QUICK
@given(_schedules(), MOMENTS, MOMENTS, MOMENTS)
def test_open_time_adds_up_and_turns_its_sign(schedule: Schedule, a: datetime, b: datetime, c: datetime) -> None:
    between = schedule.business_time_between
    assert between(a, b) + between(b, c) == between(a, c)
    assert between(a, b) == -between(b, a)
    assert schedule.business_minutes_between(a, b) == -schedule.business_minutes_between(b, a)


@QUICK
@given(_schedules(), st.dates(date(2025, 12, 20), date(2026, 1, 20)))
def test_open_minutes_are_the_minutes_at_which_the_office_is_open(schedule: Schedule, day: date) -> None:
    midnight = datetime.combine(day, time(), JST)
    # All hours of the strategy begin and end on quarters, so that a quarter is open or closed as a whole.
    quarters = [midnight + timedelta(minutes=15 * number) for number in range(96)]
    counted = 15 * sum(schedule.is_open(quarter) for quarter in quarters)
    assert schedule.business_minutes_between(midnight, midnight + timedelta(days=1)) == counted


@QUICK
@given(_schedules(), MOMENTS)
def test_openings_and_closings_are_where_the_state_changes(schedule: Schedule, moment: datetime) -> None:
    second = timedelta(seconds=1)
    closing = schedule.closes_at(moment)
    if closing is not None:
        assert schedule.is_open(moment)
        assert schedule.is_open(closing - second)
        assert not schedule.is_open(closing)
        assert schedule.business_time_between(moment, closing) == closing - moment
    opening = schedule.next_opening(moment)
    assume(opening is not None)
    assert opening is not None
    assert opening > moment
    assert schedule.is_open(opening)
    assert not schedule.is_open(opening - second)
    if not schedule.is_open(moment):
        assert schedule.business_time_between(moment, opening) == timedelta()
