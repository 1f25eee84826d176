"""Missing, faulty and electronic documents, obstruction, missing facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caasis.engines.deadlines import Facts, Status, with_sales_form
from tests.engines.deadline_cases import DOCUMENT_DAY, LAST_DAY, LAW, codes, day, judge

SIX = [
    "door_to_door",
    "telephone_solicitation",
    "specified_continuous",
    "door_to_door_purchase",
    "multilevel",
    "business_opportunity",
]


@pytest.mark.parametrize("transaction_type", SIX)
def test_without_a_document_the_consumer_can_cancel_now(transaction_type: str) -> None:
    result = judge(transaction_type, LAST_DAY, contract_document_received=False, contracted_on=day(1, 5))
    assert (result.status, result.deadline, result.days_left) == (Status.OPEN_NO_END, None, None)
    assert any("受け取っていない" in reason for reason in result.reasons)
    assert result.safest_day == LAST_DAY


@pytest.mark.parametrize("transaction_type", SIX)
def test_a_faulty_document_starts_nothing(transaction_type: str) -> None:
    result = judge(transaction_type, day(12, 31), contract_document_on=DOCUMENT_DAY, document_faulty=True)
    assert result.status is Status.OPEN_NO_END
    assert any("不備" in reason for reason in result.reasons)


@pytest.mark.parametrize("transaction_type", SIX)
def test_an_electronic_document_counts_only_with_valid_consent(transaction_type: str) -> None:
    facts = {"contract_document_on": DOCUMENT_DAY, "contract_document_electronic": True, "contracted_on": DOCUMENT_DAY}
    long_after = DOCUMENT_DAY + timedelta(days=30)
    assert judge(transaction_type, long_after, electronic_consent=True, **facts).status is Status.EXPIRED
    refused = judge(transaction_type, long_after, electronic_consent=False, **facts)
    assert refused.status is Status.OPEN_NO_END
    assert any("承諾のない電子書面" in reason for reason in refused.reasons)
    unknown = judge(transaction_type, long_after, **facts)
    assert (unknown.status, codes(unknown)[0]) == (Status.NEEDS_ANSWER, "electronic_consent")
    within = judge(transaction_type, DOCUMENT_DAY, **facts)
    assert within.status is Status.OPEN
    assert "electronic_consent" in codes(within)


def test_no_electronic_document_counts_before_june_2023() -> None:
    facts = {"contract_document_electronic": True, "electronic_consent": True}
    before = judge("door_to_door", LAST_DAY, contract_document_on=day(5, 31, 2023), **facts)
    assert before.status is Status.OPEN_NO_END
    assert judge("door_to_door", LAST_DAY, contract_document_on=day(6, 1, 2023), **facts).status is Status.EXPIRED


def test_consent_is_asked_once_for_two_electronic_documents() -> None:
    result = judge(
        "door_to_door",
        LAST_DAY,
        contract_document_on=DOCUMENT_DAY,
        contract_document_electronic=True,
        application_document_on=day(11, 10),
        application_document_electronic=True,
    )
    assert codes(result).count("electronic_consent") == 1
    # The earlier document may not count, the later may: between the two ends the answer decides.
    assert result.status is Status.NEEDS_ANSWER


def test_an_electronic_document_of_unknown_day_has_to_be_asked() -> None:
    result = judge("door_to_door", LAST_DAY, contract_document_received=True, contract_document_electronic=True)
    assert result.status is Status.NEEDS_ANSWER
    assert {"contract_document_on", "electronic_consent"} <= set(codes(result))


def test_an_uncertain_early_document_and_an_unasked_contract_document() -> None:
    facts = {"application_document_on": DOCUMENT_DAY, "application_document_electronic": True}
    assert judge("door_to_door", day(11, 16), **facts).status is Status.OPEN
    assert judge("door_to_door", day(11, 30), **facts).status is Status.NEEDS_ANSWER


def test_no_contract_document_and_an_application_document_without_its_day() -> None:
    facts = {"contract_document_received": False, "application_document_received": True}
    result = judge("door_to_door", LAST_DAY, contracted_on=DOCUMENT_DAY, **facts)
    assert (result.status, codes(result)[0]) == (Status.NEEDS_ANSWER, "application_document_on")
    assert result.deadline == LAST_DAY  # The application document may have come on the day of the contract.


@pytest.mark.parametrize("transaction_type", SIX)
def test_obstruction_keeps_the_period_open(transaction_type: str) -> None:
    facts = {"contract_document_on": day(1, 10), "obstructed": True}
    assert judge(transaction_type, LAST_DAY, **facts).status is Status.OPEN_NO_END
    silent = judge(transaction_type, LAST_DAY, reissued_document_on=day(2, 1), reissued_with_explanation=False, **facts)
    assert silent.status is Status.OPEN_NO_END
    assert any("妨げられた" in reason for reason in silent.reasons)


def test_after_obstruction_the_explained_new_document_starts_a_new_period() -> None:
    facts = {"contract_document_on": day(1, 10), "obstructed": True, "reissued_document_on": DOCUMENT_DAY}
    explained = judge("door_to_door", day(11, 19), reissued_with_explanation=True, **facts)
    assert (explained.status, explained.deadline) == (Status.OPEN, LAST_DAY)
    assert any("改めて数えます" in reason for reason in explained.reasons)
    assert judge("door_to_door", day(11, 22), reissued_with_explanation=True, **facts).status is Status.EXPIRED
    unknown = judge("door_to_door", day(11, 22), **facts)
    assert (unknown.status, codes(unknown)[0]) == (Status.NEEDS_ANSWER, "reissued_with_explanation")
    future = judge("door_to_door", day(11, 1), reissued_with_explanation=True, **facts)
    assert future.status is Status.OPEN_NO_END


def test_obstruction_without_any_document_stays_open_even_with_a_new_one() -> None:
    result = judge(
        "door_to_door",
        LAST_DAY,
        contract_document_received=False,
        obstructed=True,
        reissued_document_on=day(2, 1),
        reissued_with_explanation=True,
    )
    assert result.status is Status.OPEN_NO_END


def test_no_obstruction_changes_nothing() -> None:
    result = judge(
        "door_to_door", day(11, 22), contract_document_on=DOCUMENT_DAY, obstructed=False, document_faulty=False
    )
    assert result.status is Status.EXPIRED
    assert not {"obstructed", "document_faulty"} & set(codes(result))


def test_a_missing_document_day_gives_the_earliest_possible_end() -> None:
    """No document is older than the application: signed on the 14th, the period can't end before the 21st."""
    result = judge("door_to_door", day(11, 19), contracted_on=DOCUMENT_DAY)
    assert (result.status, result.deadline, result.day_one) == (Status.NEEDS_ANSWER, LAST_DAY, None)
    assert result.safest_day == day(11, 19)
    assert codes(result)[:2] == ["contract_document_received", "contract_document_on"]
    assert "申込みと契約が同じ日なら、期限は、早くても11月21日（土）です。" in result.reasons
    assert any("今からでもできることがあります" in reason for reason in result.reasons)
    applied = judge("door_to_door", day(11, 19), contracted_on=DOCUMENT_DAY, applied_on=day(11, 12))
    assert "期限は、早くても11月19日（木）です。" in applied.reasons
    assert judge("door_to_door", day(11, 22), contracted_on=DOCUMENT_DAY).deadline is None
    assert judge("door_to_door", day(11, 22)).deadline is None


def test_a_document_day_in_the_future_is_asked_again() -> None:
    result = judge("door_to_door", day(11, 10), contract_document_on=DOCUMENT_DAY)
    assert (result.status, codes(result)[0]) == (Status.NEEDS_ANSWER, "contract_document_on")


def test_an_expired_period_says_what_may_still_help() -> None:
    result = judge("door_to_door", day(12, 31), contract_document_on=DOCUMENT_DAY)
    assert result.status is Status.EXPIRED
    assert {"document_faulty", "obstructed"} <= set(codes(result))
    articles = {ground.article for ground in result.other_grounds}
    assert {"特定商取引法9条の3", "消費者契約法4条・7条", "民法5条", "割賦販売法30条の4"} <= articles
    assert result.safest_day is None
    assert "書面に不備があったり、妨げられたりしていれば、今からでもできることがあります。" in result.reasons


def test_days_of_another_year_show_their_year() -> None:
    result = judge("door_to_door", day(1, 5, 2027), contract_document_on=day(12, 30))
    assert result.reasons[0].startswith("契約書面を受け取った2026年12月30日（水）が1日目")


def test_grounds_follow_the_facts() -> None:
    def grounds(transaction_type: str, **facts: object) -> set[str]:
        return {ground.code for ground in judge(transaction_type, LAST_DAY, **facts).other_grounds}

    assert "minor" not in grounds("door_to_door", minor_at_contract=False)
    assert "consumer_contract_act" not in grounds("door_to_door", business_use=True)
    assert "consumer_contract_act" in grounds("door_to_door", business_use=False)
    assert "initial_cancellation" not in grounds("mail_order")
    assert "initial_cancellation" in grounds("mail_order", telecom_service=True)
    assert {"leaving_multilevel", "rescission_multilevel"} <= grounds("multilevel")
    assert {"leaving_continuous", "rescission_continuous"} <= grounds("specified_continuous")
    assert "rescission_mail_order" in grounds("mail_order")
    assert "rescission_telephone" in grounds("telephone_solicitation")


@pytest.mark.parametrize(
    ("contract_day", "electronic"), [(day(5, 31, 2022), False), (day(6, 1, 2022), True), (DOCUMENT_DAY, True)]
)
def test_a_notice_by_mail_is_valid_since_june_2022(contract_day: object, electronic: bool) -> None:
    result = judge("door_to_door", LAST_DAY, contracted_on=contract_day, contract_document_received=False)
    assert result.electronic_notice is electronic
    assert any("メール" in reason for reason in result.reasons) is electronic


def test_the_law_is_silent_on_mail_for_credit() -> None:
    result = judge("door_to_door", LAST_DAY, "credit_door_to_door", credit_document_on=DOCUMENT_DAY)
    assert not result.electronic_notice


def test_a_type_that_was_only_guessed_is_never_called_open() -> None:
    facts = with_sales_form(Facts(contract_document_on=DOCUMENT_DAY), "shop")
    result = judge(
        "specified_continuous", day(11, 19), assumed_types=facts.assumed_types, contract_document_on=DOCUMENT_DAY
    )
    assert (result.status, result.deadline) == (Status.NEEDS_ANSWER, LAST_DAY)
    assert result.next_question == LAW.questions["transaction_type"]


@pytest.mark.parametrize(
    ("right", "facts", "asked"),
    [
        ("door_to_door", {}, {"document_faulty", "contract_document_electronic", "obstructed"}),
        (
            "door_to_door",
            {"application_document_on": day(11, 10)},
            {"application_document_faulty", "application_document_electronic", "document_faulty"},
        ),
        (
            "credit_door_to_door",
            {"credit_document_on": DOCUMENT_DAY},
            {"credit_document_faulty", "credit_document_electronic"},
        ),
    ],
)
def test_what_may_still_save_an_expired_right_is_asked_and_does(
    right: str, facts: dict[str, object], asked: set[str]
) -> None:
    """Each of the answers opens the question again; none is assumed."""
    base = {"contract_document_on": DOCUMENT_DAY, **facts}
    expired = judge("door_to_door", day(12, 31), right, **base)
    assert expired.status is Status.EXPIRED
    assert asked <= set(codes(expired))
    assert not any(unknown.decides for unknown in expired.unknown if unknown.code in asked)
    for code in asked:
        assert code not in codes(judge("door_to_door", day(12, 31), right, **(base | {code: False})))


def test_a_new_document_after_obstruction_is_doubted_like_the_first() -> None:
    """What the first document lacked, the new one may lack as well: the question stays."""
    again = {"obstructed": True, "reissued_document_on": day(11, 1), "reissued_with_explanation": True}
    expired = judge("door_to_door", day(12, 31), contract_document_on=day(9, 1), **again)
    assert expired.status is Status.EXPIRED
    assert "document_faulty" in codes(expired)
    assert (
        judge("door_to_door", day(12, 31), contract_document_on=day(9, 1), document_faulty=True, **again).status
        is Status.OPEN_NO_END
    )
