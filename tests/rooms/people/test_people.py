"""People are sealed, found by their number inside one centre only, and a number is never an identity."""

from __future__ import annotations

import pytest
from django.db import connection

from caasis.kernel.actor import Purpose
from caasis.people.models import ContactPoint, Person
from caasis.people.selectors import open_person, persons_by_phone
from caasis.people.services import build_person, save_person, update_person
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.services import blind_mail, blind_name, blind_phone

pytestmark = pytest.mark.django_db
VALUES = {"name": "見本　花子", "kana": "みほん はなこ", "phone": "090-1234-5678", "mail": "Hanako@example.jp", "address": "架空町1-2-3", "postcode": "9800811"}


def make(town, centre=None, **more):
    with system_transaction():
        return save_person(build_person(centre_id=(centre or town.centre_a).id, values={**VALUES, **more}))


def test_a_number_is_found_however_it_is_written(town):
    person = make(town)
    with actor_transaction(town.counsellor):
        for text in ("09012345678", "０９０（１２３４）５６７８", "+81 90-1234-5678"):
            assert persons_by_phone(actor=town.counsellor, phone=text) == [person.id], text
        assert persons_by_phone(actor=town.counsellor, phone="090-1234-5679") == []
        assert persons_by_phone(actor=town.counsellor, phone="でんわ") == []


def test_families_share_a_number_and_stay_two_people(town):
    one, other = make(town), make(town, name="見本 太郎")
    with actor_transaction(town.counsellor):
        assert set(persons_by_phone(actor=town.counsellor, phone="090-1234-5678")) == {one.id, other.id}


def test_no_centre_learns_that_somebody_consulted_elsewhere(town):
    make(town)
    with actor_transaction(town.outsider):
        assert persons_by_phone(actor=town.outsider, phone="090-1234-5678") == []
        assert not Person.objects.exists() and not ContactPoint.objects.exists()
    assert blind_phone(town.centre_a.id, "090-1234-5678") != blind_phone(town.centre_b.id, "090-1234-5678")


def test_national_roles_find_nobody(town):
    make(town)
    for actor in (town.ncac, town.analyst, town.admin):
        with actor_transaction(actor):
            assert persons_by_phone(actor=actor, phone="090-1234-5678") == []
            assert not Person.objects.exists()


def test_names_and_mail_are_indexed_in_one_form(town):
    centre = town.centre_a.id
    assert blind_name(centre, "見本　花子") == blind_name(centre, "見本花子") != blind_name(centre, "見本花")
    assert blind_name(centre, "みほん はなこ") == blind_name(centre, "ミホンハナコ") == blind_name(centre, "ﾐﾎﾝ ﾊﾅｺ")
    assert blind_mail(centre, " Hanako@Example.jp ") == blind_mail(centre, "hanako@example.jp")
    assert blind_mail(centre, "no address") is None


def test_a_changed_number_is_found_and_the_old_one_is_not(town):
    person = make(town)
    with actor_transaction(town.counsellor):
        update_person(Person.objects.get(id=person.id), {"phone": "03-1111-2222", "name": "見本 はな"})
        assert persons_by_phone(actor=town.counsellor, phone="0311112222") == [person.id]
        assert persons_by_phone(actor=town.counsellor, phone="090-1234-5678") == []
        opened = open_person(Person.objects.get(id=person.id), actor=town.counsellor, purpose=Purpose.ADVICE)
    assert opened["name"] == "見本 はな" and opened["phone"] == "03-1111-2222" and opened["address"] == "架空町1-2-3"


def test_no_clear_text_is_in_the_rows_nor_in_their_history(town):
    person = make(town)
    with actor_transaction(town.counsellor):
        update_person(Person.objects.get(id=person.id), {"address": "べつの町9"})
    with system_transaction(), connection.cursor() as cursor:
        for table in ("people_person", "people_contact_point", "people_personevent", "people_contactpointevent"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0] or ""
            for word in ("花子", "はなこ", "5678", "架空町", "example.jp"):
                assert word not in text and word.encode().hex() not in text, (table, word)
        cursor.execute("SELECT count(*) FROM people_personevent")
        assert cursor.fetchone()[0] == 1, "the change left its history, sealed"
