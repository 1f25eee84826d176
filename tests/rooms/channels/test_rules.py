"""The room's pure rules: what an answer may be, which deadlines run, what the portal promises. No database."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caasis.channels.rules.deadlines import nearest_deadline, outlook
from caasis.channels.rules.promise import answer_due_at
from caasis.channels.rules.questionnaire import NAMES, clean_answers, clean_faq_number, clean_text, facts_from_answers
from caasis.kernel.clock import JST
from caasis.platform.lawfiles import current_law

TODAY = date(2026, 11, 20)

COMPLETE: dict[str, Any] = {
    "topic": "cancel",
    "injury": "no",
    "money_moving": "no",
    "who": "self",
    "story": "点検の契約",
    "how": "visit",
    "contracted_on": "2026-11-18",
    "amount": "４８万円",
    "reply_by": "site",
}


@pytest.mark.parametrize(
    ("name", "given_value", "kept"),
    [
        ("contracted_on", "令和8年11月18日", "2026-11-18"),
        ("contracted_on", "11/18", "2026-11-18"),
        ("contracted_on", "unknown", "unknown"),
        ("amount", "1,480,000", 1480000),
        ("amount", "3万8千円", 38000),
        ("amount", 0, 0),
        ("amount", "unknown", "unknown"),
        ("age", "７２歳", 72),
        ("postcode", "〒980-0811", "9800811"),
        ("phone", "０９０－１２３４－５６７８", "+819012345678"),
        ("mail", " ｈａｎａｋｏ＠example.jp", "hanako@example.jp"),
        ("faq_number", "ｆ１００１", "F-1001"),
        ("quiet", "family_secret", ["family_secret"]),
        ("name", "見本\n花子", "見本 花子"),
    ],
)
def test_what_people_write_is_understood(name: str, given_value: Any, kept: Any) -> None:
    answers, errors = clean_answers({name: given_value}, today=TODAY, complete=False)
    assert errors == {} and answers[name] == kept


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("topic", "nothing"),
        ("topic", ["cancel"]),
        ("injury", {"yes": 1}),
        ("story", 12),
        ("story", "あ" * 4001),
        ("contracted_on", "2026-11-21"),
        ("contracted_on", "1899-01-01"),
        ("contracted_on", "きのうの朝ごろ"),
        ("amount", -1),
        ("amount", True),
        ("amount", 10**15),
        ("amount", [1]),
        ("age", "131"),
        ("age", "-3"),
        ("postcode", "98008110"),
        ("prefecture", "48"),
        ("prefecture", "00"),
        ("phone", "110"),
        ("mail", "hanako@example"),
        ("mail", "a@b@example.jp"),
        ("exceptions", ["none", "car"]),
        ("exceptions", "everything"),
        ("quiet", [["x"]]),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_sentence(name: str, wrong: Any) -> None:
    _, errors = clean_answers({name: wrong}, today=TODAY, complete=False)
    (sentence,) = errors[name]
    assert sentence.endswith(("。", "jp")) and len(sentence) <= 40, sentence
    assert "不正" not in sentence and "無効" not in sentence


def test_a_complete_form_needs_what_it_needs_and_no_more() -> None:
    answers, errors = clean_answers(COMPLETE, today=TODAY)
    assert errors == {} and answers["amount"] == 480000
    for name in COMPLETE:
        _, errors = clean_answers({k: v for k, v in COMPLETE.items() if k != name}, today=TODAY)
        assert set(errors) == {name}
    without_contract = {k: v for k, v in COMPLETE.items() if k not in ("contracted_on", "amount")} | {"how": "none"}
    assert clean_answers(without_contract, today=TODAY)[1] == {}


@pytest.mark.parametrize(("way", "needed"), [("phone", "phone"), ("mail", "mail")])
def test_the_way_of_the_answer_needs_its_address(way: str, needed: str) -> None:
    assert set(clean_answers(COMPLETE | {"reply_by": way}, today=TODAY)[1]) == {needed}


def test_answers_that_contradict_each_other_are_told() -> None:
    _, errors = clean_answers(COMPLETE | {"document": "no", "document_on": "2026-11-18"}, today=TODAY)
    assert set(errors) == {"document_on"}
    _, errors = clean_answers(COMPLETE | {"document": "yes", "document_on": "2006-11-18"}, today=TODAY)
    assert set(errors) == {"document_on"}


# The machine may be busy; what is looked for here isn't speed.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(st.dictionaries(st.sampled_from([*NAMES, "else"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)))  # fmt: skip
def test_no_input_breaks_it_and_cleaning_again_changes_nothing(raw: dict[str, Any]) -> None:
    answers, errors = clean_answers(raw, today=TODAY)
    assert set(answers) <= set(NAMES)
    assert all(sentences and all(sentences) for sentences in errors.values())
    json.dumps(answers).encode()
    again, _ = clean_answers(answers, today=TODAY)
    assert again == {name: value for name, value in answers.items() if value not in ("", [])}


@UNHURRIED
@given(st.text())
def test_text_is_clean_and_stays_clean(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert "\x00" not in cleaned and "\r" not in cleaned and clean_text(cleaned) == cleaned


@pytest.mark.parametrize(("typed", "kept"), [("F-1042", "F-1042"), ("ｆ１０４２", "F-1042"), ("", ""), ("x" * 99, ""), (None, ""), ("<b>", "")])
def test_an_article_number_is_kept_or_dropped(typed: Any, kept: str) -> None:
    assert clean_faq_number(typed) == kept


# --- deadlines ------------------------------------------------------------------------------------------------


def facts(**changes: Any) -> dict[str, Any]:
    answers, errors = clean_answers(
        COMPLETE | {"document": "yes", "document_on": "2026-11-18", "exceptions": ["none"], "paid": "none"} | changes, today=TODAY
    )
    assert errors == {}
    return facts_from_answers(answers)


def test_a_visit_with_every_doubt_answered_has_a_sure_deadline() -> None:
    found = outlook(facts(), law=current_law(), today=TODAY)
    assert found.first is not None and found.first in found.sure
    assert found.first.deadline == date(2026, 11, 25)
    assert nearest_deadline(facts(), law=current_law(), today=TODAY) == date(2026, 11, 25)


@pytest.mark.parametrize("change", [{"exceptions": ["unknown"]}, {"exceptions": []}, {"amount": "unknown"}])
def test_an_open_question_leaves_it_possible_only(change: dict[str, Any]) -> None:
    found = outlook(facts(**change), law=current_law(), today=TODAY)
    assert found.sure == ()


def test_the_queue_sorts_by_a_deadline_that_may_run_also_where_the_consumer_is_told_less() -> None:
    assert nearest_deadline(facts(exceptions=["unknown"]), law=current_law(), today=TODAY) == date(2026, 11, 25)
    unknown_document = facts(document="unknown", document_on="")
    assert nearest_deadline(unknown_document, law=current_law(), today=TODAY) == date(2026, 11, 25)
    assert outlook(unknown_document, law=current_law(), today=TODAY).sure == ()


@pytest.mark.parametrize("how", ["friend", "unknown", "none"])
def test_an_unknown_trade_has_no_deadline(how: str) -> None:
    found = outlook(facts(how=how), law=current_law(), today=TODAY)
    assert found.first is None and nearest_deadline(facts(how=how), law=current_law(), today=TODAY) is None


def test_what_is_over_is_no_deadline_for_the_queue() -> None:
    old = facts(contracted_on="2026-10-01", document_on="2026-10-01")
    assert nearest_deadline(old, law=current_law(), today=TODAY) is None


def test_a_car_takes_the_right_away() -> None:
    assert outlook(facts(exceptions=["car"]), law=current_law(), today=TODAY).first is None


def test_facts_hold_no_words_of_the_consumer() -> None:
    answers, _ = clean_answers(
        COMPLETE | {"name": "見本 花子", "business": "あおぞら", "product": "給湯器", "postcode": "9800811", "age": 72}, today=TODAY
    )
    text = json.dumps(facts_from_answers(answers), ensure_ascii=False)
    for word in ("見本", "あおぞら", "給湯器", "9800811", "72", "点検"):
        assert word not in text


# --- the promise ------------------------------------------------------------------------------------------------


def test_an_answer_is_promised_within_three_days_on_which_offices_are_open() -> None:
    # Friday before 勤労感謝の日 (23 November, a Monday): Tuesday, Wednesday, Thursday.
    assert answer_due_at(datetime(2026, 11, 20, 23, 0, tzinfo=JST)) == datetime(2026, 11, 26, 17, 0, tzinfo=JST)
    for day in range(400):
        at = datetime(2026, 1, 1, 12, tzinfo=JST) + timedelta(days=day)
        assert timedelta(days=3) <= answer_due_at(at).date() - at.date() <= timedelta(days=12)
