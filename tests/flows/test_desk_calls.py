"""Calls at the desk over HTTP: a case from a call, going on with one, transfers, the list, the recording, the outsider."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services as cases
from caasis.cases.models import Case, CaseContact
from caasis.kernel.ids import uuid7
from caasis.privacy.keys import create_record_key, destroy_record_key, record_key_bytes
from caasis.telephony.adapters.embedded.media.recording_file import RecordingWriter
from caasis.telephony.models import Call, Recording
from caasis.telephony.vocabulary import RequestKind
from tests.flows.test_desk_telephone import bar, press
from tests.rooms.telephony.hall import CALLER, Hall
from tests.support.desk import card_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town: Any, as_system: Any) -> Hall:
    return Hall(town)


def talking(hall: Hall, name: str = "counsellor") -> Call:
    hall.seat_at_browser(name)
    call = hall.incoming()
    hall.ask(name, RequestKind.ANSWER, call)
    return hall.read(call)


# --- the screen pop and the case --------------------------------------------------------------------------------------


def test_a_case_is_opened_from_the_call_once_and_has_its_number(client_for: Any, hall: Hall) -> None:
    client, call = client_for("counsellor"), talking(hall)
    assert "新しい相談を始める" in bar(client) and "続きの相談" in bar(client)
    answer = client.post(f"/desk/calls/{call.id}/open")
    again = client.post(f"/desk/calls/{call.id}/open")
    assert answer.status_code == again.status_code == 302 and answer.headers["Location"] == again.headers["Location"]
    case = Case.objects.get()
    assert case.channel == "phone" and case.received_at == call.began_at
    assert CaseContact.objects.filter(case=case, contact_id=call.id).count() == 1
    page = card_page(client, case.id).content.decode()
    assert CALLER[-4:] in page, "the number to call back stands on the card"
    assert AccessRecord.objects.filter(action="open_personal_data", object_kind="call", actor_id=hall.town.counsellor.id).exists()
    assert case.receipt_number in bar(client) and "新しい相談を始める" not in bar(client)
    hall.ask("counsellor", RequestKind.HANG_UP, call)
    assert "電話" in card_page(client, case.id).content.decode() and f"/desk/calls/{call.id}/" in card_page(client, case.id).content.decode()


def test_earlier_cases_of_the_number_show_their_days_only_until_name_and_address_were_asked(client_for: Any, hall: Hall) -> None:
    town, client = hall.town, client_for("counsellor")
    old = cases.open_case(
        actor=town.counsellor2,
        card={"channel": "phone", "title": "スグリ色の工事", "consumer_name": "秘匿川 栞奈", "consumer_phone": CALLER},
    )
    call = talking(hall)
    page = client.get(f"/desk/calls/{call.id}/").content.decode()
    assert "同じ番号の相談 1件" in page and "スグリ色" not in page and "秘匿川" not in page and old.receipt_number not in page
    refused = client.post(f"/desk/calls/{call.id}/continue", {"case": str(old.id)})
    assert refused.status_code == 422 and "氏名と住所を聞いて、印を付けてください。" in refused.content.decode()
    assert f'value="{old.id}" checked' in refused.content.decode(), "the choice stays"
    done = client.post(f"/desk/calls/{call.id}/continue", {"case": str(old.id), "heard": "1"})
    assert done.status_code == 302 and str(old.id) in done.headers["Location"]
    assert "電話で話しました" in card_page(client, old.id).content.decode()


def test_a_call_goes_on_with_the_case_whose_number_the_caller_tells(client_for: Any, hall: Hall) -> None:
    town, client = hall.town, client_for("counsellor")
    case = cases.open_case(actor=town.counsellor, card={"channel": "phone", "title": "前の相談"})
    foreign = cases.open_case(actor=town.outsider, card={"channel": "phone", "title": "よその相談"})
    call = talking(hall)
    wrong = client.post(f"/desk/calls/{call.id}/continue", {"receipt_number": foreign.receipt_number})
    assert wrong.status_code == 422 and foreign.receipt_number in wrong.content.decode()
    assert client.post(f"/desk/calls/{call.id}/continue", {}).status_code == 422
    done = client.post(f"/desk/calls/{call.id}/continue", {"receipt_number": case.receipt_number})
    assert done.status_code == 302 and CaseContact.objects.filter(case=case, contact_id=call.id).exists()


# --- transfers --------------------------------------------------------------------------------------------------------


def test_a_colleague_is_consulted_and_then_has_the_call(client_for: Any, hall: Hall) -> None:
    client, call = client_for("counsellor"), talking(hall)
    hall.seat_at_browser("counsellor2")
    targets = client.get(f"/desk/telephone/targets/{call.id}").content.decode()
    other = hall.town.counsellor2.id
    assert f"agent:{other}" in targets and str(hall.town.counsellor.id) not in targets and "電話相談" in targets
    assert "を呼び出し中" in press(client, hall, call, "consult", target=f"agent:{other}")
    assert "着信中" in bar(client_for("counsellor2"))
    press(client_for("counsellor2"), hall, call, "answer")
    shown = bar(client)
    assert "3人で話す" in shown and "つないで抜ける" in shown and "やめて戻る" in shown
    assert "後処理" in press(client, hall, call, "complete_transfer")
    assert "通話中" in bar(client_for("counsellor2"))


def test_a_consultation_is_given_up_and_an_interpreter_joins(client_for: Any, hall: Hall) -> None:
    client, call = client_for("counsellor"), talking(hall)
    press(client, hall, call, "consult", target="number", number="03-5555-0188")
    assert "保留をやめる" in press(client, hall, call, "cancel_consult")
    press(client, hall, call, "resume")
    press(client, hall, call, "consult", target="number", number="03-5555-0188")
    hall.world.peer_answers("+81355550188")
    hall.turn()
    shown = press(client, hall, call, "conference")
    assert "外の相手" in shown and "3人で話す" not in shown and "通話中" in shown


def test_a_blind_transfer_goes_to_a_queue_and_without_a_target_nothing_happens(client_for: Any, hall: Hall) -> None:
    client, call = client_for("counsellor"), talking(hall)
    nothing = client.post("/desk/telephone/ask", {"kind": "transfer", "call": str(call.id)}, headers={"HX-Request": "true"})
    assert nothing.status_code == 422 and "転送先を選んでください。" in nothing.content.decode()
    assert "後処理" in press(client, hall, call, "transfer", target=f"queue:{hall.queue.id}")
    assert hall.read(call).phase in ("waiting", "ringing")


# --- the list ---------------------------------------------------------------------------------------------------------


def test_missed_callers_stand_first_and_the_number_is_opened_for_a_purpose(client_for: Any, hall: Hall) -> None:
    hall.engine.clock.now = timezone.now()
    client = client_for("counsellor")
    call = hall.incoming()
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    page = client.get("/desk/calls/").content.decode()
    assert "出る前に切れた" in page and "折り返す<b>1" in page and CALLER[3:] not in page
    assert "この条件の電話はありません。" in client.get("/desk/calls/?tab=all&day=2020-01-01").content.decode()
    assert str(call.id) in client.get("/desk/calls/?tab=all").content.decode()
    refused = client.post(f"/desk/calls/{call.id}/number", {"purpose": "curiosity"})
    assert refused.status_code == 422 and CALLER not in refused.content.decode()
    shown = client.post(f"/desk/calls/{call.id}/number", {"purpose": "own_case"}).content.decode()
    assert CALLER in shown and "に折り返す" in shown
    hall.leap(60)
    hall.seat_at_browser("counsellor")
    back = client.post(f"/desk/calls/{call.id}/number", {"purpose": "own_case", "then": "call"})
    hall.turn()
    assert back.status_code == 302 and "発信中" in bar(client)
    hall.world.peer_answers(CALLER)
    hall.turn()
    assert "折り返す電話はありません。" in client.get("/desk/calls/").content.decode(), "somebody has spoken with them now"


# --- the recording ----------------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(hall: Hall, settings: Any) -> tuple[Call, Recording]:
    folder = Path(settings.CAASIS_HOME) / "telephone" / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"rec-{uuid7().hex}"
    call = talking(hall)
    hall.ask("counsellor", RequestKind.HANG_UP, call)
    key = create_record_key(call.centre_id)
    writer = RecordingWriter(folder, name, key.id.hex, record_key_bytes(key.id))
    writer.write(bytes(range(250)) * 64)
    writer.finish(b"")
    row = Recording.objects.create(
        recording=name, call=call, centre_id=call.centre_id, record_key_id=key.id, leg="l", file=f"{name}.recording",
        started_at=call.began_at, ready_at=timezone.now(), seconds=1.0,
    )  # fmt: skip
    return call, row


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_recording_is_heard_for_a_purpose_from_any_place(client_for: Any, recorded: tuple[Call, Recording]) -> None:
    call, row = recorded
    client, url = client_for("counsellor"), f"/desk/recordings/{row.id}/sound"
    assert client.get(url).status_code == 403, "no purpose was stated yet"
    assert "app-player" not in client.get(f"/desk/calls/{call.id}/").content.decode()
    assert client.post(f"/desk/calls/{call.id}/listen", {}).status_code == 422
    assert client.post(f"/desk/calls/{call.id}/listen", {"purpose": "advice"}).status_code == 302
    logged = AccessRecord.objects.get(action="hear_recording", object_id=row.id)
    assert logged.purpose == "advice" and logged.actor_id is not None
    assert "app-player" in client.get(f"/desk/calls/{call.id}/").content.decode()
    whole = body(client.get(url))
    with wave.open(io.BytesIO(whole)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (2, 8000, 8000)
    part = client.get(url, headers={"Range": "bytes=101-205"})
    assert part.status_code == 206 and part.headers["Content-Range"] == f"bytes 101-205/{len(whole)}"
    assert body(part) == whole[101:206]
    assert body(client.get(url, headers={"Range": "bytes=10-60"})) == whole[10:61]
    assert client.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_a_forgotten_recording_cannot_be_heard(client_for: Any, recorded: tuple[Call, Recording]) -> None:
    call, row = recorded
    client = client_for("counsellor")
    client.post(f"/desk/calls/{call.id}/listen", {"purpose": "advice"})
    destroy_record_key(row.record_key_id, timezone.now())
    assert client.get(f"/desk/recordings/{row.id}/sound").status_code == 409


# --- the outsider -----------------------------------------------------------------------------------------------------


def test_another_centre_sees_neither_calls_nor_sound(client_for: Any, recorded: tuple[Call, Recording]) -> None:
    call, row = recorded
    for name in ("outsider", "outside_official"):
        client = client_for(name)
        assert client.get(f"/desk/calls/{call.id}/").status_code == 404
        assert client.get(f"/desk/telephone/targets/{call.id}").status_code == (404 if name == "outsider" else 403)
        assert str(call.id) not in client.get("/desk/calls/?tab=all").content.decode()
        for act in ("number", "listen"):
            assert client.post(f"/desk/calls/{call.id}/{act}", {"purpose": "advice"}).status_code == 404
        for act in ("open", "continue"):
            asked = client.post(f"/desk/calls/{call.id}/{act}", {"receipt_number": "x", "case": str(call.id), "heard": "1"})
            assert asked.status_code in (403, 404)
        client.session["desk_hears"] = {str(row.id): timezone.now().timestamp()}
        assert client.get(f"/desk/recordings/{row.id}/sound").status_code in (403, 404)
    assert not Case.objects.exists()


# --- calling ----------------------------------------------------------------------------------------------------------


def test_somebody_is_called_from_a_case_after_a_look_at_the_number(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    card = {"channel": "phone", "title": "折り返す", "consumer_phone": "03-5555-0177"}
    case = cases.open_case(actor=hall.town.counsellor, card=card)
    assert f"/desk/cases/{case.id}/call" in card_page(client, case.id).content.decode()
    page = client.get(f"/desk/cases/{case.id}/call").content.decode()
    assert "0355550177" in page.replace("-", "").replace("+813", "03") and "この番号に電話する" in page
    assert not Call.objects.exists(), "looking at it dials nothing"
    refused = client.post(f"/desk/cases/{case.id}/call", {"number": "0990-555-0177"})
    assert refused.status_code == 422 and 'value="0990-555-0177"' in refused.content.decode()
    hall.seat_at_browser("counsellor")
    assert client.post(f"/desk/cases/{case.id}/call", {"number": "03-5555-0177", "once": "k"}).status_code == 302
    client.post(f"/desk/cases/{case.id}/call", {"number": "03-5555-0177", "once": "k"})
    hall.turn()
    call = Call.objects.get()
    hall.world.peer_answers("+81355550177")
    hall.turn()
    assert f"相談 {case.receipt_number} の電話として記録する" in bar(client)
    done = client.post(f"/desk/calls/{call.id}/continue", {"receipt_number": case.receipt_number})
    assert done.status_code == 302 and "発信" in card_page(client, case.id).content.decode()
    assert client_for("outsider").get(f"/desk/cases/{case.id}/call").status_code == 404
    assert client_for("outsider").post(f"/desk/cases/{case.id}/call", {"number": "03-5555-0177"}).status_code == 404
