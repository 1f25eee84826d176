"""Cases in which a right does not exist. Each is a question; none is assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caasis.engines.deadlines.facts import Facts
from caasis.engines.deadlines.law import Law, LegalException, Right
from caasis.engines.deadlines.vocabulary import Kind


@dataclass(frozen=True)
class Answer:
    """What the facts say to one exception.

    `applies` None with `ask` set: not known. `hinted`: something known gives reason to ask, so that the right must not
    be called open before the answer is there.
    """

    applies: bool | None
    ask: str = ""
    hinted: bool = False
    remark: str = ""
    sure: bool = True


NO = Answer(False)
YES = Answer(True)


@dataclass(frozen=True)
class Exclusion:
    """One exception, weighed for one right."""

    code: str
    answer: Answer
    reason: str
    verified: bool


def weigh_exceptions(right: Right, facts: Facts, law: Law) -> list[Exclusion]:
    """Weigh every exception that the law file lists for `right`, in its order."""
    return [_weigh(law.exceptions[code], right, facts, law) for code in right.exceptions]


def _weigh(exception: LegalException, right: Right, facts: Facts, law: Law) -> Exclusion:
    of_credit = right.kind is Kind.CREDIT_COOLING_OFF
    article = law.credit_exclusion_article if of_credit else exception.article_for(right.transaction_type)
    verified = exception.verified and not of_credit
    to_confirm = "" if verified else "・要確認"
    return Exclusion(
        code=exception.code,
        answer=_RULES[exception.code](facts, law),
        reason=f"{exception.reason}（{article}{to_confirm}）。",
        verified=verified,
    )


def _plain(fact: str) -> Callable[[Facts, Law], Answer]:
    """An exception that one fact decides."""

    def rule(facts: Facts, law: Law) -> Answer:
        known: bool | None = getattr(facts, fact)
        return Answer(known, ask=fact if known is None else "")

    return rule


def _requested_visit(facts: Facts, law: Law) -> Answer:
    if facts.requested_visit is None:
        return Answer(None, ask="requested_visit")
    if facts.requested_visit is False:
        return NO
    matched = facts.visit_matched_request
    sure = matched is not None
    advertised, billed = facts.advertised_amount, facts.amount
    if matched is None and advertised is not None and billed is not None:
        # The yardstick is ours, so that what follows from it is never called certain.
        matched = False if billed >= advertised * law.advert_mismatch_from else None
    if matched is None:
        return Answer(None, ask="visit_matched_request", hinted=True)
    if matched:
        return YES
    return Answer(
        False,
        remark="来てほしいと頼んでいても、頼んだ内容や金額と実際の契約が違うときは、対象になることがあります（特定商取引法26条6項1号・要確認）。",
        sure=sure,
    )


def _small_cash(facts: Facts, law: Law) -> Answer:
    if facts.amount is not None and facts.amount >= law.small_cash_below_yen:
        return NO
    settled = facts.settled_at_signing
    if settled is None and (
        facts.delivered is False or (facts.paid is not None and facts.amount is not None and facts.paid < facts.amount)
    ):
        settled = False
    if settled is False:
        return NO
    if facts.amount is None:
        return Answer(None, ask="amount", hinted=settled is True)
    return YES if settled else Answer(None, ask="settled_at_signing", hinted=True)


def _consumables(facts: Facts, law: Law) -> Answer:
    if facts.consumable_used is None:
        return Answer(None, ask="consumable_used")
    if facts.consumable_used == "none" or facts.consumable_warned is False or facts.consumable_made_to_use is True:
        return NO
    for fact in ("consumable_warned", "consumable_made_to_use"):
        if getattr(facts, fact) is None:
            return Answer(None, ask=fact, hinted=True)
    if facts.consumable_used == "all":
        return YES
    return Answer(
        False, remark="使った分（ふつうに売られる最小の単位）は除かれ、残りはクーリング・オフできることがあります。"
    )


def _service_outside(facts: Facts, law: Law) -> Answer:
    too_cheap = None if facts.amount is None else facts.amount <= law.continuous_service_above_yen
    if facts.service_listed is False or facts.service_period_long is False or too_cheap:
        return YES
    for fact in ("service_listed", "service_period_long", "amount"):
        if getattr(facts, fact) is None:
            return Answer(None, ask=fact)
    return NO


def _not_goods(facts: Facts, law: Law) -> Answer:
    if facts.goods_or_right is None:
        return Answer(None, ask="goods_or_right")
    return NO if facts.goods_or_right else YES


def _return_policy(facts: Facts, law: Law) -> Answer:
    # Whether there is a right at all hangs on this one answer, so that it is always asked first.
    if facts.return_policy_shown is None:
        return Answer(None, ask="return_policy_shown", hinted=True)
    return YES if facts.return_policy_shown else NO


_RULES: dict[str, Callable[[Facts, Law], Answer]] = {
    "business_use": _plain("business_use"),
    "requested_visit": _requested_visit,
    "requested_call": _plain("requested_call"),
    "small_cash": _small_cash,
    "car": _plain("car"),
    "consumables": _consumables,
    "runs_shop": _plain("runs_shop"),
    "service_outside": _service_outside,
    "purchase_goods_excluded": _plain("purchase_goods_excluded"),
    "not_goods": _not_goods,
    "return_policy": _return_policy,
    "at_office": _plain("at_office"),
    "settled_real_estate": _plain("settled_real_estate"),
}
