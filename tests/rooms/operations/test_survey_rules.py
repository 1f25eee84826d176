"""Rules of surveys: questions as data, who is asked, and how sure a result is. Worked examples by hand."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.operations.rules import standard_survey
from caasis.operations.rules.survey_asking import CaseFacts, LastAsked, in_sample, is_active, way_of, why_not_again
from caasis.operations.rules.survey_results import FEWEST, Estimate, ces, csat, hide_small, nps, wilson
from caasis.operations.rules.surveys import (
    LONGEST_ANSWER,
    Question,
    check_answers,
    question_of,
    questionnaire_errors,
    questions_of,
)
from caasis.operations.vocabulary import NotAsked, QuestionKind, SurveyChannel

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
STANDARD = standard_survey.QUESTIONS
FINE = CaseFacts(
    ended_reason="advised", conduct=False, care=frozenset(), watched=False, sampled=True, web=False, phone_wanted=True,
    mobile=True, consent=True, sms_ready=True,
)  # fmt: skip


def facts(**more):
    from dataclasses import replace

    return replace(FINE, **more)


# --- questions ------------------------------------------------------------------------------------------------------


def test_the_standard_survey_is_sound_and_comes_back_from_its_stored_form():
    assert questionnaire_errors(STANDARD) == {}
    assert questions_of([one.as_data() for one in STANDARD]) == STANDARD


@pytest.mark.parametrize(
    ("questions", "place"),
    [
        ([], "questions"),
        ([Question("a", QuestionKind.TEXT, "")], "q1"),
        ([Question("a", QuestionKind.TEXT, "あ" * 121)], "q1"),
        ([Question("a", QuestionKind.CSAT, "満足？"), Question("b", QuestionKind.CSAT, "もう一度")], "q2"),
        ([Question("a", QuestionKind.CHOICE, "どれ？", options=(("x", "これだけ"),))], "q1"),
        ([Question("a", QuestionKind.CHOICE, "どれ？", options=(("x", "同じ"), ("y", "同じ")))], "q1"),
        ([Question("a", QuestionKind.TEXT, "何？", only_if="b", only_values=("1",))], "q1"),
        ([Question("a", QuestionKind.CSAT, "満足？"), Question("b", QuestionKind.TEXT, "何？", only_if="a", only_values=("6",))], "q2"),
        ([Question("a", QuestionKind.TEXT, "何？"), Question("a", QuestionKind.TEXT, "何？")], "q2"),
        ([Question(f"k{n}", QuestionKind.TEXT, "何？") for n in range(11)], "questions"),
    ],
)
def test_questions_that_cannot_be_asked_are_named(questions, place):
    errors = questionnaire_errors(questions)
    assert list(errors) == [place] and all(len(one) <= 40 for one in errors[place])


def test_a_question_is_asked_only_after_the_answer_that_leads_to_it():
    answers, errors = check_answers(STANDARD, {"satisfaction": "5", "reason": "manner"})
    assert errors == {} and answers.values == {"satisfaction": "5"}
    answers, errors = check_answers(STANDARD, {"satisfaction": "2", "reason": "manner"})
    assert errors == {} and answers.values == {"satisfaction": "2", "reason": "manner"}


def test_a_required_question_must_be_answered_but_not_when_it_is_not_asked():
    first = Question("a", QuestionKind.CSAT, "満足？")
    then = Question("b", QuestionKind.TEXT, "なぜ？", required=True, only_if="a", only_values=("1",))
    assert check_answers([first, then], {"a": "5"})[1] == {}
    assert list(check_answers([first, then], {"a": "1"})[1]) == ["b"]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "satisfaction"),
        ({"satisfaction": "0"}, "satisfaction"),
        ({"satisfaction": "6"}, "satisfaction"),
        ({"satisfaction": "９９９９"}, "satisfaction"),
        ({"satisfaction": "5", "recommend": "11"}, "recommend"),
        ({"satisfaction": "5", "effort": "1e3"}, "effort"),
        ({"satisfaction": "1", "reason": "'; DROP"}, "reason"),
        ({"satisfaction": "5", "words": "あ" * (LONGEST_ANSWER + 1)}, "words"),
        ({"satisfaction": "5", "words": "\ud800"}, "words"),
    ],
)
def test_what_was_never_offered_is_no_answer(given, key):
    _, errors = check_answers(STANDARD, given)
    assert list(errors) == [key] and all(len(one) <= 40 for one in errors[key])


def test_points_are_read_by_the_kind_of_the_question():
    answers, _ = check_answers(STANDARD, {"satisfaction": "4", "recommend": "0", "words": " ありがとう\r\n\x00"})
    points = [answers.point(STANDARD, kind) for kind in (QuestionKind.CSAT, QuestionKind.NPS, QuestionKind.CES)]
    assert points == [4, 0, None]
    assert answers.words == {"words": "ありがとう"}


@given(st.dictionaries(st.sampled_from([one.key for one in STANDARD] + ["other"]), st.text(max_size=30)))
def test_whatever_is_sent_only_offered_answers_are_kept(sent):
    answers, _ = check_answers(STANDARD, sent)
    offered = {one.key: {value for value, _ in one.choices()} for one in STANDARD}
    assert all(value in offered[key] for key, value in answers.values.items())
    assert set(answers.words) <= {"words"}
    assert "reason" not in answers.values or answers.values["satisfaction"] in ("1", "2")


def test_what_is_no_question_is_refused():
    with pytest.raises((ValueError, KeyError)):
        question_of({"key": "a", "kind": "magic", "text": "?"})


# --- who is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({}, SurveyChannel.SMS),
        ({"web": True, "mobile": False, "consent": False}, SurveyChannel.STATUS),
        ({"ended_reason": "withdrawn"}, NotAsked.NOT_FINISHED),
        ({"conduct": True, "web": True}, NotAsked.CONDUCT),
        ({"care": frozenset({"secret"}), "web": True}, NotAsked.CARE),
        ({"care": frozenset({"hearing"})}, SurveyChannel.SMS),
        ({"watched": True}, NotAsked.CARE),
        ({"sampled": False, "web": True}, NotAsked.SAMPLE),
        ({"mobile": False}, NotAsked.NO_WAY),
        ({"phone_wanted": False}, NotAsked.NO_WAY),
        ({"consent": False}, NotAsked.NO_CONSENT),
        ({"sms_ready": False}, NotAsked.NO_SMS),
    ],
)
def test_the_way_to_ask_or_the_reason_not_to(more, answer):
    assert way_of(facts(**more)) is answer


def test_nobody_is_asked_twice_in_thirty_days_and_a_refusal_holds_for_ever():
    def ago(days: int) -> LastAsked:
        return LastAsked(NOW - timedelta(days=days))

    assert why_not_again([LastAsked()], now=NOW) is None
    assert why_not_again([ago(29)], now=NOW) is NotAsked.RECENTLY
    assert why_not_again([ago(30)], now=NOW) is None
    assert why_not_again([LastAsked(), ago(1)], now=NOW) is NotAsked.RECENTLY
    assert why_not_again([LastAsked(NOW - timedelta(days=900), refused=True)], now=NOW) is NotAsked.REFUSED


@given(st.binary(min_size=16, max_size=16), st.integers(0, 100))
def test_the_sample_is_the_same_each_time_and_a_larger_one_holds_the_smaller(mark, percent):
    assert in_sample(mark, 100) and not in_sample(mark, 0)
    if percent < 100 and in_sample(mark, percent):
        assert in_sample(mark, percent + 1)


def test_the_sample_has_about_the_share_that_was_asked_for():
    marks = [hashlib.sha256(str(n).encode()).digest() for n in range(4000)]
    assert 0.27 < sum(in_sample(mark, 30) for mark in marks) / 4000 < 0.33


def test_a_survey_asks_from_its_first_to_its_last_day():
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    asked = [is_active(date(2026, *day), since=first, until=last) for day in ((10, 31), (11, 1), (11, 30), (12, 1))]
    assert asked == [False, True, True, False]
    assert is_active(last, since=None, until=None)


# --- results --------------------------------------------------------------------------------------------------------


def test_csat_by_hand():
    """8 of 10 satisfied: Wilson (0.8 + 0.19207 ± 1.95996·√(0.016 + 0.0096036)) / 1.384146 = 0.4902 to 0.9433."""
    found = csat({5: 5, 4: 3, 3: 1, 1: 1})
    assert found.n == 10 and found.value == 0.8
    assert found.low == pytest.approx(0.4902, abs=1e-4) and found.high == pytest.approx(0.9433, abs=1e-4)


def test_nps_by_hand():
    """5 promoters, 2 detractors of 10: 30; variance 0.7 - 0.09 = 0.61, error √0.061 = 0.24698, interval 30 ± 48.4."""
    found = nps({10: 3, 9: 2, 8: 2, 7: 1, 6: 1, 0: 1})
    assert found.value == pytest.approx(30)
    assert found.low == pytest.approx(-18.41, abs=0.01) and found.high == pytest.approx(78.41, abs=0.01)


def test_ces_by_hand():
    """4, 5, 6, 6, 7: mean 5.6, variance 5.2 / 4 = 1.3, error √0.26 = 0.50990, t(4) = 2.776: 5.6 ± 1.4155, cut at 7."""
    found = ces({4: 1, 5: 1, 6: 2, 7: 1})
    assert found.value == pytest.approx(5.6)
    assert found.low == pytest.approx(4.1845, abs=1e-3) and found.high == 7.0


def test_fewer_than_five_answers_are_not_shown():
    for measure, point in ((csat, 5), (nps, 10), (ces, 7)):
        few = measure({point: FEWEST - 1})
        assert (few.n, few.value, few.low, few.high) == (4, None, None, None) and not few.is_shown
        assert measure({point: FEWEST}).is_shown


def test_all_alike_is_not_certain():
    assert nps({10: 6}).low < 100 and nps({0: 6}).high > -100
    same = nps({8: 6})
    assert same.value == 0 and same.low < 0 < same.high
    # 6 six times: 6 ± 2.571·√(1/12/6) = 6 ± 0.303.
    assert ces({6: 6}).low == pytest.approx(5.697, abs=1e-3)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError):
        wilson(0, 0)
    with pytest.raises(ValueError):
        wilson(3, 2)


@given(st.dictionaries(st.integers(0, 10), st.integers(0, 300)))
def test_a_value_lies_within_its_interval_and_the_interval_within_the_scale(counts):
    for measure, low, high, bottom in ((csat, 0, 1, 1), (nps, -100, 100, 0), (ces, 1, 7, 1)):
        top = {csat: 5, nps: 10, ces: 7}[measure]
        found = measure({point: n for point, n in counts.items() if bottom <= point <= top})
        if found.value is None:
            assert found.n < FEWEST
            continue
        assert low - 1e-9 <= found.low <= found.value + 1e-9 and found.value - 1e-9 <= found.high <= high + 1e-9
        assert all(map(math.isfinite, (found.low, found.value, found.high)))


def test_what_is_hidden_cannot_be_worked_out_from_the_total():
    def lines(*numbers):
        return [Estimate(n, 0.5, 0.4, 0.6) if n >= FEWEST else Estimate(n) for n in numbers]

    assert [one.is_shown for one in hide_small(lines(20, 6, 2))] == [True, False, False]
    assert [one.is_shown for one in hide_small(lines(20, 6, 3, 3))] == [True, True, False, False]
    assert [one.is_shown for one in hide_small(lines(20, 6, 0))] == [True, True, False]
    assert [one.n for one in hide_small(lines(20, 6, 2))] == [20, 6, 2]


@given(st.lists(st.integers(0, 12), max_size=8))
def test_hidden_lines_rest_on_five_answers_together_or_on_none(numbers):
    made = [Estimate(n, 0.5, 0.4, 0.6) if n >= FEWEST else Estimate(n) for n in numbers]
    found = hide_small(made)
    hidden = sum(one.n for one in found if not one.is_shown)
    assert hidden == 0 or hidden >= FEWEST or not any(one.is_shown for one in found)
