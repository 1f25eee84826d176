"""Working together, the pure part: policy, response clocks, next attempts, follow-up days, mentions."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import uuid4

import pytest

from caasis.cases.rules.clocks import Step, clock_words, due_moment, replay
from caasis.cases.rules.mentions import mentioned
from caasis.cases.rules.tasks import follow_up_day, next_attempt, snoozed
from caasis.cases.rules.team_policy import (
    TeamPolicyValues,
    Tier,
    changes_in_words,
    from_json,
    hours_in_words,
    policy_errors,
    target_keys,
    target_of,
    to_json,
)
from caasis.cases.rules.team_words import Attempt, ClockKind, ClockStep, WaitingFor
from caasis.engines.schedule import Closure, Hours, Schedule
from caasis.kernel.actor import Role
from caasis.kernel.clock import JST

#: Monday to Friday 9–12 and 13–16:30; Tuesday 24 November 2026 is closed.
SCHEDULE = Schedule(
    weekly={day: (Hours.parse("9:00-12:00"), Hours.parse("13:00-16:30")) for day in range(5)},
    holidays=[date(2026, 11, 23)],
    closures=(Closure(date(2026, 11, 24), date(2026, 11, 24)),),
)


def at(day: int, clock: str) -> datetime:
    """A moment of November 2026 in Japan. The 26th is a Thursday."""
    return datetime.combine(date(2026, 11, day), time.fromisoformat(clock), JST)


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_target_is_counted_over_lunch_night_and_closed_days() -> None:
    assert due_moment(SCHEDULE, since=at(26, "11:30"), target=60, used=0) == at(26, "13:30")
    # Friday evening: the weekend, a holiday and a closed day don't count.
    assert due_moment(SCHEDULE, since=at(20, "16:00"), target=60, used=0) == at(25, "09:30")
    assert due_moment(SCHEDULE, since=at(26, "10:00"), target=60, used=90) == at(26, "10:00")
    assert due_moment(Schedule(weekly={}), since=at(26, "10:00"), target=60, used=0) is None


def test_pauses_do_not_count_and_the_steps_rebuild_the_figure() -> None:
    steps = [
        Step(at(26, "09:00"), ClockStep.STARTED, 120),
        Step(at(26, "10:00"), ClockStep.PAUSED),
        Step(at(27, "09:00"), ClockStep.RESUMED),
        Step(at(27, "09:45"), ClockStep.STOPPED),
    ]
    reading = replay(steps, SCHEDULE)
    assert (reading.used, reading.met, reading.stopped_at) == (105, True, at(27, "09:45"))
    assert replay([*steps[:3], Step(at(27, "10:30"), ClockStep.STOPPED)], SCHEDULE).met is False
    running = replay([*steps, Step(at(27, "13:00"), ClockStep.REVIVED)], SCHEDULE)
    assert (running.used, running.running_since, running.met) == (105, at(27, "13:00"), None)
    retargeted = replay([steps[0], Step(at(26, "09:10"), ClockStep.RETARGETED, 30), *steps[1:]], SCHEDULE)
    assert (retargeted.target, retargeted.met) == (30, False)
    with pytest.raises(ValueError):
        replay(steps[1:], SCHEDULE)


def test_a_clock_says_how_much_is_left_in_words() -> None:
    assert clock_words(ClockKind.FIRST, left=130).text == "お返事の目標まで 2時間10分（受付時間で）"
    late = clock_words(ClockKind.NEXT, left=-40)
    assert (late.text, late.tone) == ("お返事の目標を 40分 過ぎています", "late")
    assert clock_words(ClockKind.CLOSE, left=600, short=True).text == "あと 10時間"
    assert clock_words(ClockKind.FIRST, left=60).tone == "near" and clock_words(ClockKind.FIRST, left=61).tone == "calm"
    paused = clock_words(ClockKind.FIRST, left=-5, paused_for=WaitingFor.BUSINESS)
    assert (paused.tone, paused.text) == ("paused", "事業者の返事待ち（時計は止まっています）")


# --- policy -----------------------------------------------------------------------------------------------------------


def test_a_call_has_no_first_answer_and_an_urgent_case_less_time() -> None:
    policy = TeamPolicyValues()
    assert target_of(policy, channel="phone", urgent=False, kind=ClockKind.FIRST) == 0
    for group in ("web", "fax"):
        normal, urgent = (target_of(policy, channel=group, urgent=u, kind=ClockKind.FIRST) for u in (False, True))
        assert 0 < urgent < normal
    assert all(policy.targets[key] for key in target_keys()), "a target of the screen has no default"


def test_a_policy_survives_its_storage_and_an_older_one_gets_defaults() -> None:
    policy = TeamPolicyValues(tiers=(Tier(Role.OFFICIAL, 5),), amount=0, on_injury=False)
    assert from_json(to_json(policy)) == policy
    assert from_json({}) == TeamPolicyValues()
    assert changes_in_words(TeamPolicyValues(), policy) == [
        "頼む順番：センター職員（決裁者）（5分）",
        "金額の目安：1,000,000円 → 0円",
        "けが・事故を知らせる：しない",
    ]


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (TeamPolicyValues(tiers=()), "tiers"),
        (TeamPolicyValues(tiers=(Tier(Role.SUPERVISOR, 5), Tier(Role.SUPERVISOR, 6))), "tiers"),
        (TeamPolicyValues(tiers=(Tier(Role.NCAC, 5),)), "tiers"),
        (TeamPolicyValues(tiers=(Tier(Role.SUPERVISOR, 0),)), "minutes_1"),
        (TeamPolicyValues(targets={("web", "normal", "first"): -1}), "target_web_normal_first"),
        (TeamPolicyValues(amount=-1), "amount"),
        (TeamPolicyValues(untaken_minutes=99_999), "untaken_minutes"),
    ],
)
def test_a_policy_that_cannot_hold_is_refused_with_a_short_sentence(policy: TeamPolicyValues, field: str) -> None:
    errors = policy_errors(policy)
    assert list(errors) == [field] and all(len(text) <= 40 for text in errors[field])


def test_minutes_are_told_in_hours() -> None:
    assert [hours_in_words(n) for n in (0, 45, 60, 390)] == ["なし", "45分", "1時間", "6時間30分"]


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_a_busy_line_is_tried_soon_and_an_absent_person_at_another_time_of_the_day() -> None:
    busy = next_attempt(Attempt.BUSY, at=at(26, "11:50"), number=1, schedule=SCHEDULE)
    assert busy is not None and busy.at == at(26, "13:05")
    absent = next_attempt(Attempt.ABSENT, at=at(26, "10:00"), number=1, schedule=SCHEDULE)
    assert absent is not None and absent.at == at(26, "13:00"), "noon sharp lies in the lunch break"
    third = next_attempt(Attempt.ABSENT, at=at(27, "10:00"), number=3, schedule=SCHEDULE)
    assert third is not None and third.at == at(30, "15:00") and third.why == "3回不在なので、次の受付日の午後"
    later = next_attempt(Attempt.LATER, at=at(20, "15:00"), number=1, schedule=SCHEDULE)
    assert later is not None and later.at == at(25, "15:00")
    for result in (Attempt.REACHED, Attempt.WRONG_NUMBER):
        assert next_attempt(result, at=at(26, "10:00"), number=1, schedule=SCHEDULE) is None


def test_what_was_promised_is_asked_after_on_an_open_day() -> None:
    handled = date(2026, 10, 25)
    settled = follow_up_day(result="mediation_settled", notice_sent_on=None, handled_on=handled, schedule=SCHEDULE)
    assert settled == (date(2026, 11, 25), "あっせんの約束が履行されたか確かめる"), "the 24th is closed"
    notice = follow_up_day(result="advice", notice_sent_on=date(2026, 10, 20), handled_on=handled, schedule=SCHEDULE)
    assert notice is not None and "返金" in notice[1] and notice[0] == date(2026, 11, 25)
    assert follow_up_day(result="advice", notice_sent_on=None, handled_on=handled, schedule=SCHEDULE) == (
        date(2026, 11, 9), "自主交渉がまとまったか確かめる"
    )  # fmt: skip
    assert follow_up_day(result="information", notice_sent_on=None, handled_on=handled, schedule=SCHEDULE) is None


def test_a_snoozed_task_comes_back_when_the_centre_is_open() -> None:
    assert snoozed("quarter", at=at(26, "10:00"), schedule=SCHEDULE) == at(26, "10:15")
    assert snoozed("tomorrow", at=at(20, "16:00"), schedule=SCHEDULE) == at(25, "10:00")
    assert snoozed("week", at=at(16, "10:00"), schedule=SCHEDULE) == at(25, "10:00")
    assert snoozed("never", at=at(26, "10:00"), schedule=SCHEDULE) is None


# --- mentions ---------------------------------------------------------------------------------------------------------


def test_a_mention_finds_names_of_any_width_and_the_longest_that_fits() -> None:
    hana, hanako, taro = uuid4(), uuid4(), uuid4()
    staff = {hana: "見本 花", hanako: "見本 花子", taro: "例示 太郎"}
    assert mentioned("＠見本花子さん、@例示 太郎さん", staff) == [hanako, taro]
    assert mentioned("@見本　花、確認を", staff) == [hana]
    assert mentioned("見本 花子さんに聞いた。mail@example.jp", staff) == []
    twin = uuid4()
    assert mentioned("@例示太郎", {taro: "例示 太郎", twin: "例示太郎"}) == [taro, twin]
