"""Words and tiles for screens, the law file, JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources

import pytest

from caasis.engines.deadlines import (
    SALES_FORMS,
    Facts,
    LawError,
    Status,
    assess,
    days_strip,
    likely_transaction_types,
    load_law,
    strip_label,
    summary_for_consumer,
    with_sales_form,
)
from caasis.engines.deadlines.codec import FactsError, assessment_to_json, facts_from_json, facts_to_json
from tests.engines.deadline_cases import DOCUMENT_DAY, LAST_DAY, LAW, day, judge

TEXT = resources.files("caasis.engines.deadlines").joinpath("law.toml").read_text(encoding="utf-8")
BASE = {"contract_document_on": DOCUMENT_DAY, "contracted_on": DOCUMENT_DAY}
# Everything that could take the right away is answered.
SURE = BASE | {
    "requested_visit": False,
    "amount": 1_480_000,
    "car": False,
    "consumable_used": "none",
    "business_use": False,
}
HOTLINE = "くわしくは、消費者ホットライン188（局番なし）にお電話ください。"


def test_the_strip_draws_the_days_of_the_mock() -> None:
    tiles = days_strip(judge("door_to_door", day(11, 19), **BASE), day(11, 19))
    assert [tile.date.day for tile in tiles] == list(range(14, 22))
    assert "".join(tile.weekday for tile in tiles) == "土日月火水木金土"
    assert [tile.label for tile in tiles] == ["1日目", "", "", "", "", "今日", "", "期限"]
    assert [tile.number for tile in tiles if tile.is_past] == [1, 2, 3, 4, 5]
    assert [tile.date.day for tile in tiles if tile.is_holiday] == [15]
    assert (tiles[0].is_first, tiles[5].is_today, tiles[7].is_last) == (True, True, True)
    assert strip_label(tiles) == "11月14日（土）（1日目）から11月21日（土）（8日目・期限）"


def test_the_strip_marks_national_holidays() -> None:
    tiles = days_strip(judge("door_to_door", day(11, 20), contract_document_on=day(11, 20)), day(11, 20))
    assert [tile.date.day for tile in tiles if tile.is_holiday] == [22, 23]
    assert tiles[0].label == "今日"


def test_there_is_no_strip_without_a_period_or_for_a_long_one() -> None:
    assert days_strip(judge("door_to_door", LAST_DAY, contract_document_received=False), LAST_DAY) == ()
    assert days_strip(judge("care_home", LAST_DAY, moved_in_on=day(11, 1)), LAST_DAY) == ()
    assert len(days_strip(judge("multilevel", LAST_DAY, contract_document_on=day(11, 10)), LAST_DAY)) == 20
    assert strip_label(()) == ""


def summary(transaction_type: str, today: date, **facts: object) -> list[str]:
    return summary_for_consumer(assess(Facts(transaction_types=(transaction_type,), **facts), LAW, today), today)  # type: ignore[arg-type]


def test_a_certain_deadline_is_told_plainly() -> None:
    assert summary("door_to_door", day(11, 19), **SURE) == [
        "訪問販売：クーリング・オフの期限は11月21日（土）、あと2日です。",
        "通知は、期限の日までに出せば間に合います。",
        "安全のため、11月20日（金）までに出してください。",
    ]
    assert summary("door_to_door", LAST_DAY, **SURE)[0].endswith("今日までです。")
    weekday = SURE | {"contracted_on": day(11, 10), "contract_document_on": day(11, 10)}
    assert len(summary("door_to_door", day(11, 12), **weekday)) == 2


def test_a_possible_deadline_is_called_possible() -> None:
    lines = summary("door_to_door", day(11, 19), **BASE)
    assert lines[0] == "訪問販売：クーリング・オフできることがあります。できるときの期限は11月21日（土）、あと2日です。"
    assert lines[-1] == HOTLINE
    unknown_signing = summary("door_to_door", day(11, 20), contract_document_on=DOCUMENT_DAY)
    assert "安全のため、今日のうちに出してください。" in unknown_signing


@pytest.mark.parametrize(
    ("transaction_type", "facts"),
    [
        ("door_to_door", {"contract_document_on": day(1, 5)}),
        ("door_to_door", BASE | {"business_use": True}),
        ("door_to_door", {}),
        ("shop", {}),
    ],
)
def test_what_is_not_open_is_left_to_a_counsellor(transaction_type: str, facts: dict[str, object]) -> None:
    assert summary(transaction_type, LAST_DAY, **facts) == [HOTLINE]


def test_open_without_end_and_returns_are_told_as_possible() -> None:
    assert summary("door_to_door", LAST_DAY, contract_document_received=False) == [
        "訪問販売：今からでもクーリング・オフできる可能性があります。",
        HOTLINE,
    ]
    assert summary("mail_order", day(11, 19), delivered_on=DOCUMENT_DAY, return_policy_shown=False) == [
        "商品を返せることがあります。11月21日（土）までに、連絡が相手に届く必要があります。",
        HOTLINE,
    ]
    assert "届く前でも" in summary("mail_order", LAST_DAY, delivered=False, return_policy_shown=False)[0]
    care = summary("care_home", LAST_DAY, moved_in_on=day(11, 1))
    assert "解除できることがあります" in care[0]
    assert "相手に届く必要" in care[1]


def test_two_rights_do_not_repeat_the_same_sentence() -> None:
    both = Facts(transaction_types=("door_to_door",), credit_document_on=DOCUMENT_DAY, **SURE)  # type: ignore[arg-type]
    lines = summary_for_consumer(assess(both, LAW, day(11, 19)), day(11, 19))
    assert len(lines) == len(set(lines))
    assert any(line.startswith("個別クレジット（訪問販売）：") for line in lines)
    assert HOTLINE not in lines
    assert summary_for_consumer([], LAST_DAY) == [HOTLINE]


@pytest.mark.parametrize("code", SALES_FORMS)
def test_every_sales_form_leads_to_types_that_the_law_knows(code: str) -> None:
    assert set(likely_transaction_types(code)) <= set(LAW.transaction_types)


def test_sales_forms_and_legal_types_are_two_things() -> None:
    assert likely_transaction_types("shop") == ("specified_continuous",)
    assert likely_transaction_types("purchase") == ("door_to_door_purchase",)
    with pytest.raises(KeyError):
        likely_transaction_types("lottery")
    guessed = with_sales_form(Facts(), "shop")
    assert guessed.assumed_types == ("specified_continuous",)
    assert with_sales_form(Facts(), "door_to_door").assumed_types == ()
    named = Facts(transaction_types=("multilevel",))
    assert with_sales_form(named, "shop") is named


def test_the_law_file_is_complete() -> None:
    assert len({right.code for right in LAW.rights}) == len(LAW.rights)
    for right in LAW.rights:
        assert right.source
        assert right.verified or "要確認" in right.source
    names = set(Facts.__dataclass_fields__)
    assert {code for code in LAW.questions if code not in names} == {"transaction_type"}
    assert date(2025, 6, 30) == LAW.as_of


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "2025-06"', "version =", "not TOML"),
        ('version = "2025-06"', "", "missing entry"),
        ('kind = "cooling_off"', 'kind = "holiday"', "holiday"),
        ('label = "訪問販売"\n', 'label = "訪問販売"\ncolour = "red"\n', "colour"),
        ("days = 8\n", "", "needs a period"),
        ('documents = ["contract", "application"]\n', "", "needs a start"),
        ('documents = ["contract", "application"]', 'documents = ["letter"]', "letter is unknown"),
        ('"requested_visit", "small_cash"', '"weather", "small_cash"', "weather is unknown"),
        ('code = "car"', 'code = "boat"', "boat is unknown"),
        ('later_event = "delivered_on"', 'later_event = "dreamt_on"', "no fact dreamt_on"),
        ('door_to_door = "特定商取引法26条4項1号"\n', "", "no article for door_to_door"),
        ('types = ["door_to_door"]', 'types = ["lottery"]', "lottery is unknown"),
        ('unless_false = "excess_quantity"', 'unless_false = "luck"', "no fact luck"),
        ('resale_type = "商品を', 'other = "商品を', "resale_type is unknown"),
    ],
)
def test_a_damaged_law_file_is_refused(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(LawError, match=message):
        load_law(TEXT.replace(old, new, 1))


def test_facts_go_through_json_and_back() -> None:
    facts = Facts(
        transaction_types=("door_to_door",),
        contract_document_on=DOCUMENT_DAY,
        obstructed=False,
        amount=1_480_000,
        consumable_used="some",
    )
    encoded = json.loads(json.dumps(facts_to_json(facts)))
    assert encoded == {
        "transaction_types": ["door_to_door"],
        "contract_document_on": "2026-11-14",
        "obstructed": False,
        "amount": 1_480_000,
        "consumable_used": "some",
    }
    assert facts_from_json(encoded) == facts
    assert facts_from_json({"amount": None}) == Facts()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([], ""),
        ({"colour": 1}, "colour"),
        ({"contracted_on": "2026/11/14"}, "contracted_on"),
        ({"contracted_on": "2026-13-14"}, "contracted_on"),
        ({"contracted_on": "20261114"}, "contracted_on"),
        ({"contracted_on": 20261114}, "contracted_on"),
        ({"obstructed": "yes"}, "obstructed"),
        ({"amount": -1}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": 10**13}, "amount"),
        ({"consumable_used": "half"}, "consumable_used"),
        ({"transaction_types": "door_to_door"}, "transaction_types"),
        ({"transaction_types": [1]}, "transaction_types"),
    ],
)
def test_json_that_is_no_facts_is_refused_field_by_field(value: object, field: str) -> None:
    with pytest.raises(FactsError) as caught:
        facts_from_json(value)
    assert list(caught.value.problems) == [field]
    assert caught.value.problems[field].endswith("。")


def test_an_assessment_becomes_json() -> None:
    encoded = json.loads(json.dumps(assessment_to_json(judge("door_to_door", day(11, 19), **SURE))))
    assert encoded["status"] == "open"
    assert (encoded["deadline"], encoded["days_left"], encoded["day_one"]) == ("2026-11-21", 2, "2026-11-14")
    assert (encoded["counts"], encoded["certain"], encoded["verified"]) == ("dispatch", True, True)
    assert encoded["next_question"] == LAW.questions["document_faulty"]
    assert {"code", "question", "decides"} == set(encoded["unknown"][0])
    assert {"code", "article", "text", "verified"} == set(encoded["other_grounds"][0])
    assert encoded["as_of"] == "2025-06-30"
    none = assessment_to_json(judge("shop", LAST_DAY))
    assert (none["deadline"], none["next_question"]) == (None, None)


def test_an_unverified_right_is_never_certain() -> None:
    sure = judge("door_to_door", day(11, 19), **SURE)
    assert sure.certain
    assert not replace(sure, verified=False).certain
    assert not replace(sure, judgement=True).certain
    assert not replace(sure, status=Status.EXPIRED).certain


def test_the_sales_form_of_the_portal_leads_to_a_strip() -> None:
    facts = replace(with_sales_form(Facts(), "telephone"), contract_document_on=DOCUMENT_DAY)
    (first, *_) = assess(facts, LAW, LAST_DAY)
    assert days_strip(first, LAST_DAY)[-1].date == DOCUMENT_DAY + timedelta(days=7)
