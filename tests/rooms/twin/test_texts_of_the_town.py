"""What is told: lengths, variety, no names, no leftovers of the templates."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

import pytest

from caasis.twin.names import FAMILY_NAMES
from caasis.twin.streams import stream
from caasis.twin.telling import COOLING_OFF_DAYS, when_phrase, yen

from . import towns

NO_CONTRACT_WORDS = re.compile(r"契約書面は受け取った|契約書は渡されていない")


def test_titles_and_texts_keep_their_lengths() -> None:
    for case in towns.told()[1]:
        assert 8 <= len(case.title) <= 50
        assert len(case.summary) <= 500 and len(case.handling) <= 500
        if case.state != "received":
            assert len(case.summary) >= 50 and case.handling
        assert 15 <= len(case.consumer_text) <= 800
        assert len(case.keyword_codes) <= 5


def test_nothing_of_the_templates_is_left_over() -> None:
    for case in towns.told()[1]:
        text = "".join((case.title, case.summary, case.handling, case.consumer_text, case.return_reason))
        assert not re.search(r"[{}|]|。。|、、|、。|[a-z]{4,}", text), text


def test_no_two_stories_sound_alike() -> None:
    summaries = [case.summary for case in towns.told()[1][:5_000] if case.summary]
    assert len(set(summaries)) >= 0.95 * len(summaries)
    voices = [case.consumer_text for case in towns.told()[1][:5_000]]
    assert len(set(voices)) >= 0.95 * len(voices)


def test_within_one_kind_summaries_differ_too() -> None:
    by_kind = defaultdict(list)
    for case in towns.told()[1]:
        if case.summary:
            # Dates and amounts alone would make them differ, so they are taken out.
            by_kind[case.story].append(re.sub(r"[0-9,]+", "#", case.summary))
    for kind, summaries in by_kind.items():
        assert len(set(summaries)) >= 0.95 * len(summaries), kind


def test_titles_are_varied() -> None:
    titles = defaultdict(set)
    for case in towns.told()[1]:
        titles[case.story].add(case.title)
    assert all(len(seen) >= 5 for seen in titles.values())


def test_records_hold_no_personal_data() -> None:
    plan, cases = towns.told()
    names = {name for person in plan.town.consumers for name in (person.name, person.name.replace(" ", ""))}
    names |= {person.name for centre in plan.town.centres for person in centre.counsellors}
    family = "|".join(name for name, _ in FAMILY_NAMES)
    addressed = re.compile(rf"(?:{family})(?:さん|様|氏|と申|といい)|000-\d|@")
    for case in cases:
        text = case.title + case.summary + case.handling
        assert not addressed.search(text), text
        assert not any(consumer in text for consumer in (plan.town.consumer(case.consumer_id).name,))
    assert not any(name in case.summary for case in cases[:300] for name in names)


def test_some_written_texts_hold_names_and_numbers_so_that_masking_has_work() -> None:
    plan, cases = towns.told()
    named = [case for case in cases if plan.town.consumer(case.consumer_id).name in case.consumer_text]
    assert 0.005 < len(named) / len(cases) < 0.05
    assert {case.channel_code for case in named} <= {"web", "mail", "sns", "letter", "fax", "chat"}
    assert any(re.search(r"000-\d{4}-\d{4}", case.consumer_text) for case in cases)


def test_traders_are_not_named_in_the_record() -> None:
    plan, cases = towns.told()
    traders = {trader.id: trader for group in plan.town.businesses.values() for trader in group}
    assert not [
        case.summary for case in cases if case.business_id and traders[case.business_id].short_name in case.summary
    ]


def test_trader_names_are_heard_in_many_ways() -> None:
    plan, cases = towns.told()
    traders = {trader.id: trader for group in plan.town.businesses.values() for trader in group}
    heard = [(traders[case.business_id], case.business_as_heard) for case in cases if case.business_id]
    exact = sum(trader.name == name for trader, name in heard) / len(heard)
    assert 0.15 < exact < 0.5
    assert all(name for _, name in heard)
    assert any(re.fullmatch(r"[ぁ-んー]+", name) for _, name in heard)
    assert any(re.fullmatch(r"[ァ-ンー]+", name) for _, name in heard)
    assert all(not case.business_as_heard for case in cases if not case.business_id)


def test_the_cooling_off_advice_agrees_with_the_dates() -> None:
    checked = 0
    for case in towns.told()[1]:
        legal = case.transaction_type_codes[0] if case.transaction_type_codes else ""
        if legal not in COOLING_OFF_DAYS or not case.contracted_on or not case.result_code:
            continue
        late = (case.received_at.date() - case.contracted_on).days + 1 > COOLING_OFF_DAYS[legal]
        if late and case.document_means != "missing":
            assert "日以内はクーリング・オフできる" not in case.handling, case.handling
            assert "期間内とみられる" not in case.handling
        elif not late and case.document_means != "missing":
            assert "期間は過ぎて" not in case.handling, case.handling
        checked += 1
    assert checked > 1_000


def test_who_has_no_contract_is_not_said_to_have_papers() -> None:
    for case in towns.told()[1]:
        if case.contracted_on is None:
            assert not case.document_means and case.document_received_on is None
            assert not NO_CONTRACT_WORDS.search(case.summary)


def test_nobody_is_told_to_negotiate_with_a_swindler() -> None:
    for case in towns.told()[1]:
        if case.story in ("refund_fraud", "fake_bill_sms", "romance_fraud", "sns_investment"):
            assert "自分で交渉" not in case.handling and "自主交渉" not in case.handling


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 19), {"昨日"}),
        (date(2026, 11, 20), {"今日", "本日"}),
        (date(2026, 11, 13), {"先週の金曜日", "11月13日"}),
        (date(2026, 10, 5), {"先月上旬", "10月5日"}),
        (date(2025, 11, 20), {"昨年11月", "1年ほど前"}),
        (date(2021, 4, 1), {"2021年4月", "2021年"}),
    ],
)
def test_days_are_named_as_people_name_them(day: date, expected: set[str]) -> None:
    draw = stream(3, "when").random
    assert {when_phrase(day, towns.UNTIL, draw) for _ in range(200)} == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (2_980, {"2,980円"}),
        (120_000, {"12万円", "約12万円"}),
        (128_000, {"12万8,000円", "約13万円"}),
        (120_000_000, {"1億2,000万円"}),
        (100_000_000, {"1億円"}),
    ],
)
def test_amounts_are_written_as_records_write_them(amount: int, expected: set[str]) -> None:
    draw = stream(3, "yen").random
    assert {yen(amount, draw) for _ in range(200)} == expected
