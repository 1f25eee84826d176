"""Hours in which nobody is called, what follows a try, which numbers are called back: on plain objects."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.appointments.rules.hours import FARTHEST, USUAL, CallHours, Window, may_call, next_moment, window_error
from caasis.appointments.rules.numbers import NO_NUMBER, NOT_CALLED, number_error
from caasis.appointments.rules.tries import (
    BETWEEN_TRIES,
    KEEP_FOR,
    MOST_TRIES,
    Following,
    after_try,
    at_the_end,
    expires_at,
)
from caasis.appointments.vocabulary import CallbackState, TryResult
from caasis.kernel.clock import JST


def jst(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, second, tzinfo=JST)


ANY = Window(any_hour=True)


# --- hours ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (jst(1, 9), jst(1, 9)),
        (jst(1, 8, 59, 59), jst(1, 9)),
        (jst(1, 0), jst(1, 9)),
        (jst(1, 19, 59, 59), jst(1, 19, 59, 59)),
        (jst(1, 20), jst(2, 9)),
        (jst(31, 23, 59), datetime(2027, 1, 1, 9, tzinfo=JST)),
        (datetime(2026, 12, 1, 0, 0, tzinfo=UTC), jst(1, 9)),
        (datetime(2026, 12, 1, 11, 0, tzinfo=UTC), jst(2, 9)),
    ],
)
def test_nobody_is_called_before_nine_or_from_eight_in_the_evening_on(at, expected):
    assert next_moment(at, Window()) == expected
    assert may_call(at, Window()) == (at == expected)
    assert next_moment(at, ANY) == at and may_call(at, ANY)


def test_an_agreed_window_is_kept_and_ends():
    window = Window(jst(2, 10), jst(2, 12))
    assert next_moment(jst(1, 19), window) == jst(2, 10)
    assert next_moment(jst(2, 11, 59), window) == jst(2, 11, 59)
    assert next_moment(jst(2, 12), window) is None and not may_call(jst(2, 12), window)


def test_what_was_asked_for_at_night_is_called_at_night_and_else_waits_for_the_morning():
    evening = (jst(1, 20, 30), jst(1, 21))
    assert next_moment(jst(1, 18), Window(*evening)) is None
    assert next_moment(jst(1, 18), Window(*evening, any_hour=True)) == evening[0]
    # Over night: only the morning is left of it.
    assert next_moment(jst(1, 18), Window(jst(1, 20, 30), jst(2, 9, 30))) == jst(2, 9)


def test_other_hours_and_what_is_no_window():
    assert next_moment(jst(1, 7), Window(), CallHours(time(8), time(21))) == jst(1, 8)
    assert str(USUAL) == "9時から20時まで"
    with pytest.raises(ValueError):
        CallHours(time(9), time(9))
    with pytest.raises(ValueError):
        Window(jst(2, 10), jst(2, 10))


@pytest.mark.parametrize(
    ("window", "works"),
    [
        (Window(), True),
        (Window(jst(2, 10), jst(2, 12)), True),
        (Window(jst(2, 10), None), True),
        (Window(None, jst(1, 18)), True),
        (Window(None, jst(1, 15)), False),
        (Window(jst(1, 9), jst(1, 11)), False),
        (Window(jst(2, 10), jst(2, 10, 10)), False),
        (Window(jst(2, 10), jst(2, 10, 11)), True),
        (Window(jst(1, 14), jst(1, 15, 10)), False),
        (Window(jst(1, 19, 55), jst(1, 21)), False),
        (Window(jst(1, 19, 55), jst(1, 21), any_hour=True), True),
        (Window(jst(1, 20), jst(2, 9, 11)), True),
        (Window(jst(1, 15) + FARTHEST + timedelta(minutes=1), None, any_hour=True), False),
    ],
)
def test_which_windows_can_be_promised_at_three_in_the_afternoon(window, works):
    sentence = window_error(window, now=jst(1, 15))
    assert (sentence == "") == works
    assert works or sentence.endswith("。")


DAY_ONE = datetime.combine(date(2026, 1, 1), time())
MOMENTS = st.datetimes(DAY_ONE, DAY_ONE.replace(year=2028), timezones=st.just(JST))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, length = draw(st.none() | MOMENTS), draw(st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=20)))
    end = None if length is None else (start or draw(MOMENTS)) + length
    return Window(start, end, draw(st.booleans()))


@given(MOMENTS, windows())
def test_the_next_moment_is_the_first_at_which_one_may_call(at: datetime, window: Window):
    moment = next_moment(at, window)
    if moment is None:
        assert window.end is not None
        return
    assert moment >= at and may_call(moment, window)
    assert window.start is None or moment >= window.start
    assert window.end is None or moment < window.end
    assert window.any_hour or USUAL.first <= moment.astimezone(JST).time() < USUAL.last
    if moment > at:
        assert not may_call(moment - timedelta(microseconds=1), window), "not the first"
    assert next_moment(moment, window) == moment


# --- tries ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (TryResult.REACHED, CallbackState.REACHED),
        (TryResult.REFUSED, CallbackState.CANCELLED),
        (TryResult.WRONG_NUMBER, CallbackState.NOT_REACHED),
    ],
)
def test_some_results_end_it_at_once(result, state):
    assert after_try(result, counted=1, at=jst(1, 10), window=Window()) == Following(state)


@pytest.mark.parametrize("result", [TryResult.NO_ANSWER, TryResult.BUSY, TryResult.VOICEMAIL])
def test_who_was_not_reached_is_tried_three_times_half_an_hour_apart(result):
    for counted in range(1, MOST_TRIES):
        following = after_try(result, counted=counted, at=jst(1, 10), window=Window())
        assert following == Following(CallbackState.WAITING, jst(1, 10) + BETWEEN_TRIES)
    assert after_try(result, counted=MOST_TRIES, at=jst(1, 10), window=Window()) == Following(CallbackState.NOT_REACHED)


def test_the_next_try_keeps_the_hours_and_the_window():
    busy = TryResult.BUSY
    assert after_try(busy, counted=1, at=jst(1, 19, 45), window=Window()).due_at == jst(2, 9)
    window = Window(jst(1, 10), jst(1, 12))
    assert after_try(busy, counted=1, at=jst(1, 11, 20), window=window).due_at == jst(1, 11, 50)
    assert after_try(busy, counted=1, at=jst(1, 11, 40), window=window) == Following(CallbackState.NOT_REACHED)
    # A call that could not be made is no try: when the time is over, the promise was simply not kept.
    assert after_try(TryResult.FAILED, counted=0, at=jst(1, 11, 40), window=window) == Following(CallbackState.EXPIRED)


def test_when_a_promise_is_over():
    assert expires_at(Window(jst(2, 10), jst(2, 12)), promised_at=jst(1, 9)) == jst(2, 12)
    assert expires_at(Window(), promised_at=jst(1, 9)) == jst(1, 9) + KEEP_FOR
    assert expires_at(Window(jst(2, 10)), promised_at=jst(1, 9)) == jst(2, 10) + KEEP_FOR
    assert expires_at(Window(jst(1, 8)), promised_at=jst(1, 9)) == jst(1, 9) + KEEP_FOR
    assert (at_the_end(0).state, at_the_end(1).state) == (CallbackState.EXPIRED, CallbackState.NOT_REACHED)


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["022-261-1234", "０９０-1234-5678", "+81 3 1234 5678", "050-1234-5678", "07012345678"])
def test_numbers_of_people_are_called_back(number):
    assert number_error(number) == ""


@pytest.mark.parametrize("number", ["", "188", "110", "でんわ", "022-261", "090-1234-567"])
def test_what_is_no_number_is_told(number):
    assert number_error(number) == NO_NUMBER


@pytest.mark.parametrize(
    "number",
    ["+1 212 555 0100", "+44 20 7946 0958", "0120-123-456", "0800-123-4567", "0570-064-370", "0990-512-345", "0180-993-123", "020-1234-5678"],
)
def test_numbers_abroad_and_of_services_are_not_called_back(number):
    assert number_error(number) == NOT_CALLED
