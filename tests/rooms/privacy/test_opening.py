"""Opening personal data: for a purpose, inside the centre, logged; and the form for lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from caasis.audit.models import AccessRecord
from caasis.kernel.actor import SYSTEM, Purpose
from caasis.kernel.errors import NotAllowed
from caasis.people.models import Person
from caasis.people.services import build_person, save_person
from caasis.platform.crypto.ciphers import WrongKeyOrPlace
from caasis.platform.crypto.keyring import add_blind_master
from caasis.platform.transactions import actor_transaction
from caasis.privacy import registry
from caasis.privacy.registry import register_emergency_question
from caasis.privacy.sealed import Sealed
from caasis.privacy.services import (
    blind_candidates,
    blind_phone,
    blind_value,
    masked_fields,
    may_open,
    open_fields,
    read_sealed,
    seal,
)
from tests.rooms.privacy.conftest import KNOWN

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def person(own_home: Path, town, as_system) -> Person:  # type: ignore[no-untyped-def]
    return save_person(build_person(centre_id=town.centre_a.id, values=KNOWN))


@pytest.mark.parametrize("role", ["counsellor", "counsellor2", "supervisor", "official"])
def test_staff_of_the_centre_open_it_for_a_purpose_and_are_logged(role: str, person: Person, town) -> None:  # type: ignore[no-untyped-def]
    actor = town.actors[role]
    with actor_transaction(actor):
        opened = open_fields(person, "name", "address", actor=actor, purpose=Purpose.OWN_CASE)
    assert opened == {"name": KNOWN["name"], "address": KNOWN["address"]}
    row = AccessRecord.objects.get(object_id=person.id)
    assert (row.actor_id, row.purpose, row.fields, row.object_kind) == (actor.id, "own_case", "address,name", "person")


@pytest.mark.parametrize("role", ["outsider", "outside_official", "ncac", "analyst", "admin"])
def test_nobody_else_does_whatever_the_purpose(role: str, person: Person, town) -> None:  # type: ignore[no-untyped-def]
    for purpose in Purpose:
        with pytest.raises(NotAllowed):
            open_fields(person, actor=town.actors[role], purpose=purpose)
    assert not AccessRecord.objects.filter(object_id=person.id).exists()


def test_without_a_purpose_nothing_opens(person: Person, town) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotAllowed, match="目的"):
        open_fields(person, actor=town.counsellor)


def test_an_opening_that_fails_later_is_logged_together_with_what_it_was_for(person: Person, town) -> None:  # type: ignore[no-untyped-def]
    class Boom(Exception): ...

    with pytest.raises(Boom), actor_transaction(town.counsellor):
        open_fields(person, actor=town.counsellor, purpose=Purpose.OWN_CASE)
        raise Boom
    assert not AccessRecord.objects.filter(object_id=person.id).exists(), "nothing was shown, so nothing is logged"


def test_lists_show_masked_forms_to_the_centre_only(person: Person, town) -> None:  # type: ignore[no-untyped-def]
    shown = masked_fields(person, "name", "address", "contact_note", actor=town.counsellor)
    assert shown == {"name": "鵯○○", "address": "宮城県仙台市青葉区…", "contact_note": "［非表示］"}
    for role in ("outsider", "ncac", "analyst", "admin"):
        assert masked_fields(person, "name", actor=town.actors[role]) == {"name": ""}


def test_a_sealed_value_prints_as_nothing_and_takes_no_clear_text(person: Person) -> None:
    assert f"{person.name} {person.name!r}" == "［封］ ［封］"
    person.name = KNOWN["name"]  # type: ignore[assignment]
    with pytest.raises(TypeError), transaction.atomic():
        person.save()


def test_a_value_copied_to_another_row_or_field_does_not_open(person: Person, town) -> None:  # type: ignore[no-untyped-def]
    other = save_person(build_person(centre_id=town.centre_a.id, values={"name": "別の人"}))
    other.record_key_id = person.record_key_id
    other.name = person.name
    with pytest.raises(WrongKeyOrPlace):
        read_sealed(other, "name")
    person.kana = person.name
    with pytest.raises(WrongKeyOrPlace):
        read_sealed(person, "kana")


def test_empty_text_needs_no_seal(person: Person) -> None:
    assert seal(person, "name", "", key=b"\0" * 32) == Sealed(b"")


def test_equal_numbers_match_inside_a_centre_and_never_between_two(town, own_home: Path) -> None:  # type: ignore[no-untyped-def]
    a, b = town.centre_a.id, town.centre_b.id
    assert (
        blind_phone(a, "090-5821-7745")
        == blind_phone(a, "+81 90 5821 7745")
        == blind_phone(a, "０９０（５８２１）７７４５")
    )
    assert blind_phone(a, "090-5821-7745") != blind_phone(b, "090-5821-7745")
    assert blind_phone(a, "なし") is None and blind_candidates(a, "phone", "なし") == []
    assert blind_value(a, "name", "鵯越 曙光") == blind_value(a, "name", "鵯越　曙光")
    assert blind_value(a, "mail", " A@Example.jp ") == blind_value(a, "mail", "a@example.jp")
    assert blind_value(a, "mail", "a@example.jp") != blind_value(a, "name", "a@example.jp")
    before = blind_phone(a, "090-5821-7745")
    add_blind_master(own_home)
    assert blind_phone(a, "090-5821-7745") != before
    assert blind_candidates(a, "phone", "090-5821-7745") == [blind_phone(a, "090-5821-7745"), before]


class TestEmergency:
    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        """Whoever answers the question is replaced; what is asked is kept."""
        calls: list[object] = []
        monkeypatch.setattr(registry, "_emergency", [])
        self.answer = False

        def question(actor, centre_id, objects) -> bool:  # type: ignore[no-untyped-def]
            calls.append((actor.id, centre_id, list(objects)))
            return self.answer

        register_emergency_question(question)
        return calls

    def test_the_purpose_alone_opens_nothing(self, person: Person, town, asked: list[object]) -> None:  # type: ignore[no-untyped-def]
        assert not may_open(person, actor=town.counsellor, purpose=Purpose.BREAK_GLASS)
        assert asked == [(town.counsellor.id, person.centre_id, [("person", person.id)])]
        self.answer = True
        assert may_open(person, actor=town.counsellor, purpose=Purpose.BREAK_GLASS)

    def test_an_emergency_access_to_a_person_opens_its_contact_points(self, person: Person, town, asked) -> None:  # type: ignore[no-untyped-def]
        point = person.contact_points.get(kind="phone")
        may_open(point, actor=town.counsellor, purpose=Purpose.BREAK_GLASS)
        assert asked[0][2] == [("contact_point", point.id), ("person", person.id)]

    def test_other_purposes_never_ask(self, person: Person, town, asked: list[object]) -> None:  # type: ignore[no-untyped-def]
        self.answer = True
        assert not may_open(person, actor=town.outsider, purpose=Purpose.OWN_CASE)
        assert asked == []


def test_the_system_opens_without_a_row_in_the_log(person: Person) -> None:
    open_fields(person, "name", actor=SYSTEM)
    assert not AccessRecord.objects.filter(object_id=person.id).exists()


def test_a_key_of_another_centre_is_no_key(person: Person) -> None:
    person.record_key_id = uuid4()
    with pytest.raises(LookupError):
        read_sealed(person, "name")


def test_consumers_never_open(person: Person, town) -> None:  # type: ignore[no-untyped-def]
    from caasis.kernel.actor import PUBLIC

    assert not may_open(person, actor=replace(PUBLIC, centre_id=town.centre_a.id), purpose=Purpose.CONSUMER_REQUEST)
