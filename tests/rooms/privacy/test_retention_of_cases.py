"""Which records are past their centre's years: only those whose every case is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from caasis.cases.models import Case, CaseContact, Party
from caasis.cases.retention import expired_keys
from caasis.channels.models import Contact
from caasis.kernel.ids import new_receipt_number
from caasis.organisations.models import CentreSettings
from caasis.people.services import build_person, save_person
from caasis.privacy.keys import create_record_key, destroy_record_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home", "as_system")]
NOW = timezone.now()


def years_ago(years: float) -> datetime:
    return NOW - timedelta(days=365.25 * years)


class World:
    """One centre, and shorthand for what stands in it."""

    def __init__(self, centre: Any) -> None:
        self.centre = centre

    def key(self) -> UUID:
        return create_record_key(self.centre.id).id

    def case(self, years: float | None, state: str = "registered") -> Case:
        at = years_ago(years or 20)
        return Case.objects.create(
            receipt_number=new_receipt_number(2026),
            owning_centre_id=self.centre.id,
            handling_centre_id=self.centre.id,
            record_key_id=self.key(),
            state=state,
            channel="phone",
            received_at=at,
            received_on=at.date(),
            fiscal_year=at.year,
            registered_at=None if years is None else at,
            touched_at=at,
        )

    def person(self, *cases: Case) -> UUID:
        person = save_person(build_person(centre_id=self.centre.id, values={"name": "見本"}))
        for case in cases:
            Party.objects.create(case=case, person=person)
        return person.record_key_id

    def contact(self, *cases: Case, years: float = 20) -> UUID:
        contact = Contact.objects.create(
            centre_id=self.centre.id, record_key_id=self.key(), channel="phone", offered_at=years_ago(years)
        )
        for case in cases:
            CaseContact.objects.create(case=case, contact=contact)
        return contact.record_key_id


@pytest.fixture
def world(own_home: Path, as_system: None, town: Any) -> World:
    return World(town.centre_a)


def expired() -> set[UUID]:
    return set(expired_keys(NOW, 100))


def test_a_case_registered_longer_ago_than_the_years_takes_its_people_and_contacts_along(world: World) -> None:
    old, young = world.case(10.1), world.case(9.9)
    person, contact = world.person(old), world.contact(old)
    world.person(young)
    world.contact(young)
    assert expired() == {old.record_key_id, person, contact}


def test_a_person_or_contact_with_a_younger_case_stays(world: World) -> None:
    old, young, open_one = world.case(12), world.case(1), world.case(None, "in_progress")
    world.person(old, young)
    world.contact(old, open_one)
    assert expired() == {old.record_key_id}


def test_a_case_that_was_reopened_stays(world: World) -> None:
    world.person(world.case(12, state="in_progress"))
    assert expired() == set()


def test_a_contact_that_never_became_a_case_counts_from_its_day(world: World) -> None:
    old = world.contact(years=10.1)
    world.contact(years=9.9)
    assert expired() == {old}


def test_each_centre_has_its_own_years(world: World, town: Any) -> None:
    CentreSettings.objects.create(centre=town.centre_a, retention_years=3)
    other = World(town.centre_b)
    mine = world.case(4)
    other.case(4)
    assert expired() == {mine.record_key_id}


def test_what_is_erased_is_not_named_again_and_the_limit_holds(world: World) -> None:
    cases = [world.case(11) for _ in range(3)]
    destroy_record_key(cases[0].record_key_id)
    assert expired() == {case.record_key_id for case in cases[1:]}
    assert len(list(expired_keys(NOW, 1))) == 1
