"""The telephone in the bar, over HTTP: beginning a turn, a call that rings, what one can ask, refusals, the outsider."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.queues.models import AgentStatus
from caasis.telephony.models import Recording, Station
from tests.rooms.telephony.hall import CALLER, Hall

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town: Any, as_system: Any) -> Hall:
    return Hall(town)


def bar(client: Any, **query: str) -> str:
    answer = client.get("/desk/telephone/", query, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def press(client: Any, hall: Hall, call: Any, kind: str, **more: str) -> str:
    """A button of the bar, and the bar after the switchboard has worked."""
    data = {"kind": kind, "call": str(call.id) if call else "", **more}
    answer = client.post("/desk/telephone/ask", data, headers={"HX-Request": "true"})
    html = str(answer.content.decode())
    pending = html.split('data-pending="')[1].split('"')[0]
    hall.turn()
    return bar(client, request=pending) if pending else html


def choose(client: Any, value: str) -> str:
    answer = client.post("/desk/telephone/state", {"choice": value}, headers={"HX-Request": "true"})
    return str(answer.content.decode())


def test_a_turn_begins_rests_and_ends_in_the_bar_of_every_page(client_for: Any, town: Any, as_system: Any) -> None:
    client = client_for("counsellor")
    assert "受付を始める" in client.get("/desk/").content.decode()
    assert "受付中" in choose(client, "available")
    assert "受付中" in client.get("/desk/cases/").content.decode()
    resting = choose(client, "away:meeting")
    assert "離席中" in resting and "会議" in resting
    assert AgentStatus.objects.get(user_id=town.counsellor.id).reason == "meeting"
    refused = client.post("/desk/telephone/state", {"choice": "away"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422 and "理由を選んでください。" in refused.content.decode()
    assert "受付していません" in choose(client, "offline")
    assert client.post("/desk/telephone/seen").status_code == 205, "signed out: the page has to say so"


def test_without_a_script_the_button_leads_back_to_its_page(client_for: Any, town: Any, as_system: Any) -> None:
    client = client_for("counsellor")
    answer = client.post("/desk/telephone/state", {"choice": "available", "next": "/desk/cases/"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/desk/cases/"
    away = client.post("/desk/telephone/state", {"choice": "available", "next": "https://example.com/"})
    assert away.headers["Location"] == "/desk/"


def test_a_ringing_call_shows_what_is_known_and_never_the_number(client_for: Any, hall: Hall) -> None:
    first = hall.incoming()
    hall.world.peer_hangs_up(hall.leg(first))
    hall.leap(120)
    hall.seat_at_browser("counsellor")
    hall.incoming()
    shown = bar(client_for("counsellor"))
    assert "着信中" in shown and "応答" in shown and "断る" in shown
    assert "代表" in shown and "電話相談" in shown and "この番号から前に1回" in shown
    assert CALLER[3:] not in shown and "9055550101" not in shown


def test_a_call_is_answered_held_muted_and_ended_from_the_bar(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    assert "通話中" in press(client, hall, call, "answer")
    assert "保留中" in press(client, hall, call, "hold")
    assert "保留をやめる" in bar(client)
    assert "通話中" in press(client, hall, call, "resume")
    assert 'aria-pressed="true"' in press(client, hall, call, "mute")
    assert "支援を頼んでいます" in press(client, hall, call, "ask_help")
    after = press(client, hall, call, "hang_up")
    assert "後処理を終える" in after and "data-until" in after
    assert "受付中" in press(client, hall, call, "wrap_up_done")


def test_a_desk_phone_is_answered_by_its_handset(client_for: Any, hall: Hall) -> None:
    hall.seat("counsellor")
    hall.incoming()
    shown = bar(client_for("counsellor"))
    assert "受話器を上げると出られます" in shown and 'value="answer"' not in shown


def test_what_the_switchboard_refuses_is_a_sentence_in_the_bar(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    press(client, hall, call, "answer")
    assert "もう鳴っていません" in press(client, hall, call, "answer")
    assert "通話中です。終わってからかけてください。" in press(client, hall, None, "call", number="03-5555-0199")
    refused = client.post("/desk/telephone/ask", {"kind": "call", "number": "110"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422 and "かけられる番号ではありません" in refused.content.decode()
    assert client.post("/desk/telephone/ask", {"kind": "nothing"}, headers={"HX-Request": "true"}).status_code == 422


def test_the_recording_stops_while_a_card_number_is_read_and_the_bar_says_so(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    shown = press(client, hall, call, "answer")
    assert "録音しています" in shown
    assert "録音を止めています" in press(client, hall, call, "pause_recording")
    assert "録音しています" in press(client, hall, call, "resume_recording")


def test_during_a_call_a_rest_is_planned_for_the_time_after_it(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    press(client, hall, call, "answer")
    choose(client, "break:meal")
    assert AgentStatus.objects.get(user_id=hall.town.counsellor.id).next_reason == "meal"
    press(client, hall, call, "hang_up")
    assert "休憩中" in press(client, hall, call, "wrap_up_done")


def test_nobody_else_sees_or_steers_the_call(client_for: Any, hall: Hall) -> None:
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    outsider = client_for("outsider")
    data = {"kind": "answer", "call": str(call.id)}
    assert outsider.post("/desk/telephone/ask", data, headers={"HX-Request": "true"}).status_code == 404
    assert str(call.id) not in bar(outsider) and "着信中" not in bar(client_for("counsellor2"))
    official = client_for("official")
    assert official.get("/desk/telephone/", headers={"HX-Request": "true"}).status_code == 204
    assert official.post("/desk/telephone/ask", data, headers={"HX-Request": "true"}).status_code == 403
    assert "app-telephone" not in official.get("/desk/").content.decode()


def test_a_browser_offers_and_fetches_the_answer_that_only_it_may_read(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    assert "このパソコンで受ける" in client.get("/desk/telephone/device").content.decode()
    offer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
    asked = client.post("/desk/telephone/connect", {"offer": offer}, headers={"Accept": "application/json"}).json()["request"]
    hall.turn()
    told = client.get(f"/desk/telephone/requests/{asked}", headers={"Accept": "application/json"}).json()
    assert told["state"] == "done" and told["reply"].startswith("v=0")
    assert client_for("counsellor2").get(f"/desk/telephone/requests/{asked}").status_code == 404
    hall.world.browser_connects(hall.station("counsellor").leg)
    hall.turn()
    assert Station.objects.get(agent_id=hall.town.counsellor.id).leg_ready
    bad = client.post("/desk/telephone/connect", {"offer": "hello"}, headers={"Accept": "application/json"})
    assert bad.status_code == 422 and bad.json()["message"]


def test_a_desk_phone_is_named_and_a_name_that_is_taken_is_refused(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    assert client.post("/desk/telephone/station", {"user": "2001"}).status_code == 302
    assert "2001" in client.get("/desk/telephone/device").content.decode()
    refused = client_for("counsellor2").post("/desk/telephone/station", {"user": "2001"})
    assert refused.status_code == 422 and "ほかの人が使っています" in refused.content.decode()
    assert client_for("official").get("/desk/telephone/device").status_code == 403




def test_a_caller_who_refuses_the_recording_is_not_recorded_any_more(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    press(client, hall, call, "answer")
    shown = press(client, hall, call, "refuse_recording")
    assert "録音しません（ご本人の希望）" in shown and "録音を止める" not in shown
    assert not Recording.objects.filter(call=call, refused=False).exists()


def test_keys_are_pressed_for_a_machine_and_a_declined_call_keeps_its_place(client_for: Any, hall: Hall) -> None:
    client = client_for("counsellor")
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    press(client, hall, call, "answer")
    press(client, hall, call, "keys", digits="5")
    assert hall.world.keys_told(hall.leg(call)) == "5"
    wrong = client.post("/desk/telephone/ask", {"kind": "keys", "call": str(call.id), "digits": "x"}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422 and "数字と＊＃だけ" in wrong.content.decode()
    press(client, hall, call, "hang_up")
    press(client, hall, call, "wrap_up_done")
    second = hall.incoming()
    shown = press(client, hall, second, "decline")
    assert "離席中" in shown and "呼び出しに応答なし" in shown
    assert hall.read(second).phase == "waiting"
