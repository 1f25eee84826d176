"""How long each right runs and from which day: a worked example for every rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from caasis.engines.deadlines import Counts, Facts, Kind, Status, assess
from caasis.engines.deadlines.clock import UnknownTransactionType
from tests.engines.deadline_cases import DOCUMENT_DAY, LAST_DAY, LAW, codes, day, judge

PERIODS = [
    ("door_to_door", 8, "特定商取引法9条"),
    ("telephone_solicitation", 8, "特定商取引法24条"),
    ("specified_continuous", 8, "特定商取引法48条"),
    ("door_to_door_purchase", 8, "特定商取引法58条の14"),
    ("multilevel", 20, "特定商取引法40条"),
    ("business_opportunity", 20, "特定商取引法58条"),
    ("telecom", 8, "電気通信事業法26条の3"),
    ("real_estate", 8, "宅地建物取引業法37条の2"),
    ("deposit", 14, "預託等取引に関する法律7条"),
    ("investment_advice", 10, "金融商品取引法37条の6"),
]


@pytest.mark.parametrize(("transaction_type", "days", "article"), PERIODS)
def test_the_day_of_the_document_is_day_one(transaction_type: str, days: int, article: str) -> None:
    facts = {"contract_document_on": DOCUMENT_DAY, "contracted_on": DOCUMENT_DAY}
    last = DOCUMENT_DAY + timedelta(days=days - 1)
    result = judge(transaction_type, DOCUMENT_DAY, **facts)
    assert (result.deadline, result.day_one, result.article) == (last, DOCUMENT_DAY, article)
    assert (result.status, result.days_left, result.counts) == (Status.OPEN, days - 1, Counts.DISPATCH)
    assert any(article in reason and f"{days}日間" in reason for reason in result.reasons)
    on_last = judge(transaction_type, last, **facts)
    assert (on_last.status, on_last.days_left) == (Status.LAST_DAY, 0)
    after = judge(transaction_type, last + timedelta(days=1), **facts)
    assert (after.status, after.days_left) == (Status.EXPIRED, -1)
    assert after.other_grounds


def test_the_mock_on_the_desk() -> None:
    """Roof repair at the door, document on Saturday the 14th, asked on Thursday the 19th: two days left."""
    result = judge(
        "door_to_door", day(11, 19), contracted_on=DOCUMENT_DAY, contract_document_on=DOCUMENT_DAY, amount=1_480_000
    )
    assert (result.status, result.days_left, result.deadline) == (Status.OPEN, 2, LAST_DAY)
    assert "契約書面を受け取った11月14日（土）が1日目で、8日間です（特定商取引法9条）。" in result.reasons
    assert "document_faulty" in codes(result)
    assert result.next_question == LAW.questions["requested_visit"]


@pytest.mark.parametrize("transaction_type", ["door_to_door", "telephone_solicitation", "door_to_door_purchase"])
def test_an_earlier_complete_application_document_starts_the_period(transaction_type: str) -> None:
    result = judge(
        transaction_type, day(11, 15), application_document_on=day(11, 10), contract_document_on=DOCUMENT_DAY
    )
    assert (result.day_one, result.deadline) == (day(11, 10), day(11, 17))
    assert result.reasons[0].startswith("申込書面を受け取った11月10日（火）")


@pytest.mark.parametrize("transaction_type", ["specified_continuous", "business_opportunity", "multilevel"])
def test_only_the_contract_document_starts_these_periods(transaction_type: str) -> None:
    """概要書面 and 申込書面 never do (特定商取引法48条, 58条, 40条)."""
    result = judge(
        transaction_type, day(11, 15), application_document_on=day(11, 10), contract_document_on=DOCUMENT_DAY
    )
    assert result.day_one == DOCUMENT_DAY
    only_application = judge(transaction_type, day(11, 15), application_document_on=day(11, 10))
    assert only_application.status is Status.NEEDS_ANSWER
    assert codes(only_application)[:2] == ["contract_document_received", "contract_document_on"]


def test_a_faulty_application_document_does_not_start_the_period() -> None:
    result = judge(
        "door_to_door",
        day(11, 15),
        application_document_on=day(11, 10),
        application_document_faulty=True,
        contract_document_on=DOCUMENT_DAY,
    )
    assert result.deadline == LAST_DAY


def test_an_application_document_alone_starts_the_period() -> None:
    result = judge("door_to_door", day(11, 15), application_document_on=day(11, 10))
    assert (result.status, result.deadline) == (Status.OPEN, day(11, 17))
    assert judge("door_to_door", day(11, 18), application_document_on=day(11, 10)).status is Status.EXPIRED


def test_an_application_document_without_its_day_has_to_be_asked() -> None:
    facts = {"application_document_received": True, "contract_document_on": DOCUMENT_DAY}
    result = judge("door_to_door", day(11, 19), **facts)
    assert (result.status, result.next_question) == (Status.NEEDS_ANSWER, LAW.questions["application_document_on"])
    assert judge("door_to_door", day(11, 22), **facts).status is Status.EXPIRED


def test_a_possible_earlier_document_names_the_safest_day() -> None:
    """The contract was signed on the 12th, its document came on the 14th: an application document may lie between."""
    result = judge("door_to_door", day(11, 16), contracted_on=day(11, 12), contract_document_on=DOCUMENT_DAY)
    assert (result.status, result.deadline, result.safest_day) == (Status.OPEN, LAST_DAY, day(11, 19))
    assert codes(result)[0] == "application_document_received"
    assert "申込書の控えを先に受け取っていると、期限はこれより早くなります。" in result.reasons
    unknown_signing = judge("door_to_door", day(11, 16), contract_document_on=DOCUMENT_DAY)
    assert unknown_signing.safest_day == day(11, 16)
    bound_passed = judge("door_to_door", day(11, 20), contracted_on=day(11, 1), contract_document_on=DOCUMENT_DAY)
    assert bound_passed.safest_day == day(11, 20)
    denied = judge(
        "door_to_door",
        day(11, 16),
        contracted_on=day(11, 12),
        contract_document_on=DOCUMENT_DAY,
        application_document_received=False,
    )
    assert denied.safest_day == day(11, 20)  # Only because the 21st is a Saturday.


def test_a_last_day_on_a_closed_day_is_said_and_the_day_before_named() -> None:
    facts = {"contracted_on": DOCUMENT_DAY, "contract_document_on": DOCUMENT_DAY}
    result = judge("door_to_door", day(11, 19), **facts)
    assert result.safest_day == day(11, 20)
    assert any("休みの日" in reason and "11月20日（金）" in reason for reason in result.reasons)
    assert any("今日のうちに" in reason for reason in judge("door_to_door", LAST_DAY, **facts).reasons)
    weekday = judge("door_to_door", day(11, 10), contracted_on=day(11, 10), contract_document_on=day(11, 10))
    assert weekday.safest_day is None
    assert not any("休みの日" in reason for reason in weekday.reasons)


def test_multilevel_resale_runs_from_the_first_delivery_if_later() -> None:
    facts = {"contract_document_on": day(11, 1), "resale_type": True}
    later = judge("multilevel", day(11, 22), delivered_on=day(11, 5), **facts)
    assert (later.day_one, later.deadline, later.status) == (day(11, 5), day(11, 24), Status.OPEN)
    assert any("最初の引渡し" in reason for reason in later.reasons)
    earlier = judge("multilevel", day(11, 22), delivered_on=day(10, 20), **facts)
    assert (earlier.deadline, earlier.status) == (day(11, 20), Status.EXPIRED)
    undelivered = judge("multilevel", day(12, 22), delivered=False, **facts)
    assert (undelivered.status, undelivered.deadline) == (Status.OPEN_NO_END, None)
    unknown = judge("multilevel", day(11, 22), **facts)
    assert (unknown.status, unknown.next_question) == (Status.NEEDS_ANSWER, LAW.questions["delivered_on"])


def test_multilevel_that_is_no_resale_ignores_the_delivery() -> None:
    facts = {"contract_document_on": day(11, 1), "delivered_on": day(11, 5)}
    assert judge("multilevel", day(11, 22), resale_type=False, **facts).status is Status.EXPIRED
    unknown = judge("multilevel", day(11, 22), **facts)
    assert (unknown.status, codes(unknown)[0]) == (Status.NEEDS_ANSWER, "resale_type")
    same_day = judge("multilevel", day(11, 22), contract_document_on=day(11, 1), delivered_on=day(11, 1))
    assert same_day.status is Status.EXPIRED


def test_a_mobile_service_runs_from_its_start_if_later() -> None:
    facts = {"contract_document_on": day(11, 1), "service_started_on": day(11, 5)}
    assert judge("telecom", day(11, 10), mobile_service=True, **facts).deadline == day(11, 12)
    assert judge("telecom", day(11, 10), mobile_service=False, **facts).status is Status.EXPIRED
    unverified = judge("telecom", day(11, 10), **facts)
    assert not unverified.verified
    assert any("要確認です" in reason for reason in unverified.reasons)


def test_insurance_runs_from_the_later_of_document_and_application() -> None:
    result = judge("insurance", day(11, 10), contract_document_on=day(11, 1), applied_on=day(11, 5))
    assert (result.day_one, result.deadline, result.verified) == (day(11, 5), day(11, 12), False)
    unknown = judge("insurance", day(11, 10), contract_document_on=day(11, 1))
    assert (unknown.status, codes(unknown)[0]) == (Status.NEEDS_ANSWER, "applied_on")


def test_a_care_home_runs_ninety_days_from_moving_in() -> None:
    result = judge("care_home", day(11, 21), moved_in_on=day(11, 1))
    assert (result.deadline, result.counts, result.verified) == (day(1, 29, 2027), Counts.ARRIVAL, False)
    assert codes(judge("care_home", day(11, 21))) == ["moved_in_on"]


def test_mail_order_goods_can_be_returned_within_eight_days_of_delivery() -> None:
    facts = {"delivered_on": DOCUMENT_DAY, "return_policy_shown": False, "goods_or_right": True}
    result = judge("mail_order", day(11, 19), **facts)
    assert (result.status, result.deadline, result.days_left) == (Status.RETURN_POSSIBLE, LAST_DAY, 2)
    assert (result.counts, result.safest_day) == (Counts.ARRIVAL, day(11, 19))
    assert any("届く必要" in reason for reason in result.reasons)
    assert any("送料" in reason for reason in result.reasons)
    assert judge("mail_order", LAST_DAY, **facts).status is Status.RETURN_POSSIBLE
    assert judge("mail_order", day(11, 22), **facts).status is Status.EXPIRED


def test_mail_order_before_delivery_has_no_last_day_yet() -> None:
    result = judge("mail_order", day(11, 19), delivered=False, return_policy_shown=False)
    assert (result.status, result.deadline) == (Status.RETURN_POSSIBLE, None)


def test_mail_order_asks_for_the_policy_and_the_delivery() -> None:
    result = judge("mail_order", day(11, 19), delivered_on=DOCUMENT_DAY)
    assert (result.status, codes(result)[0]) == (Status.NEEDS_ANSWER, "return_policy_shown")
    undelivered = judge("mail_order", day(11, 19), return_policy_shown=False)
    assert codes(undelivered)[:2] == ["delivered", "delivered_on"]
    assert codes(judge("mail_order", day(11, 19), return_policy_shown=False, delivered=True))[0] == "delivered_on"
    future = judge("mail_order", day(11, 19), return_policy_shown=False, delivered_on=day(11, 30))
    assert (future.status, future.deadline) == (Status.NEEDS_ANSWER, None)


@pytest.mark.parametrize(
    ("transaction_type", "right"),
    [
        ("door_to_door", "excess_quantity_door_to_door"),
        ("telephone_solicitation", "excess_quantity_telephone"),
    ],
)
def test_an_excess_quantity_can_be_cancelled_for_a_year(transaction_type: str, right: str) -> None:
    result = judge(transaction_type, day(11, 21), right, excess_quantity=True, contracted_on=day(11, 21, 2025))
    assert (result.status, result.deadline, result.counts) == (Status.LAST_DAY, day(11, 21), Counts.ARRIVAL)
    assert result.judgement
    assert not result.certain
    assert "excess_quantity" not in [ground.code[:15] for ground in result.other_grounds]
    earlier = judge(transaction_type, day(11, 9), right, excess_quantity=True, contracted_on=day(11, 10, 2025))
    assert (earlier.deadline, earlier.safest_day) == (day(11, 10), day(11, 9))  # It has to arrive: act today.
    late = judge(transaction_type, day(11, 22), right, excess_quantity=True, contracted_on=day(11, 21, 2025))
    assert late.status is Status.EXPIRED
    leap = judge(transaction_type, day(3, 1, 2028), right, excess_quantity=True, contracted_on=date(2028, 2, 29))
    assert leap.deadline == date(2029, 2, 28)
    assert [item.right for item in assess(Facts(transaction_types=(transaction_type,)), LAW, LAST_DAY)] == [
        transaction_type
    ]


@pytest.mark.parametrize(
    ("transaction_type", "right", "days"),
    [
        ("door_to_door", "credit_door_to_door", 8),
        ("telephone_solicitation", "credit_telephone", 8),
        ("multilevel", "credit_multilevel", 20),
        ("specified_continuous", "credit_specified_continuous", 8),
        ("business_opportunity", "credit_business_opportunity", 20),
    ],
)
def test_individual_credit_is_a_second_clock(transaction_type: str, right: str, days: int) -> None:
    facts = {"contract_document_on": day(11, 1), "credit_document_on": DOCUMENT_DAY, "individual_credit": True}
    result = judge(transaction_type, day(11, 15), right, **facts)
    assert (result.kind, result.day_one) == (Kind.CREDIT_COOLING_OFF, DOCUMENT_DAY)
    assert result.deadline == DOCUMENT_DAY + timedelta(days=days - 1)
    assert result.reasons[0].startswith("クレジットの契約書面を受け取った11月14日（土）")
    assert "通知は、クレジット会社と販売業者の両方に出します。" in result.reasons
    without = judge(transaction_type, day(11, 15), right, individual_credit=True, credit_document_received=False)
    assert without.status is Status.OPEN_NO_END
    asked = judge(transaction_type, day(11, 15), right, individual_credit=True)
    assert codes(asked)[:2] == ["credit_document_received", "credit_document_on"]


def test_the_credit_clock_shows_only_where_there_is_credit() -> None:
    def rights(**facts: object) -> list[str]:
        found = assess(Facts(transaction_types=("door_to_door",), **facts), LAW, LAST_DAY)  # type: ignore[arg-type]
        return [item.right for item in found]

    assert rights() == ["door_to_door"]
    assert rights(credit_document_received=True) == ["door_to_door", "credit_door_to_door"]
    assert rights(credit_document_on=DOCUMENT_DAY, individual_credit=False) == ["door_to_door"]
    assert "individual_credit" in codes(judge("door_to_door", LAST_DAY))
    assert "individual_credit" not in codes(judge("door_to_door_purchase", LAST_DAY))


@pytest.mark.parametrize("transaction_type", ["shop", "negative_option"])
def test_where_no_period_runs_the_engine_says_why(transaction_type: str) -> None:
    result = judge(transaction_type, LAST_DAY)
    assert (result.status, result.deadline, result.kind) == (Status.NONE, None, Kind.NONE)
    assert result.reasons
    assert result.other_grounds


def test_several_types_are_answered_in_their_order() -> None:
    found = assess(
        Facts(transaction_types=("specified_continuous", "door_to_door"), contract_document_on=DOCUMENT_DAY),
        LAW,
        day(11, 15),
    )
    assert [item.transaction_type for item in found] == ["specified_continuous", "door_to_door"]


def test_without_a_type_the_type_is_asked() -> None:
    (result,) = assess(Facts(), LAW, LAST_DAY)
    assert (result.status, codes(result)) == (Status.NEEDS_ANSWER, ["transaction_type"])


def test_an_unknown_type_is_an_error() -> None:
    with pytest.raises(UnknownTransactionType):
        assess(Facts(transaction_types=("lottery",)), LAW, LAST_DAY)
