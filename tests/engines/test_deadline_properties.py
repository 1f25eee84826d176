"""What must hold for any facts."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any, get_args, get_type_hints

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from caasis.engines.calendar import holiday_name, is_business_day
from caasis.engines.deadlines import Assessment, Facts, Kind, Status, assess, days_strip, summary_for_consumer
from caasis.engines.deadlines.codec import assessment_to_json, facts_from_json, facts_to_json
from tests.engines.deadline_cases import LAW

DAYS = st.dates(date(2022, 1, 1), date(2027, 12, 31))
PERIODS = {right.code: right for right in LAW.rights if right.days and right.documents}


VALUES = {
    date: DAYS,
    bool: st.booleans(),
    int: st.sampled_from([0, 980, 2_999, 50_000, 1_480_000]),
    str: st.sampled_from(["none", "some", "all"]),
}
HINTS = {name: get_args(hint)[0] for name, hint in get_type_hints(Facts).items() if not name.endswith("_types")}


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """Up to three types and up to fifteen known facts; whatever is not drawn stays unknown."""
    types = draw(st.lists(st.sampled_from(LAW.transaction_types), unique=True, max_size=3))
    names = draw(st.lists(st.sampled_from(sorted(HINTS)), unique=True, max_size=15))
    return Facts(transaction_types=tuple(types), **{name: draw(VALUES[HINTS[name]]) for name in names})


ANY_FACTS = any_facts()
QUICK = settings(max_examples=40, deadline=None)


def by_right(found: list[Assessment]) -> dict[str, Assessment]:
    return {item.right or item.transaction_type: item for item in found}


@given(ANY_FACTS, DAYS)
@QUICK
def test_every_answer_is_consistent(facts: Facts, today: date) -> None:
    for item in assess(facts, LAW, today):
        assert (item.deadline is None) == (item.days_left is None)
        if item.deadline is not None:
            assert item.days_left == (item.deadline - today).days
        if item.status in {Status.OPEN, Status.LAST_DAY}:
            assert item.days_left is not None
            assert item.days_left >= 0
            assert (item.status is Status.LAST_DAY) == (item.days_left == 0)
        if item.status is Status.EXPIRED:
            assert item.days_left is not None
            assert item.days_left < 0
        if item.safest_day is not None:
            assert item.safest_day >= today
        if item.status is Status.NEEDS_ANSWER:
            assert item.next_question
        assert item.reasons or item.unknown
        assert all(reason.endswith("。") for reason in item.reasons)
        tiles = days_strip(item, today)
        assert not tiles or (tiles[0].date, tiles[-1].date) == (item.day_one, item.deadline)
        assessment_to_json(item)


@given(st.sampled_from(sorted(PERIODS)), DAYS, st.integers(0, 40))
@QUICK
def test_the_last_day_is_the_day_of_the_document_plus_the_period_minus_one(
    code: str, handed_over: date, later: int
) -> None:
    right = PERIODS[code]
    known: dict[str, Any] = {f"{right.documents[0]}_document_on": handed_over, "applied_on": handed_over}
    known |= {"individual_credit": right.kind is Kind.CREDIT_COOLING_OFF}
    facts = Facts(transaction_types=(right.transaction_type,), **known)
    item = by_right(assess(facts, LAW, handed_over + timedelta(days=later)))[code]
    assert item.deadline == handed_over + timedelta(days=right.days - 1)
    assert (item.status is Status.EXPIRED) == (later >= right.days)


@given(ANY_FACTS, DAYS, st.integers(0, 60))
@QUICK
def test_time_only_ever_takes_rights_away(facts: Facts, today: date, later: int) -> None:
    # Facts about the future would become known only later, so they are left out.
    assume(not any(isinstance(value, date) and value > today for value in vars(facts).values()))
    before = by_right(assess(facts, LAW, today))
    after = by_right(assess(facts, LAW, today + timedelta(days=later)))
    order = {Status.OPEN: 0, Status.LAST_DAY: 1, Status.NEEDS_ANSWER: 2, Status.EXPIRED: 3}
    assert before.keys() == after.keys()
    for code, earlier in before.items():
        now = after[code]
        if earlier.status in order and now.status in order:
            assert order[earlier.status] <= order[now.status]
        elif earlier.status is Status.RETURN_POSSIBLE:
            assert now.status in {Status.RETURN_POSSIBLE, Status.EXPIRED}
        else:
            assert earlier.status is now.status


@given(ANY_FACTS, DAYS)
@QUICK
def test_a_faulty_or_missing_contract_document_never_expires(facts: Facts, today: date) -> None:
    for change in ({"document_faulty": True}, {"contract_document_received": False}):
        changed = replace(facts, application_document_on=None, application_document_received=False, **change)
        for item in assess(changed, LAW, today):
            right = next((right for right in LAW.rights if right.code == item.right), None)
            if right is not None and right.documents and right.documents[0] == "contract":
                reissued = facts.obstructed and facts.reissued_document_on is not None
                assert item.status in {Status.OPEN_NO_END, Status.EXCLUDED, Status.NEEDS_ANSWER} or reissued


@given(ANY_FACTS, DAYS)
@QUICK
def test_an_excluded_right_stays_excluded_whatever_dates_become_known(facts: Facts, today: date) -> None:
    dates = {field.name: today for field in fields(Facts) if field.name.endswith("_on")}
    filled = replace(facts, **{name: getattr(facts, name) or day for name, day in dates.items()})
    after = by_right(assess(filled, LAW, today))
    for code, item in by_right(assess(facts, LAW, today)).items():
        if item.status is Status.EXCLUDED:
            assert after[code].status is Status.EXCLUDED


@given(ANY_FACTS, DAYS)
@QUICK
def test_a_consumer_is_never_told_that_it_is_too_late(facts: Facts, today: date) -> None:
    found = assess(facts, LAW, today)
    text = "".join(summary_for_consumer(found, today))
    assert text
    assert not any(word in text for word in ("過ぎ", "できません", "対象になりません", "終わりました"))
    if not all(item.certain for item in found):
        assert "188" in text


@given(ANY_FACTS)
@QUICK
def test_facts_survive_json(facts: Facts) -> None:
    assert facts_from_json(facts_to_json(facts)) == facts


KNOWN = {"transaction_types", "assumed_types"}
STILL_POSSIBLE = {Status.OPEN, Status.LAST_DAY, Status.OPEN_NO_END, Status.NEEDS_ANSWER, Status.RETURN_POSSIBLE}


def known_facts(facts: Facts) -> list[str]:
    return [field.name for field in fields(Facts) if field.name not in KNOWN and getattr(facts, field.name) is not None]


@given(st.lists(st.sampled_from(LAW.transaction_types), unique=True, max_size=3), DAYS)
@QUICK
def test_without_any_fact_nothing_is_over_and_nothing_is_sure(types: list[str], today: date) -> None:
    for item in assess(Facts(transaction_types=tuple(types)), LAW, today):
        assert item.status in {Status.NEEDS_ANSWER, Status.NONE}
        assert not item.certain
        assert item.deadline is None


@st.composite
def nearly_certain(draw: st.DrawFn) -> tuple[Facts, date]:
    """Contracts in which most is answered, so that certain answers are common; a few of the answers are drawn again."""
    handed_over = draw(DAYS)
    code = draw(
        st.sampled_from(["door_to_door", "telephone_solicitation", "door_to_door_purchase", "deposit", "multilevel"])
    )
    no = (
        "requested_visit",
        "requested_call",
        "car",
        "business_use",
        "purchase_goods_excluded",
        "runs_shop",
        "obstructed",
    )
    answers: dict[str, Any] = dict.fromkeys(no, False) | {"amount": 300_000, "consumable_used": "none"}
    answers |= {"contract_document_on": handed_over, "contracted_on": handed_over}
    doubts = [name for name in sorted(HINTS) if any(part in name for part in ("document", "electronic", "obstructed"))]
    names = draw(st.lists(st.sampled_from(doubts), unique=True, max_size=2))
    for name in [*names, *draw(st.lists(st.sampled_from(sorted(HINTS)), unique=True, max_size=2))]:
        answers[name] = draw(VALUES[HINTS[name]])
    for name in draw(st.lists(st.sampled_from(sorted(answers)), unique=True, max_size=2)):
        answers[name] = None
    return Facts(transaction_types=(code,), **answers), handed_over + timedelta(days=draw(st.integers(0, 30)))


def contradicts(name: str, facts: Facts) -> bool:
    """Whether a fact denies what another one states: "no document" and its day, or a document older than the signing."""
    if name.endswith("_received"):
        return getattr(facts, name) is False and getattr(facts, name.replace("_received", "_on")) is not None
    if name.endswith("_document_on") and name != "reissued_document_on":
        signed = min(filter(None, (facts.applied_on, facts.contracted_on)), default=date.min)
        return getattr(facts, name.replace("_on", "_received")) is False or getattr(facts, name) < signed
    return False


#: Signed on the day of its document, obstructed, and a new document with a day before both.
OLDER_THAN_THE_FIRST = Facts(
    transaction_types=("door_to_door",), amount=300_000, consumable_used="none", requested_visit=False, business_use=False,
    contracted_on=date(2022, 1, 2), contract_document_on=date(2022, 1, 2), obstructed=True, reissued_document_on=date(2022, 1, 1),
)  # fmt: skip


@given(nearly_certain())
@example((OLDER_THAN_THE_FIRST, date(2022, 1, 2)))
@settings(max_examples=200, deadline=None)
def test_what_is_certain_without_a_fact_is_not_taken_back_when_the_fact_comes(drawn: tuple[Facts, date]) -> None:
    """Forgetting a fact never makes the answer more certain than the truth bears: the right stands, and ends no earlier."""
    facts, today = drawn
    now = by_right(assess(facts, LAW, today))
    for name in known_facts(facts):
        if contradicts(name, facts):
            continue
        for code, before in by_right(assess(replace(facts, **{name: None}), LAW, today)).items():
            if before.certain and code in now:
                assert now[code].status in STILL_POSSIBLE, name
                assert now[code].deadline is None or before.deadline <= now[code].deadline, name


def test_a_new_document_that_is_older_than_the_first_takes_no_day_away() -> None:
    item = by_right(assess(OLDER_THAN_THE_FIRST, LAW, date(2022, 1, 3)))["door_to_door"]
    assert (item.status, item.deadline, item.certain) == (Status.OPEN, date(2022, 1, 9), False)
    assert "reissued_document_on" in [unknown.code for unknown in item.unknown]
    assert any("日を確かめてください" in reason for reason in item.reasons)


@given(nearly_certain())
@settings(max_examples=200, deadline=None)
def test_what_could_revive_an_expired_right_is_asked(drawn: tuple[Facts, date]) -> None:
    facts, today = drawn
    now = by_right(assess(facts, LAW, today))
    for name in known_facts(facts):
        if HINTS[name] is not bool or contradicts(name, facts):
            continue
        for code, before in by_right(assess(replace(facts, **{name: None}), LAW, today)).items():
            if before.status is Status.EXPIRED and code in now and now[code].status in STILL_POSSIBLE:
                assert name in [unknown.code for unknown in before.unknown]


@given(ANY_FACTS, DAYS, st.integers(1, 40))
@QUICK
def test_days_left_fall_by_one_a_day(facts: Facts, today: date, later: int) -> None:
    assume(not any(isinstance(value, date) and value > today for value in vars(facts).values()))
    after = by_right(assess(facts, LAW, today + timedelta(days=later)))
    for code, before in by_right(assess(facts, LAW, today)).items():
        if before.deadline is not None and after[code].deadline is not None:
            assert before.deadline == after[code].deadline
            assert before.days_left is not None
            assert after[code].days_left == before.days_left - later


@given(ANY_FACTS, DAYS)
@QUICK
def test_a_last_day_that_is_closed_is_named_with_a_safer_day(facts: Facts, today: date) -> None:
    for item in assess(facts, LAW, today):
        if item.status not in {Status.OPEN, Status.LAST_DAY} or item.deadline is None or is_business_day(item.deadline):
            continue
        name = holiday_name(item.deadline) or {5: "土曜日", 6: "日曜日"}.get(item.deadline.weekday(), "年末年始")
        assert any(name in reason and "休みの日" in reason for reason in item.reasons)
        assert item.safest_day is not None
        assert today <= item.safest_day <= item.deadline
        assert item.safest_day == today or is_business_day(item.safest_day)
