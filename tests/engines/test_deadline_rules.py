"""Every rule of the law file has its article and a worked example; a rule without one fails here."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from importlib import resources

import pytest

from caasis.engines.deadlines import Assessment, Counts, Facts, Kind, Status, assess
from tests.engines.deadline_cases import LAW
from tests.engines.deadline_examples import ABSENCES, EXCEPTIONS, GROUNDS, RIGHTS

RAW = tomllib.loads(resources.files("caasis.engines.deadlines").joinpath("law.toml").read_text(encoding="utf-8"))
EXCLUSIONS = [(right.code, code) for right in LAW.rights for code in right.exceptions]
BY_CODE = {right.code: right for right in LAW.rights}


def one(code: str, today: date, **facts: object) -> Assessment:
    known = Facts(transaction_types=(BY_CODE[code].transaction_type,), **facts)  # type: ignore[arg-type]
    return next(item for item in assess(known, LAW, today) if item.right == code)


def test_every_rule_of_the_law_file_has_a_worked_example() -> None:
    rules = {
        "right": {entry["code"] for entry in RAW["right"]} ^ RIGHTS.keys(),
        "exception": {entry["code"] for entry in RAW["exception"]} ^ EXCEPTIONS.keys(),
        "absence": {entry["transaction_type"] for entry in RAW["absence"]} ^ ABSENCES.keys(),
        "ground": {entry["code"] for entry in RAW["ground"]} ^ GROUNDS.keys(),
    }
    assert rules == {kind: set() for kind in rules}, "a rule without an example, or an example without a rule"
    tables = {name for name, value in RAW.items() if isinstance(value, list)}
    assert tables == rules.keys(), "a new kind of rule needs its kind of example"


def test_every_rule_names_its_article() -> None:
    for entry in [*RAW["right"], *RAW["ground"]]:
        assert "条" in entry["article"], entry["code"]
    for right, code in EXCLUSIONS:
        assert LAW.exceptions[code].article_for(BY_CODE[right].transaction_type), (right, code)
    # 店での買い物 is the one case in which there is no article because there is no law.
    assert [entry["transaction_type"] for entry in RAW["absence"] if not entry["article"]] == ["shop"]


@pytest.mark.parametrize("code", RIGHTS)
def test_the_last_day_of_each_right(code: str) -> None:
    facts, last, told = RIGHTS[code]
    on_last, after = one(code, last, **facts), one(code, last + timedelta(days=1), **facts)
    assert (on_last.deadline, on_last.days_left) == (last, 0)
    assert on_last.status is (Status.RETURN_POSSIBLE if on_last.kind is Kind.RETURN else Status.LAST_DAY)
    assert (after.status, after.days_left) == (Status.EXPIRED, -1)
    assert after.other_grounds
    said = "".join(on_last.reasons)
    assert told in said
    assert BY_CODE[code].article in said or on_last.article == BY_CODE[code].article
    assert on_last.verified or "要確認" in said


@pytest.mark.parametrize(("code", "exception"), EXCLUSIONS)
def test_each_exception_excludes_and_its_neighbour_does_not(code: str, exception: str) -> None:
    facts, last, _ = RIGHTS[code]
    excluding, near = EXCEPTIONS[exception]
    out = one(code, last, **(facts | excluding))
    assert (out.status, out.deadline) == (Status.EXCLUDED, None)
    rule = LAW.exceptions[exception]
    article = (
        LAW.credit_exclusion_article if out.kind is Kind.CREDIT_COOLING_OFF else rule.article_for(out.transaction_type)
    )
    assert any(rule.reason in reason and article in reason for reason in out.reasons)
    assert one(code, last, **(facts | near)).status is not Status.EXCLUDED
    # Nobody asked: never assumed, and asked where the answer is not already in the facts.
    unasked = {name: value for name, value in facts.items() if name not in excluding}
    assert one(code, last, **unasked).status is not Status.EXCLUDED


@pytest.mark.parametrize("code", ABSENCES)
def test_where_no_period_runs_it_is_said(code: str) -> None:
    (item,) = assess(Facts(transaction_types=(code,)), LAW, date(2026, 4, 8))
    assert (item.status, item.deadline) == (Status.NONE, None)
    assert ABSENCES[code] in item.reasons[0]


@pytest.mark.parametrize("code", GROUNDS)
def test_each_other_ground_is_offered_where_it_may_help(code: str) -> None:
    transaction_type, facts = GROUNDS[code]
    rule = next(rule for rule in LAW.grounds if rule.code == code)

    def offered(transaction_type: str, **facts: object) -> bool:
        found = assess(Facts(transaction_types=(transaction_type,), **facts), LAW, date(2026, 12, 1))  # type: ignore[arg-type]
        return any(ground.code == code for ground in found[0].other_grounds)

    assert offered(transaction_type, **facts)
    others = [other for other in LAW.transaction_types if rule.types and other not in rule.types]
    assert not any(offered(other, **facts) for other in others)
    if rule.unless_false and rule.unless_false != "consumer_contract":
        assert not offered(transaction_type, **{rule.unless_false: False})
    if rule.only_if:
        assert not offered(transaction_type, **{rule.only_if: False})


@pytest.mark.parametrize("code", [right.code for right in LAW.rights if right.obstruction])
def test_obstruction_keeps_each_right_open_until_an_explained_document(code: str) -> None:
    facts, last, _ = RIGHTS[code]
    later = last + timedelta(days=100)
    assert one(code, later, obstructed=True, **facts).status is Status.OPEN_NO_END
    again = {"obstructed": True, "reissued_document_on": last + timedelta(days=90)}
    assert one(code, later, reissued_with_explanation=False, **again, **facts).status is Status.OPEN_NO_END
    explained = one(code, later, reissued_with_explanation=True, **again, **facts)
    assert explained.deadline == last + timedelta(days=90 + BY_CODE[code].days - 1)


@pytest.mark.parametrize("code", [right.code for right in LAW.rights if "application" in right.documents])
def test_an_earlier_complete_application_document_starts_the_period(code: str) -> None:
    facts, last, _ = RIGHTS[code]
    earlier = {**facts, "application_document_on": date(2026, 3, 30)}
    assert one(code, date(2026, 4, 1), **earlier).deadline == last - timedelta(days=2)
    assert one(code, date(2026, 4, 1), application_document_faulty=True, **earlier).deadline == last


@pytest.mark.parametrize("code", [right.code for right in LAW.rights if right.later_event])
def test_a_later_event_starts_the_period(code: str) -> None:
    facts = RIGHTS[code].facts
    right = BY_CODE[code]
    known = (
        facts | {right.later_event: date(2026, 4, 6)} | ({right.later_condition: True} if right.later_condition else {})
    )
    assert one(code, date(2026, 4, 6), **known).deadline == date(2026, 4, 6) + timedelta(days=right.days - 1)


@pytest.mark.parametrize("code", [right.code for right in LAW.rights if right.electronic_notice])
def test_where_a_notice_by_mail_is_valid_it_is_said(code: str) -> None:
    facts, last, _ = RIGHTS[code]
    item = one(code, last, **facts)
    assert item.electronic_notice
    assert item.counts is Counts.DISPATCH


def test_the_values_of_the_law_at_their_edges() -> None:
    """Amounts and days that the file names outside of its tables, each on both sides of its edge."""
    edges = {name for name, value in RAW.items() if not isinstance(value, list | dict)}
    assert edges == {
        "version",
        "as_of",
        "electronic_documents_from",
        "electronic_notice_from",
        "small_cash_below_yen",
        "continuous_service_above_yen",
        "advert_mismatch_from",
        "credit_exclusion_article",
    }, "a new value needs its example below"
    data = {"contract_document_electronic": True, "electronic_consent": True}
    long_after = date(2023, 12, 1)
    assert one("door_to_door", long_after, contract_document_on=date(2023, 5, 31), **data).status is Status.OPEN_NO_END
    assert one("door_to_door", long_after, contract_document_on=date(2023, 6, 1), **data).status is Status.EXPIRED
    assert not one("door_to_door", long_after, contracted_on=date(2022, 5, 31)).electronic_notice
    assert one("door_to_door", long_after, contracted_on=date(2022, 6, 1)).electronic_notice
    base = RIGHTS["door_to_door"].facts
    today = date(2026, 4, 8)
    for amount, status in ((2_999, Status.EXCLUDED), (3_000, Status.LAST_DAY)):
        assert one("door_to_door", today, amount=amount, settled_at_signing=True, **base).status is status
    service = {"service_listed": True, "service_period_long": True, **base}
    for amount, status in ((50_000, Status.EXCLUDED), (50_001, Status.LAST_DAY)):
        assert one("specified_continuous", today, amount=amount, **service).status is status
    asked = {"requested_visit": True, "advertised_amount": 980, **base}
    for amount, status in ((9_799, Status.NEEDS_ANSWER), (9_800, Status.LAST_DAY)):
        assert one("door_to_door", today, amount=amount, **asked).status is status
