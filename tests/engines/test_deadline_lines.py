"""Lines of JSON: what is asked, what is answered, what is refused, and the words of every status."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from caasis.engines.deadlines import Facts, Status, assess, name_of_right, status_words
from caasis.engines.deadlines.lines import LONGEST_LINE, LineError, Words, answer_line, error_line
from tests.engines.deadline_cases import DOCUMENT_DAY, LAST_DAY, LAW, day, judge

WORDS = Words({"訪問販売": "door_to_door", "個別信用購入あっせん": "individual_credit"}, {"店舗購入": "shop"})


def answer(**asked: Any) -> dict[str, Any]:
    return answer_line(json.dumps({"today": "2026-11-19", **asked}), LAW, WORDS)


def refusal(line: str) -> LineError:
    with pytest.raises(LineError) as caught:
        answer_line(line, LAW, WORDS)
    return caught.value


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("[]", ""),
        ("null", ""),
        ('{"today":"2026-11-19"', ""),
        ('{"today":"2026-11-19","amount":NaN}', ""),
        ('{"today":"2026-11-19","amount":1' + "0" * 5_000 + "}", ""),
        ("[" * 90_000, ""),
        ('"' + "x" * LONGEST_LINE + '"', ""),
        ('{"today":"2026-11-19","today":"2026-11-20"}', "today"),
        ("{}", "today"),
        ('{"today":"9999-12-31"}', "today"),
        ('{"today":"2026-W47-6"}', "today"),
        ('{"today":20261119}', "today"),
        ('{"today":"2026-11-19","transaction_types":["lottery"]}', "transaction_types"),
        ('{"today":"2026-11-19","assumed_types":["lottery"]}', "assumed_types"),
        ('{"today":"2026-11-19","transaction_types":[1]}', "transaction_types"),
        ('{"today":"2026-11-19","sales_form":"lottery"}', "sales_form"),
        ('{"today":"2026-11-19","sales_form":["shop"]}', "sales_form"),
        ('{"today":"2026-11-19","contracted_on":"0001-01-01"}', "contracted_on"),
        ('{"today":"2026-11-19","contracted_on":"2150-12-32"}', "contracted_on"),
        ('{"today":"2026-11-19","car":"no"}', "car"),
    ],
)
def test_a_line_that_cannot_be_answered_names_the_field_in_a_sentence(line: str, field: str) -> None:
    error = refusal(line)
    assert list(error.problems) == [field]
    assert error.problems[field].endswith("。")
    told = error_line(error)
    assert (told["field"], told["error"]) == (field, error.problems[field])


def test_all_that_is_wrong_is_told_at_once_and_the_id_comes_back() -> None:
    error = refusal('{"id":7,"today":"x","sales_form":"y","colour":1,"amount":-1}')
    assert list(error.problems) == ["today", "sales_form", "colour", "amount"]
    told = error_line(error)
    assert told["id"] == 7
    assert len(told["errors"]) == 4
    assert "id" not in error_line(refusal("[]"))


def test_names_are_codes() -> None:
    named = answer(
        transaction_types=["訪問販売", "訪問販売", "個別信用購入あっせん", "unknown"], assumed_types="訪問販売"
    )
    coded = answer(transaction_types=["door_to_door"], individual_credit=True, assumed_types=["door_to_door"])
    assert named == coded
    assert [item["right"] for item in named["assessments"]] == ["door_to_door", "credit_door_to_door"]
    assert answer(transaction_types=None) == answer()


def test_a_type_counts_before_the_sales_form() -> None:
    by_form = answer(sales_form="店舗購入")["assessments"]
    assert [item["transaction_type"] for item in by_form] == ["specified_continuous"]
    assert answer(sales_form="shop")["assessments"] == by_form
    assert answer(sales_form="shop", transaction_types=["deposit"])["assessments"][0]["right"] == "deposit"


def test_what_credit_says_of_itself_counts_before_the_type() -> None:
    found = answer(transaction_types=["door_to_door", "individual_credit"], individual_credit=False)
    assert [item["right"] for item in found["assessments"]] == ["door_to_door"]


def test_the_answer_names_day_and_law() -> None:
    assert answer(id="x") == {
        "id": "x",
        "today": "2026-11-19",
        "law_version": LAW.version,
        "assessments": answer()["assessments"],
    }


SURE: dict[str, Any] = {
    "contract_document_on": DOCUMENT_DAY,
    "contracted_on": DOCUMENT_DAY,
    "requested_visit": False,
    "amount": 1_480_000,
    "car": False,
    "consumable_used": "none",
    "business_use": False,
}


def test_every_status_has_words_and_can_is_said_only_where_it_is_certain() -> None:
    spoken = {
        "期間内です。クーリング・オフできます": judge("door_to_door", day(11, 19), **SURE),
        "期間内です。クーリング・オフできることがあります": judge(
            "door_to_door", day(11, 19), contract_document_on=DOCUMENT_DAY
        ),
        "今日が最後の日です。クーリング・オフできます": judge("door_to_door", LAST_DAY, **SURE),
        "期限は来ていません。今からでもクーリング・オフできることがあります": judge(
            "door_to_door", LAST_DAY, document_faulty=True, **SURE
        ),
        "クーリング・オフの期間は過ぎたと思われます": judge("door_to_door", day(12, 1), **SURE),
        "クーリング・オフの対象外と思われます": judge("door_to_door", LAST_DAY, **(SURE | {"car": True})),
        "確かめると、クーリング・オフできることがあります": judge("door_to_door", LAST_DAY),
        "確かめると、解除できることがあります": judge("telecom", LAST_DAY),
        "返品できることがあります": judge("mail_order", LAST_DAY, delivered_on=DOCUMENT_DAY, return_policy_shown=False),
        "法律で決まったクーリング・オフはありません": judge("shop", LAST_DAY),
        "取引の種類を確かめてください": assess(Facts(), LAW, LAST_DAY)[0],
    }
    assert {words: status_words(item) for words, item in spoken.items()} == {words: words for words in spoken}
    assert {item.status for item in spoken.values()} == set(Status)
    assert name_of_right(spoken["返品できることがあります"]) == "返品"


def test_a_closed_last_day_says_why_it_is_closed() -> None:
    def reason(document: date) -> str:
        found = judge("door_to_door", document, contract_document_on=document, contracted_on=document)
        return next(text for text in found.reasons if "休みの日" in text)

    assert "勤労感謝の日で" in reason(day(11, 16))
    assert "土曜日で" in reason(day(11, 14))
    assert "日曜日で" in reason(day(11, 15))
    assert "年末年始で" in reason(day(12, 23))
