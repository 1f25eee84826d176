"""Who comes when: ages by kind, weekdays, families, repeated victims, states, and what is planted."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, date, timedelta
from itertools import pairwise
from statistics import median

import pytest

from caasis.twin.calendar_of_troubles import first_day_of, is_japanese_holiday, is_open
from caasis.twin.generate import GeneratedCase, plan_town
from caasis.twin.geography import Geography, Municipality
from caasis.twin.stories import load_stories
from caasis.twin.town import band_of
from caasis.twin.wording import tell

from . import towns


def of(story: str) -> list[GeneratedCase]:
    return [case for case in towns.told()[1] if case.story == story]


def test_the_town_tells_exactly_the_cases_asked_for_in_order() -> None:
    plan, cases = towns.told()
    assert len(cases) == 12_000 and [case.number for case in cases] == list(range(1, 12_001))
    assert all(a.received_at <= b.received_at for a, b in pairwise(cases))
    truth = plan.ground_truth
    assert truth.starts_on == date(2025, 11, 21)
    assert truth.starts_on <= cases[0].received_at.date() and cases[-1].received_at.date() <= towns.UNTIL
    assert all(case.received_at.utcoffset() == timedelta(hours=9) for case in cases)


@pytest.mark.parametrize(
    ("story", "low", "high"),
    [("roof_inspection", 66, 80), ("refund_fraud", 64, 80), ("futon", 70, 88), ("newspaper", 62, 82),
     ("multilevel", 21, 34), ("hair_removal_clinic", 21, 32), ("game_minor", 10, 17), ("rental_moveout", 28, 46)],
)  # fmt: skip
def test_each_kind_meets_its_ages(story: str, low: int, high: int) -> None:
    assert low <= median(case.party_age for case in of(story)) <= high


def test_each_kind_meets_women_and_men_as_its_profile_says() -> None:
    assert sum(case.party_sex == "female" for case in of("esthetic_salon")) / len(of("esthetic_salon")) > 0.85
    assert sum(case.party_sex == "female" for case in of("used_car")) / len(of("used_car")) < 0.45


def test_mondays_are_heavier_and_weekends_and_holidays_light() -> None:
    days = Counter(case.received_at.date() for case in towns.told()[1])
    every = [towns.told()[0].ground_truth.starts_on + timedelta(days=n) for n in range(365)]

    def mean(chosen: list[date]) -> float:
        return sum(days[day] for day in chosen) / len(chosen)

    work = [day for day in every if is_open(day, is_japanese_holiday)]
    monday = mean([day for day in work if day.weekday() == 0])
    assert monday > 1.1 * mean([day for day in work if day.weekday() == 2])
    assert mean([day for day in every if day.weekday() >= 5]) < 0.35 * monday
    assert mean([day for day in every if day.weekday() < 5 and is_japanese_holiday(day)]) < 0.35 * monday
    assert mean([date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)]) < 0.2 * monday


def test_holidays_may_be_passed_in() -> None:
    nothing = plan_town(
        7, 3_000, 6, towns.UNTIL, towns.geography(), towns.codes_of("product"), is_holiday=lambda day: day.day <= 5
    )
    days = Counter(day for day, count in nothing.calendar.cases_by_day() for _ in range(count))
    early = sum(count for day, count in days.items() if day.day <= 5 and day.weekday() < 5)
    assert early < 0.05 * 3_000


def test_seasons_are_seen() -> None:
    stings = Counter(case.received_at.month for case in of("pest_control"))
    assert sum(stings[month] for month in (6, 7, 8)) > 4 * sum(stings[month] for month in (12, 1, 2))


def test_big_prefectures_have_more_cases() -> None:
    places = Counter(case.prefecture_code for case in towns.told()[1])
    assert places["13"] > 6 * places["31"]
    assert set(places) == set(towns.geography().prefecture_weights)


def test_the_old_telephone_and_the_young_write() -> None:
    cases = towns.told()[1]
    web = {"web", "sns", "mail", "chat"}
    young = [case for case in cases if case.party_age < 40]
    old = [case for case in cases if case.party_age >= 70]
    assert sum(case.channel_code in web for case in young) / len(young) > 0.25
    assert sum(case.channel_code in web for case in old) / len(old) < 0.12


def test_some_people_come_again_and_families_share_a_telephone() -> None:
    plan, cases = towns.told()
    visits = Counter(case.contract_party_id for case in cases)
    again = sum(count > 1 for count in visits.values())
    assert 0.015 < again / len(visits) < 0.2
    phones = Counter(person.household.phone for person in plan.town.consumers)
    assert sum(count > 1 for count in phones.values()) > 0.2 * len(phones)
    for case in cases[:2_000]:
        consumer, party = plan.town.consumer(case.consumer_id), plan.town.consumer(case.contract_party_id)
        assert consumer.household.id == party.household.id
        assert (case.relation == "self") == (consumer.id == party.id)
        if case.relation == "family":
            assert consumer.age_on(case.received_at.date()) >= 18
        assert party.household.municipality.code == case.municipality_code
        assert case.party_sex == party.sex and case.party_occupation_code == party.occupation


def test_minors_are_spoken_for_by_their_family() -> None:
    minors = [case for case in towns.told()[1] if case.party_age < 18]
    assert len(minors) > 50
    assert sum(case.relation == "family" for case in minors) / len(minors) > 0.8


def test_everybody_and_every_trader_is_marked_as_demo_and_has_a_number_that_cannot_exist() -> None:
    plan, cases = towns.told()
    assert all(case.demo for case in cases)
    phones = [household.phone for household in plan.town.households]
    phones += [person.mobile for person in plan.town.consumers if person.mobile]
    traders = [trader for group in plan.town.businesses.values() for trader in group]
    phones += [phone for trader in traders for phone in trader.phones]
    assert all(re.fullmatch(r"000-\d{4}-\d{4}", phone) for phone in phones)
    assert len({household.phone for household in plan.town.households}) == len(plan.town.households)
    assert all(trader.demo and trader.url.endswith(".example/") for trader in traders)
    assert all(centre.demo and "（見本）" in centre.name and centre.counsellors for centre in plan.town.centres)
    assert len({trader.id for trader in traders}) == len(traders)


def test_cases_are_handled_where_the_person_lives() -> None:
    plan, cases = towns.told()
    for case in cases[:1_000]:
        centre = plan.town.centres[case.centre_index]
        assert centre.municipality.prefecture_code == case.prefecture_code
        assert case.counsellor_index is None or case.counsellor_index < len(centre.counsellors)


def test_most_cases_are_registered_and_the_newest_are_not() -> None:
    cases = towns.told()[1]
    states = Counter(case.state for case in cases)
    assert states["registered"] > 0.93 * len(cases)
    assert {"received", "advising", "mediating", "waiting_approval", "returned"} <= set(states)
    newest = [case for case in cases if (towns.UNTIL - case.received_at.date()).days < 3]
    assert sum(case.state == "registered" for case in newest) < 0.6 * len(newest)


def test_states_and_times_agree() -> None:
    for case in towns.told()[1]:
        done = case.state in ("handled", "waiting_approval", "returned", "registered")
        assert done == (case.closed_at is not None) == bool(case.result_code)
        assert (case.state == "registered") == (case.registered_at is not None)
        assert (case.state == "returned") == bool(case.return_reason)
        if case.closed_at:
            assert case.received_at <= case.closed_at and case.closed_at.date() <= towns.UNTIL
        if case.registered_at and case.closed_at:
            assert case.closed_at <= case.registered_at and case.registered_at.date() <= towns.UNTIL
        if case.state == "received":
            assert case.counsellor_index is None and not case.summary and not case.handling
        if case.contracted_on:
            assert case.contracted_on <= case.received_at.date()


def test_money_and_harm_agree() -> None:
    cases = towns.told()[1]
    for case in cases:
        assert 0 <= case.refunded <= case.paid <= (case.amount or 0)
        assert not (case.money_about_to_move and case.paid)
        assert (case.treatment_days > 0) == (case.harm == "injury")
    assert any(case.money_about_to_move for case in cases)
    assert any(case.treatment_days >= 30 for case in cases)
    burnt = of("appliance_fire")
    assert all(case.harm in ("injury", "hazard") for case in burnt)


def test_the_surge_is_there_and_the_ground_truth_says_where() -> None:
    plan, cases = towns.told(seed=7, count=30_000)
    surge = plan.ground_truth.surge
    assert surge.ends_on - surge.starts_on == timedelta(days=20) and surge.starts_on.weekday() == 0
    assert 3.0 <= surge.factor <= 4.0
    there = [case for case in cases if case.story == surge.story and case.prefecture_code in surge.prefectures]
    within = [case for case in there if surge.starts_on <= case.received_at.date() <= surge.ends_on]
    assert surge.expected_with == pytest.approx(surge.factor * surge.expected_without, rel=0.05)
    # Six standard deviations of a Poisson count around what was announced.
    assert abs(len(within) - surge.expected_with) < 6 * surge.expected_with**0.5
    weeks_before = [
        case for case in there if timedelta(0) < surge.starts_on - case.received_at.date() <= timedelta(days=63)
    ]
    assert len(within) > 1.8 * len(weeks_before) / 3
    elsewhere = Counter(
        surge.starts_on <= case.received_at.date() <= surge.ends_on
        for case in cases
        if case.story == surge.story and case.prefecture_code not in surge.prefectures
    )
    days = (plan.ground_truth.until - plan.ground_truth.starts_on).days + 1
    assert elsewhere[True] < 2 * elsewhere[False] * 21 / (days - 21)
    planted = [case for case in within if case.planted == "surge"]
    assert len(planted) > 0.5 * len(within)
    assert Counter(case.business_id for case in planted).most_common(1)[0][0] == surge.main_business_id
    assert not [case for case in cases if case.planted == "surge" and case not in within]


def test_the_new_kind_begins_on_its_day_and_its_words_do_not_occur_before() -> None:
    plan, cases = towns.told()
    new = plan.ground_truth.novelty
    told = [case for case in cases if case.story == new.story]
    assert len(told) == pytest.approx(new.expected_cases, rel=0.5) and len(told) > 20
    assert min(case.received_at.date() for case in told) >= new.first_day
    assert all(case.planted == "new_kind" for case in told)
    for case in cases:
        whole = case.title + case.summary + case.handling + case.consumer_text
        if case.story != new.story:
            assert not any(word in whole for word in new.words), whole
    spoken = sum(any(word in case.title + case.summary + case.consumer_text for word in new.words) for case in told)
    assert spoken / len(told) > 0.9
    other = {kind.key for kind in load_stories().kinds.values() if kind.novel} - {new.story}
    assert not [case for case in cases if case.story in other]


def test_the_ground_truth_is_written_as_json_that_says_what_was_planted() -> None:
    truth = towns.plan(7, 500).ground_truth
    read = json.loads(truth.to_json())
    assert read["seed"] == 7 and read["demo"] is True
    assert date.fromisoformat(read["surge"]["starts_on"]) == truth.surge.starts_on
    assert tuple(read["surge"]["prefectures"]) == truth.surge.prefectures
    assert tuple(read["novelty"]["words"]) == truth.novelty.words
    assert read == json.loads(towns.plan(7, 500).ground_truth.to_json())


def test_different_seeds_plant_different_surges() -> None:
    planted = {
        (surge.story, surge.prefectures) for surge in (towns.plan(seed, 50).ground_truth.surge for seed in range(8))
    }
    assert len(planted) >= 5


def test_a_town_of_one_municipality_works() -> None:
    place = Geography.of([Municipality("13101", "架空区", "13", "見本都", 60_000)])
    cases = list(plan_town(3, 300, 4, towns.UNTIL, place, towns.codes_of("product")).cases())
    assert {case.municipality_code for case in cases} == {"13101"} and len(cases) == 300


def test_geography_without_places_or_with_an_unknown_prefecture_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Geography.of([])
    with pytest.raises(ValueError, match="99"):
        Geography.of([Municipality("99001", "架空市", "99", "見本県")])


@pytest.mark.parametrize(
    ("until", "months", "expected"),
    [(date(2026, 11, 20), 12, date(2025, 11, 21)), (date(2026, 5, 31), 3, date(2026, 3, 1)),
     (date(2026, 1, 15), 6, date(2025, 7, 16)), (date(2026, 12, 31), 1, date(2026, 12, 1))],
)  # fmt: skip
def test_a_period_begins_the_day_after_the_same_day_months_ago(until: date, months: int, expected: date) -> None:
    assert first_day_of(until, months) == expected


@pytest.mark.parametrize(
    ("age", "band"), [(12, 0), (17, 0), (18, 1), (19, 1), (20, 2), (59, 5), (79, 7), (80, 8), (95, 8)]
)
def test_age_bands(age: int, band: int) -> None:
    assert band_of(age) == band


def test_instants_are_aware_everywhere() -> None:
    for case in towns.told()[1][:500]:
        for instant in (case.received_at, case.closed_at, case.registered_at):
            assert instant is None or instant.astimezone(UTC)


def test_the_shared_words_can_all_be_told() -> None:
    facts = dict.fromkeys(
        ("when", "amount", "asked", "paid", "pay", "elder", "refund", "small", "me", "phone", "part"), "□"
    )
    for kind in load_stories().kinds.values():
        for slot in (kind.title, *kind.phases, kind.wish, *kind.voice, kind.advice):
            assert tell(slot, facts, lambda: 0.0) and tell(slot, facts, lambda: 0.999999)
