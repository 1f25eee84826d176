"""Rules of follow-up lists on plain objects: hours to the minute, who may be called, what follows a call."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from caasis.appointments.rules.follow_ups import (
    USUAL_DAYS,
    CallDays,
    Facts,
    Limits,
    after_call,
    again_error,
    days_error,
    may_call,
    next_moment,
    noticed_enough,
    why_not,
)
from caasis.appointments.vocabulary import EntryState, FollowUpResult, NotCalled
from caasis.kernel.clock import JST

WEEK = CallDays.read(USUAL_DAYS)
LONG = CallDays({day: (time(9), time(20)) for day in range(6)})


def at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=JST)


@pytest.mark.parametrize(
    ("hour", "minute", "second", "allowed"),
    [(8, 59, 59, False), (9, 0, 0, True), (19, 59, 59, True), (20, 0, 0, False), (0, 0, 0, False)],
)
def test_nobody_is_called_before_nine_or_from_eight_on(hour, minute, second, allowed):
    assert may_call(at(12, 1, hour, minute, second), LONG) is allowed


def test_hours_wider_than_the_house_allows_are_cut_when_somebody_is_called():
    wide = CallDays({1: (time(6), time(23))})
    assert not may_call(at(12, 1, 8, 59), wide) and may_call(at(12, 1, 9), wide)
    assert may_call(at(12, 1, 19, 59), wide) and not may_call(at(12, 1, 20), wide)
    assert days_error(wide) == "9時から20時までの間で選んでください。"


def test_sundays_and_holidays_only_where_the_list_says_so():
    # 2026-11-29 is a Sunday, 2026-11-23 (Monday) is 勤労感謝の日.
    assert not may_call(at(11, 29, 11), LONG)
    assert may_call(at(11, 29, 11), CallDays({6: (time(10), time(17))}))
    assert not may_call(at(11, 23, 11), WEEK)
    assert may_call(at(11, 23, 11), CallDays(WEEK.hours, on_holidays=True))


def test_the_next_moment_passes_over_the_night_the_weekend_and_the_holiday():
    assert next_moment(at(12, 1, 8), WEEK) == at(12, 1, 10)
    assert next_moment(at(12, 1, 12, 34), WEEK) == at(12, 1, 12, 34)
    assert next_moment(at(12, 1, 17), WEEK) == at(12, 2, 10)
    assert next_moment(at(12, 4, 17), WEEK) == at(12, 7, 10), "Friday evening leads to Monday"
    assert next_moment(at(11, 20, 18), WEEK) == at(11, 24, 10), "the holiday on Monday too"
    assert next_moment(at(12, 1, 10), CallDays({})) is None


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(number="022-000-0001"), None),
        (Facts(person=False, number="022-000-0001"), NotCalled.NO_PERSON),
        (Facts(erased=True, number="022-000-0001"), NotCalled.ERASED),
        (Facts(consent=None, number="022-000-0001"), NotCalled.NO_CONSENT),
        (Facts(consent=False, number="022-000-0001"), NotCalled.CONSENT_ENDED),
        (Facts(number="022-000-0001", number_refused=True), NotCalled.REFUSED),
        (Facts(number="022-000-0001", number_refused=True, consent=None), NotCalled.REFUSED),
        (Facts(number=""), NotCalled.NO_NUMBER),
        (Facts(number="0120-000-000"), NotCalled.NUMBER),
        (Facts(number="022-000-0001", waits_elsewhere=True), NotCalled.OTHER_LIST),
        (Facts(number="022-000-0001", waits_elsewhere=True, on_this_list=True), NotCalled.SAME_LIST),
    ],
)
def test_who_may_be_called(facts, reason):
    assert why_not(facts) is reason


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (FollowUpResult.SETTLED, EntryState.DONE),
        (FollowUpResult.TROUBLED, EntryState.DONE),
        (FollowUpResult.REFUSED, EntryState.REFUSED),
        (FollowUpResult.WRONG_NUMBER, EntryState.WRONG_NUMBER),
    ],
)
def test_results_that_end_it(result, state):
    following = after_call(result, made=0, at=at(12, 1, 11), days=WEEK, limits=Limits())
    assert following.state is state and following.due_at is None and following.counts


@pytest.mark.parametrize("result", [FollowUpResult.NO_ANSWER, FollowUpResult.BUSY, FollowUpResult.NOT_THE_PERSON])
def test_who_was_not_reached_is_tried_again_until_the_most(result):
    limits = Limits(most=2, pause_minutes=60)
    first = after_call(result, made=0, at=at(12, 1, 16, 30), days=WEEK, limits=limits)
    assert (first.state, first.due_at) == (EntryState.WAITING, at(12, 2, 10)), "the pause leads behind the closing hour"
    assert after_call(result, made=1, at=at(12, 2, 11), days=WEEK, limits=limits).state is EntryState.UNREACHABLE


def test_a_call_that_was_never_made_is_no_try_and_an_agreed_moment_is_none_either():
    failed = after_call(FollowUpResult.FAILED, made=2, at=at(12, 1, 11), days=WEEK, limits=Limits(most=3))
    assert failed.state is EntryState.WAITING and failed.due_at == at(12, 1, 11) and not failed.counts
    later = after_call(
        FollowUpResult.LATER, made=2, at=at(12, 1, 11), days=WEEK, limits=Limits(most=3), again_at=at(12, 3, 15)
    )
    assert later.state is EntryState.WAITING and later.due_at == at(12, 3, 15) and not later.counts


def test_a_moment_to_call_again_lies_in_the_hours_of_the_list():
    now = at(12, 1, 11)
    assert again_error(None, now=now, days=WEEK) == "かけ直す日時を入れてください。"
    assert again_error(at(12, 1, 10), now=now, days=WEEK)
    assert again_error(now + timedelta(days=61), now=now, days=WEEK)
    assert again_error(at(12, 2, 9, 59), now=now, days=WEEK) == "名簿の、電話をかける曜日と時間の中で選んでください。"
    assert again_error(at(12, 2, 10), now=now, days=WEEK) == ""


def test_nobody_is_called_before_the_notice_went_out_long_enough_ago():
    told = at(12, 1, 10)
    assert noticed_enough(told, wanted=False, noticed_at=None, hours=48)
    assert not noticed_enough(told, wanted=True, noticed_at=None, hours=48)
    assert not noticed_enough(at(12, 3, 9, 59), wanted=True, noticed_at=told, hours=48)
    assert noticed_enough(at(12, 3, 10), wanted=True, noticed_at=told, hours=48)


def test_hours_of_a_list_have_a_day_and_an_order():
    assert days_error(CallDays({})) == "電話をかける曜日を、1つは選んでください。"
    assert days_error(CallDays({0: (time(12), time(12))})) == "終わりの時刻は、始まりより後にしてください。"
    assert days_error(WEEK) == ""
