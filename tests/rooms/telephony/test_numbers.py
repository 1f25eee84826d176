"""Numbers and stations: who may enter them, and what can't be entered."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.telephony.models import Flow, FlowVersion, Number
from caasis.telephony.selectors import numbers_of_centre
from caasis.telephony.services import save_number, set_station
from caasis.telephony.vocabulary import Toll

pytestmark = pytest.mark.django_db


def save(town, actor="supervisor", **more):
    given = {"centre_id": town.centre_a.id, "number": "03-5555-0100", "label": "代表"} | more
    return save_number(actor=town.actors[actor], **given)


def test_a_number_is_kept_in_one_form_with_its_kind_of_toll(town):
    row = save(town, number="０３（５５５５）０１００", toll="hotline_188")
    assert row.number == "+81355550100" and Toll(row.toll).label.startswith("消費者ホットライン188")
    assert list(numbers_of_centre(actor=town.counsellor)) == [row]
    assert not numbers_of_centre(actor=town.outsider).exists()
    assert list(numbers_of_centre(actor=town.admin, centre_id=town.centre_a.id)) == [row]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "110"}, "number"),
        ({"label": " "}, "label"),
        ({"toll": "cheap"}, "toll"),
        ({"music": "../etc/passwd"}, "music"),
    ],
)
def test_what_can_be_no_number_is_refused_with_a_sentence(town, given, field):
    with pytest.raises(Invalid) as error:
        save(town, **given)
    assert list(error.value.fields) == [field]


def test_a_number_belongs_to_one_centre_and_a_flow_to_its_own(town):
    save(town)
    with pytest.raises(Invalid) as error:
        save(town, "outside_official", centre_id=town.centre_b.id)
    assert "もう登録" in error.value.message
    foreign = Flow.objects.create(centre_id=town.centre_b.id, name="受付")
    with pytest.raises(Invalid):
        save(town, number="03-5555-0101", flow_id=foreign.id)


def test_only_who_manages_the_centre_enters_numbers(town):
    for name in ("official", "admin"):
        save(town, name, number={"official": "03-5555-0102", "admin": "03-5555-0103"}[name])
    with pytest.raises(NotAllowed):
        save(town, "counsellor")
    for name in ("outsider", "outside_official", "ncac", "analyst"):
        with pytest.raises(NotFound):
            save(town, name)


def test_two_who_change_a_number_at_once(town):
    row = save(town)
    save(town, number_id=row.id, version=1, label="代表（新）")
    with pytest.raises(VersionConflict):
        save(town, number_id=row.id, version=1, label="別")
    assert Number.objects.get().label == "代表（新）"
    with pytest.raises(NotFound):
        save(town, "outside_official", centre_id=town.centre_b.id, number_id=row.id)


def test_a_station_is_one_persons(town):
    station = set_station(actor=town.counsellor, user="desk-1")
    assert set_station(actor=town.counsellor, user="desk-2").id == station.id
    with pytest.raises(Invalid):
        set_station(actor=town.counsellor2, user="desk-2")
    with pytest.raises(Invalid):
        set_station(actor=town.counsellor, user="机")
    for name in ("official", "ncac", "admin"):
        with pytest.raises(NotAllowed):
            set_station(actor=town.actors[name], user="x")


def test_the_database_refuses_to_change_a_published_flow_and_a_log(town, as_system):
    from django.utils import timezone

    from caasis.telephony.models import Call, CallStep

    flow = Flow.objects.create(centre_id=town.centre_a.id, name="受付")
    version = FlowVersion.objects.create(flow=flow, centre_id=flow.centre_id, number=1, document={"a": 1})
    version.document = {"a": 2}
    version.save()
    version.published_at = timezone.now()
    version.save()
    version.document = {"a": 3}
    with pytest.raises(IntegrityError), transaction.atomic():
        version.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        FlowVersion.objects.filter(id=version.id).delete()
    call = Call.objects.create(call="x", centre_id=flow.centre_id, record_key_id=flow.id, began_at=timezone.now())
    step = CallStep.objects.create(call=call, counter=1, step="offered", at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        CallStep.objects.filter(id=step.id).update(step="blocked")
    with pytest.raises(IntegrityError), transaction.atomic():
        CallStep.objects.filter(id=step.id).delete()
