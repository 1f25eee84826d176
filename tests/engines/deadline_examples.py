"""One worked example for every rule of the law file. The days were counted by hand, on a calendar, not by the engine.

`test_deadline_rules` walks through `law.toml` and fails where a rule has no example here.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple


class Example(NamedTuple):
    """Facts of one contract, and the last day that follows from them."""

    facts: dict[str, Any]
    last_day: date
    told: str
    """What the reasons must say, besides the article."""


def _d(month: int, day: int, year: int = 2026) -> date:
    return date(year, month, day)


CONTRACT = {"contracted_on": _d(4, 1), "contract_document_on": _d(4, 1)}
CREDIT = {"individual_credit": True, "credit_document_on": _d(4, 3), **CONTRACT}
DELIVERED = {"delivered_on": _d(4, 1), "return_policy_shown": False, "goods_or_right": True}
EXCESS = {"excess_quantity": True, "contracted_on": _d(4, 1)}

#: Right of the law file → example. 1 April 2026 is a Wednesday; day 1 is the day of the document.
RIGHTS: dict[str, Example] = {
    "door_to_door": Example(CONTRACT, _d(4, 8), "8日間"),
    "telephone_solicitation": Example(CONTRACT, _d(4, 8), "8日間"),
    "multilevel": Example(CONTRACT, _d(4, 20), "20日間"),
    "specified_continuous": Example(CONTRACT, _d(4, 8), "8日間"),
    "business_opportunity": Example(CONTRACT, _d(4, 20), "20日間"),
    "door_to_door_purchase": Example(CONTRACT, _d(4, 8), "品物を渡すことを断れます"),
    "mail_order_return": Example(DELIVERED, _d(4, 8), "届く必要があります"),
    # A year leaves the first day out and ends on the same date of the next year.
    "excess_quantity_door_to_door": Example(EXCESS, _d(4, 1, 2027), "届く必要があります"),
    "excess_quantity_telephone": Example(EXCESS, _d(4, 1, 2027), "要確認"),
    # The sale's document came on the 1st, the credit's on the 3rd: the second clock ends two days later.
    "credit_door_to_door": Example(CREDIT, _d(4, 10), "クレジット会社と販売業者の両方"),
    "credit_telephone": Example(CREDIT, _d(4, 10), "クレジット会社と販売業者の両方"),
    "credit_multilevel": Example(CREDIT, _d(4, 22), "要確認"),
    "credit_specified_continuous": Example(CREDIT, _d(4, 10), "要確認"),
    "credit_business_opportunity": Example(CREDIT, _d(4, 22), "要確認"),
    "telecom": Example(CONTRACT, _d(4, 8), "要確認"),
    "real_estate": Example(CONTRACT, _d(4, 8), "要確認"),
    "insurance": Example({**CONTRACT, "applied_on": _d(4, 1)}, _d(4, 8), "要確認"),
    "deposit": Example(CONTRACT, _d(4, 14), "14日間"),
    "investment_advice": Example(CONTRACT, _d(4, 10), "要確認"),
    # 30 days of April, 31 of May, 29 of June.
    "care_home": Example({"moved_in_on": _d(4, 1)}, _d(6, 29), "要確認"),
}

#: Exception → facts that exclude, and facts, as near to them as can be, that do not.
EXCEPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "business_use": ({"business_use": True}, {"business_use": False}),
    "requested_visit": (
        {"requested_visit": True, "visit_matched_request": True},
        {"requested_visit": True, "visit_matched_request": False},
    ),
    "requested_call": ({"requested_call": True}, {"requested_call": False}),
    "small_cash": ({"amount": 2_999, "settled_at_signing": True}, {"amount": 3_000, "settled_at_signing": True}),
    "car": ({"car": True}, {"car": False}),
    "consumables": (
        {"consumable_used": "all", "consumable_warned": True, "consumable_made_to_use": False},
        {"consumable_used": "all", "consumable_warned": False},
    ),
    "runs_shop": ({"runs_shop": True}, {"runs_shop": False, "business_use": True}),
    "service_outside": (
        {"service_listed": True, "service_period_long": True, "amount": 50_000},
        {"service_listed": True, "service_period_long": True, "amount": 50_001},
    ),
    "purchase_goods_excluded": ({"purchase_goods_excluded": True}, {"purchase_goods_excluded": False}),
    "not_goods": ({"goods_or_right": False}, {"goods_or_right": True}),
    "return_policy": ({"return_policy_shown": True}, {"return_policy_shown": False}),
    "at_office": ({"at_office": True}, {"at_office": False}),
    "settled_real_estate": ({"settled_real_estate": True}, {"settled_real_estate": False}),
}

#: Type in which no period runs → what the consumer is told.
ABSENCES: dict[str, str] = {
    "shop": "法律で決まったクーリング・オフはありません",
    "negative_option": "すぐに処分できます",
}

#: Other ground → transaction type and facts with which it is offered.
GROUNDS: dict[str, tuple[str, dict[str, Any]]] = {
    "rescission_door_to_door": ("door_to_door", {}),
    "rescission_telephone": ("telephone_solicitation", {}),
    "excess_quantity": ("door_to_door", {}),
    "excess_quantity_telephone": ("telephone_solicitation", {}),
    "rescission_mail_order": ("mail_order", {}),
    "leaving_multilevel": ("multilevel", {}),
    "rescission_multilevel": ("multilevel", {}),
    "leaving_continuous": ("specified_continuous", {}),
    "rescission_continuous": ("specified_continuous", {}),
    "rescission_business_opportunity": ("business_opportunity", {}),
    "initial_cancellation": ("shop", {"telecom_service": True}),
    "consumer_contract_act": ("shop", {}),
    "minor": ("mail_order", {"minor_at_contract": True}),
    "defence_against_card": ("mail_order", {"card_instalments": True}),
    "defence_against_credit": ("door_to_door", {"individual_credit": True}),
}
