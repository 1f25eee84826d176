"""Outside of opening hours: a call back is booked, or a link to the Web goes to the caller's mobile phone by SMS."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.appointments.models import Callback
from caasis.channels.models import TextMessage
from caasis.channels.services.delivering import hand_over
from caasis.channels.sms.folder import FolderSms
from caasis.channels.sms.opening import SmsSetup
from caasis.telephony.services import add_flow, publish_version, save_draft, save_number
from caasis.telephony.services.flows import findings_of
from tests.rooms.telephony.flow_document import flow_of, ja
from tests.rooms.telephony.hall import CALLER, LINE, Hall, assert_true

pytestmark = pytest.mark.django_db


def document(queue: str) -> dict[str, Any]:
    """The flow of the tests, with a booking and then a link where it is closed."""
    made = flow_of(queue)
    for box in made["boxes"]:
        if box["kind"] == "hours":
            box["next"] |= dict.fromkeys(("lunch", "closed", "holiday"), "after")
    made["boxes"] += [
        {"kind": "booking", "id": "after", "say": ja("時間外です。折り返しがよければ1を押してください。"),
         "next": {"taken": "thanks", "declined": "link", "impossible": "link"}},
        {"kind": "web_link", "id": "link", "link": "consultation", "say": ja("Webの案内を送ります。よければ1を押してください。"),
         "next": {"taken": "sent", "declined": "closed", "impossible": "closed"}},
        {"kind": "hang_up", "id": "sent", "say": ja("お送りしました。"), "counts_as": "after_hours"},
    ]  # fmt: skip
    return made


@pytest.fixture
def hall(town: Any, as_system: Any):
    made = Hall(town)
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    version = save_draft(actor=town.supervisor, flow_id=flow.id, document=document(str(made.queue.id)))
    publish_version(actor=town.supervisor, version_id=version.id)
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", flow_id=flow.id,
        queue_id=made.queue.id, number_id=made.number.id,
    )  # fmt: skip
    made.world.advance(10 * 3600)
    made.turn()
    yield made
    assert_true(made)
    assert made.refused_orders() == []


@pytest.fixture
def sms(tmp_path, monkeypatch: pytest.MonkeyPatch) -> FolderSms:
    port = FolderSms(tmp_path / "sms")
    setup = SmsSetup(port, "https://soudan.example.jp")
    monkeypatch.setattr("caasis.channels.sms.opening._setup", lambda: setup)
    return port


def press(hall: Hall, call: Any, keys: str) -> None:
    hall.world.press(hall.leg(call), keys)
    hall.turn()


def test_a_call_back_is_booked_for_when_the_centre_is_open_again(hall: Hall):
    call = hall.incoming()
    hall.wait(1)
    press(hall, call, "1")
    hall.wait(5)
    callback = Callback.objects.get()
    assert callback.state == "waiting" and not callback.in_queue, "nobody is rung outside of the hours"
    assert hall.outcome(call) == ["callback"]


def test_a_link_goes_to_a_mobile_phone(hall: Hall, sms: FolderSms):
    call = hall.incoming(caller=CALLER)
    hall.wait(15)
    press(hall, call, "1")
    row = TextMessage.objects.get()
    hand_over(row.id)
    (file,) = sms.folder.iterdir()
    assert CALLER in file.read_text() and "https://soudan.example.jp/consult/" in file.read_text()
    hall.wait(5)
    assert hall.outcome(call) == ["after_hours"] and not Callback.objects.exists()
    assert any(note[1] == "link_sent" for note in hall.read(call).flow_notes)


@pytest.mark.parametrize("caller", ["+81355550177", ""])
def test_no_link_is_offered_to_who_cannot_read_it(hall: Hall, sms: FolderSms, caller: str):
    call = hall.incoming(caller=caller)
    hall.wait(30)
    assert hall.outcome(call) == ["after_hours"] and not TextMessage.objects.exists()


def test_without_a_provider_it_is_not_offered_and_the_designer_is_told(hall: Hall):
    call = hall.incoming()
    hall.wait(20)
    assert hall.outcome(call) == ["after_hours"] and not TextMessage.objects.exists()
    centre = hall.town.centre_a.id
    told = findings_of(actor=hall.town.supervisor, centre_id=centre, document=document(str(hall.queue.id)))
    assert [one.box for one in told.warnings if "SMS" in one.sentence] == ["link"]


def test_with_a_provider_nothing_is_said_of_it_and_an_unknown_page_is_refused(hall: Hall, sms: FolderSms):
    centre, made = hall.town.centre_a.id, document(str(hall.queue.id))
    told = findings_of(actor=hall.town.supervisor, centre_id=centre, document=made)
    assert not told.problems and not [one for one in told.warnings if "SMS" in one.sentence]
    next(box for box in made["boxes"] if box["id"] == "link")["link"] = "elsewhere"
    told = findings_of(actor=hall.town.supervisor, centre_id=centre, document=made)
    assert [one.box for one in told.problems] == ["link"]
