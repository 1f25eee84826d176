"""Codes of the deadline engine. Labels and questions are data (`law.toml`)."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What can be said of one right today."""

    OPEN = "open"
    OPEN_NO_END = "open_no_end"
    LAST_DAY = "last_day"
    EXPIRED = "expired"
    EXCLUDED = "excluded"
    NEEDS_ANSWER = "needs_answer"
    RETURN_POSSIBLE = "return_possible"
    NONE = "none"


class Kind(StrEnum):
    """The nature of a right."""

    COOLING_OFF = "cooling_off"
    CREDIT_COOLING_OFF = "credit_cooling_off"
    RETURN = "return"
    EXCESS_QUANTITY = "excess_quantity"
    INITIAL_CANCELLATION = "initial_cancellation"
    NONE = "none"


class Counts(StrEnum):
    """What has to happen by the last day: the notice is sent, or it has arrived."""

    DISPATCH = "dispatch"
    ARRIVAL = "arrival"


EXCEPTION_CODES = frozenset(
    {
        "at_office",
        "business_use",
        "car",
        "consumables",
        "not_goods",
        "purchase_goods_excluded",
        "requested_call",
        "requested_visit",
        "return_policy",
        "runs_shop",
        "service_outside",
        "settled_real_estate",
        "small_cash",
    }
)
"""Exceptions that the engine has a rule for; the law file says to which rights they belong."""

# 販売購入形態 (one, statistical) → 取引類型 (several, legal) that it makes likely. The first group follows from the sales
# form; the second is merely possible and has to be asked (a shop sale can be a specified continuous service).
_LIKELY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "shop": ((), ("specified_continuous",)),
    "door_to_door": (("door_to_door",), ()),
    "mail_order": (("mail_order",), ()),
    "multilevel": (("multilevel",), ()),
    "telephone": (("telephone_solicitation",), ()),
    "negative_option": (("negative_option",), ()),
    "purchase": (("door_to_door_purchase",), ()),
    "other_nonstore": ((), ("door_to_door", "business_opportunity")),
    "unknown": ((), ()),
}

SALES_FORMS = tuple(_LIKELY)
"""Codes of 販売購入形態 that `likely_transaction_types` knows."""


def likely_transaction_types(sales_form_code: str) -> tuple[str, ...]:
    """Return the legal transaction types that a sales form makes likely or possible, the likeliest first.

    Raises KeyError for a code that is not in `SALES_FORMS`.
    """
    following, possible = _LIKELY[sales_form_code]
    return following + possible


def merely_possible_types(sales_form_code: str) -> tuple[str, ...]:
    """Return those of `likely_transaction_types` that the sales form allows but does not imply."""
    return _LIKELY[sales_form_code][1]
