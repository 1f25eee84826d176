"""Personal data of cases go after the centre's years; what is statistical stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.selectors import get_case, read_card
from caasis.organisations.models import CentreSettings
from caasis.people.models import Person
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.retention import erase_expired
from caasis.privacy.services import read_sealed
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=366)


def registered(town, years_ago: float):
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, "consumer_name": "見本 花子"})
    services.add_note(actor=town.counsellor, case_id=case.id, text="折り返し済み")
    with system_transaction():
        Case.objects.filter(id=case.id).update(state="registered", registered_at=timezone.now() - years_ago * YEAR)
    return case


def gone(row, field: str) -> bool:
    """Nothing of a sealed field can be read any more."""
    try:
        return read_sealed(row, field)[field] == ""
    except Forgotten:
        return True


def test_after_its_years_a_case_keeps_its_figures_and_loses_its_names(town):
    CentreSettings.objects.create(centre=town.centre_a, retention_years=5)
    old, young = registered(town, 5.2), registered(town, 4.8)
    assert erase_expired(timezone.now()) >= 2
    with system_transaction():
        people = {case.id: Person.objects.get(id=case.parties.get().person_id) for case in (old, young)}
        assert gone(old.notes.get(), "body") and gone(people[old.id], "name")
        assert read_sealed(people[young.id], "name")["name"] == "見本 花子"
    with actor_transaction(town.counsellor):
        assert read_card(get_case(actor=town.counsellor, case_id=old.id))["amount"] == 1_480_000
    assert erase_expired(timezone.now()) == 0, "a second night finds nothing"


def test_without_a_setting_ten_years_hold(town):
    registered(town, 9.5)
    assert erase_expired(timezone.now()) == 0
    assert erase_expired(timezone.now() + timedelta(days=366)) > 0


def test_somebody_with_a_younger_case_is_kept(town):
    old, young = registered(town, 11), registered(town, 1)
    with system_transaction():
        person = old.parties.get().person
        young.parties.update(person=person)
    erase_expired(timezone.now())
    with system_transaction():
        assert read_sealed(Person.objects.get(id=person.id), "name")["name"] == "見本 花子"
