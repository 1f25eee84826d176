"""Exceptions are questions, never defaults: each with the case that it excludes and the case that it does not."""

from __future__ import annotations

import pytest

from caasis.engines.deadlines import Status
from caasis.engines.deadlines.exclusions import _RULES
from caasis.engines.deadlines.vocabulary import EXCEPTION_CODES
from tests.engines.deadline_cases import DOCUMENT_DAY, LAST_DAY, LAW, codes, day, judge

WITHIN = day(11, 19)
BASE = {"contract_document_on": DOCUMENT_DAY, "contracted_on": DOCUMENT_DAY}


def status(transaction_type: str, right: str | None = None, **facts: object) -> Status:
    return judge(transaction_type, WITHIN, right, **(BASE | facts)).status


def test_every_exception_code_has_a_rule() -> None:
    assert set(_RULES) == EXCEPTION_CODES


@pytest.mark.parametrize(
    "transaction_type", ["door_to_door", "telephone_solicitation", "specified_continuous", "door_to_door_purchase"]
)
def test_business_use_excludes(transaction_type: str) -> None:
    assert status(transaction_type, business_use=True) is Status.EXCLUDED
    assert status(transaction_type, business_use=False) is Status.OPEN
    assert status(transaction_type) is Status.OPEN


@pytest.mark.parametrize("transaction_type", ["multilevel", "business_opportunity"])
def test_business_use_never_excludes_multilevel_and_business_opportunity(transaction_type: str) -> None:
    assert status(transaction_type, business_use=True) is Status.OPEN
    assert status(transaction_type, runs_shop=True) is Status.EXCLUDED


def test_an_excluded_right_says_which_article_and_has_no_deadline() -> None:
    result = judge("door_to_door", WITHIN, business_use=True, **BASE)
    assert (result.deadline, result.days_left, result.day_one, result.safest_day) == (None, None, None, None)
    assert result.reasons == (
        "営業のため、または営業としての契約のときは、クーリング・オフの対象になりません（特定商取引法26条1項1号）。",
    )
    assert result.unknown == ()
    assert result.other_grounds


@pytest.mark.parametrize("transaction_type", ["door_to_door", "door_to_door_purchase"])
def test_a_requested_visit_excludes_only_when_it_was_for_this_contract(transaction_type: str) -> None:
    assert status(transaction_type, requested_visit=False) is Status.OPEN
    assert status(transaction_type, requested_visit=True, visit_matched_request=True) is Status.EXCLUDED
    assert status(transaction_type, requested_visit=True, visit_matched_request=False) is Status.OPEN
    asked = judge(transaction_type, WITHIN, requested_visit=True, **BASE)
    assert (asked.status, codes(asked)[0]) == (Status.NEEDS_ANSWER, "visit_matched_request")
    assert asked.deadline == LAST_DAY
    assert any("自分から頼んだとき" in reason for reason in asked.reasons)


def test_an_advert_for_980_yen_and_a_bill_for_180000_is_no_request() -> None:
    facts = BASE | {"requested_visit": True, "advertised_amount": 980}
    result = judge("door_to_door", WITHIN, amount=180_000, **facts)
    assert (result.status, result.verified, result.certain) == (Status.OPEN, False, False)
    assert any("要確認" in reason and "26条6項1号" in reason for reason in result.reasons)
    assert judge("door_to_door", WITHIN, amount=1_500, **facts).status is Status.NEEDS_ANSWER
    assert judge("door_to_door", WITHIN, amount=9_800, **facts).status is Status.OPEN
    assert judge("door_to_door", WITHIN, **facts).status is Status.NEEDS_ANSWER
    stated = judge("door_to_door", WITHIN, amount=180_000, visit_matched_request=True, **facts)
    assert stated.status is Status.EXCLUDED


def test_a_requested_visit_excludes_even_without_a_document() -> None:
    result = judge(
        "door_to_door", WITHIN, contract_document_received=False, requested_visit=True, visit_matched_request=True
    )
    assert result.status is Status.EXCLUDED


def test_an_unanswered_hint_gives_no_deadline_where_there_is_no_document() -> None:
    result = judge(
        "door_to_door", WITHIN, contract_document_received=False, contracted_on=DOCUMENT_DAY, requested_visit=True
    )
    assert (result.status, result.deadline) == (Status.NEEDS_ANSWER, None)
    assert not any("1日目" in reason for reason in result.reasons)


def test_an_unanswered_hint_does_not_revive_what_is_over() -> None:
    assert judge("door_to_door", day(12, 1), requested_visit=True, **BASE).status is Status.EXPIRED


def test_a_requested_call_excludes_telephone_solicitation() -> None:
    result = judge("telephone_solicitation", WITHIN, requested_call=True, **BASE)
    assert (result.status, result.verified) == (Status.EXCLUDED, False)
    assert "要確認" in result.reasons[0]
    assert status("telephone_solicitation", requested_visit=True) is Status.OPEN


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"amount": 2_999, "settled_at_signing": True}, Status.EXCLUDED),
        ({"amount": 3_000, "settled_at_signing": True}, Status.OPEN),
        ({"amount": 2_999, "settled_at_signing": False}, Status.OPEN),
        ({"amount": 2_999}, Status.NEEDS_ANSWER),
        ({"amount": 2_999, "delivered": False}, Status.OPEN),
        ({"amount": 2_999, "paid": 1_000}, Status.OPEN),
        ({"amount": 2_999, "paid": 2_999}, Status.NEEDS_ANSWER),
        ({"settled_at_signing": True}, Status.NEEDS_ANSWER),
        ({"paid": 2_999}, Status.OPEN),
    ],
)
@pytest.mark.parametrize("transaction_type", ["door_to_door", "telephone_solicitation"])
def test_small_purchases_settled_on_the_spot(transaction_type: str, facts: dict[str, object], expected: Status) -> None:
    assert status(transaction_type, **facts) is expected


def test_cars_are_excluded() -> None:
    assert status("door_to_door", car=True) is Status.EXCLUDED
    assert status("door_to_door", car=False) is Status.OPEN
    assert status("specified_continuous", car=True) is Status.OPEN


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"consumable_used": "none"}, Status.OPEN),
        ({"consumable_used": "all"}, Status.NEEDS_ANSWER),
        ({"consumable_used": "all", "consumable_warned": False}, Status.OPEN),
        ({"consumable_used": "all", "consumable_warned": True}, Status.NEEDS_ANSWER),
        ({"consumable_used": "all", "consumable_warned": True, "consumable_made_to_use": True}, Status.OPEN),
        ({"consumable_used": "all", "consumable_warned": True, "consumable_made_to_use": False}, Status.EXCLUDED),
        ({"consumable_used": "some", "consumable_warned": True, "consumable_made_to_use": False}, Status.OPEN),
    ],
)
def test_consumables(facts: dict[str, object], expected: Status) -> None:
    assert status("door_to_door", **facts) is expected


def test_the_unused_rest_of_consumables_can_be_cancelled() -> None:
    result = judge(
        "door_to_door",
        WITHIN,
        consumable_used="some",
        consumable_warned=True,
        consumable_made_to_use=False,
        **BASE,
    )
    assert any("残りはクーリング・オフできることがあります" in reason for reason in result.reasons)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"service_listed": True, "service_period_long": True, "amount": 50_001}, Status.OPEN),
        ({"amount": 50_000}, Status.EXCLUDED),
        ({"service_listed": False}, Status.EXCLUDED),
        ({"service_period_long": False, "amount": 300_000}, Status.EXCLUDED),
        ({"amount": 300_000}, Status.OPEN),
    ],
)
def test_specified_continuous_services_have_a_scope(facts: dict[str, object], expected: Status) -> None:
    assert status("specified_continuous", **facts) is expected


def test_the_scope_of_continuous_services_is_asked_piece_by_piece() -> None:
    def first_scope_question(**facts: object) -> str:
        asked = codes(judge("specified_continuous", WITHIN, **(BASE | facts)))
        return next((code for code in asked if code in {"service_listed", "service_period_long", "amount"}), "")

    assert first_scope_question() == "service_listed"
    assert first_scope_question(service_listed=True) == "service_period_long"
    assert first_scope_question(service_listed=True, service_period_long=True) == "amount"
    assert first_scope_question(service_listed=True, service_period_long=True, amount=60_000) == ""


def test_goods_that_door_to_door_purchase_does_not_cover() -> None:
    assert status("door_to_door_purchase", purchase_goods_excluded=True) is Status.EXCLUDED
    result = judge("door_to_door_purchase", WITHIN, **BASE)
    assert "purchase_goods_excluded" in codes(result)
    assert any("品物を渡すことを断れます" in reason for reason in result.reasons)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"return_policy_shown": True}, Status.EXCLUDED),
        ({"return_policy_shown": False, "goods_or_right": False}, Status.EXCLUDED),
        ({"return_policy_shown": False, "goods_or_right": True}, Status.RETURN_POSSIBLE),
        ({"return_policy_shown": False}, Status.RETURN_POSSIBLE),
        ({"return_policy_shown": False, "business_use": True}, Status.EXCLUDED),
    ],
)
def test_mail_order_returns(facts: dict[str, object], expected: Status) -> None:
    assert status("mail_order", delivered_on=DOCUMENT_DAY, **facts) is expected


def test_real_estate() -> None:
    assert status("real_estate", at_office=True) is Status.EXCLUDED
    assert status("real_estate", settled_real_estate=True) is Status.EXCLUDED
    assert {"at_office", "settled_real_estate"} <= set(codes(judge("real_estate", WITHIN, **BASE)))


def test_the_credit_clock_follows_the_exclusions_of_the_sale_but_says_so_as_unconfirmed() -> None:
    result = judge("door_to_door", WITHIN, "credit_door_to_door", credit_document_on=DOCUMENT_DAY, business_use=True)
    assert (result.status, result.verified) == (Status.EXCLUDED, False)
    assert "割賦販売法35条の3の60・要確認" in result.reasons[0]


def test_nothing_is_asked_twice() -> None:
    for transaction_type in LAW.transaction_types:
        asked = codes(judge(transaction_type, WITHIN))
        assert len(asked) == len(set(asked))
