"""A talk by video over HTTP: booked beside a case, entered by its link, and nobody else sees or says anything."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.models import VideoSignal, VideoTalk
from caasis.appointments.vocabulary import TalkState
from caasis.audit.models import AccessRecord
from caasis.cases.models import Evidence
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import system_transaction
from tests.support.desk import phone_case
from tests.support.papers import photo

pytestmark = pytest.mark.django_db


def picture(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo("契約書", form="PNG"), content_type="image/png")


def the_talk() -> VideoTalk:
    with system_transaction():
        return VideoTalk.objects.latest("created_at")


def link_on(page: Any) -> str:
    found = re.search(r'value="http://testserver(/video/[A-Za-z0-9_-]{32}/)"', page.content.decode())
    assert found, "the page shows the link"
    return found[1]


def at_once(client_for: Any, town: Any) -> tuple[Any, Any, str]:
    """Case, the counsellor's client and the link of a talk that begins now."""
    case, client = phone_case(town.counsellor), client_for("counsellor")
    address = f"/desk/cases/{case.id}/video"
    assert client.post(address, {"at_once": "yes"}).status_code == 302
    return case, client, link_on(client.get(address))


def inside(client_for: Any, town: Any, consent: str = "agreed") -> tuple[Any, Any, Any, str]:
    case, client, link = at_once(client_for, town)
    consumer = Client()
    assert consumer.post(link, {"consent": consent, "shown_name": "はなこ"}).status_code == 302
    return case, client, consumer, link


def talking(client_for: Any, town: Any) -> tuple[Any, Any, Any, str]:
    found = inside(client_for, town)
    talk, call_id = the_talk(), uuid7()
    with system_transaction():
        appointments.begin_talk(
            actor=SYSTEM, talk_id=talk.id, agent_id=town.counsellor.id, call_id=call_id, centre_id=talk.centre_id
        )
        appointments.start_talk(actor=SYSTEM, call_id=call_id)
    return found


def tomorrow_at(hour: int) -> datetime:
    day = day_in_japan(timezone.now()) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, 0, tzinfo=JST)


# --- the desk ---------------------------------------------------------------------------------------------------------


def test_a_talk_is_booked_moved_listed_and_cancelled(client_for: Any, town: Any, monkeypatch: Any) -> None:
    from caasis.appointments.services import talks

    # Holidays are no matter of this test.
    monkeypatch.setattr(talks, "time_error", lambda *_, **__: "")
    case, client = phone_case(town.counsellor), client_for("counsellor")
    address, at = f"/desk/cases/{case.id}/video", tomorrow_at(10)
    given = {"begins_at": at.strftime("%Y-%m-%dT%H:%M"), "minutes": "45", "agent": str(town.counsellor2.id), "name": "見本 花子", "contact": "hanako@example.jp"}
    assert client.post(address, given).status_code == 302
    talk = the_talk()
    assert (talk.begins_at, talk.minutes, talk.agent_id, talk.case_id) == (at, 45, town.counsellor2.id, case.id)
    page = client.get(address)
    link_on(page)
    assert "hanako@example.jp" in page.content.decode()
    listed = client.get(f"/desk/videos/?day={at:%Y-%m-%d}").content.decode()
    assert case.receipt_number in listed
    assert "花子" not in listed, "names are masked in a list"
    assert "ビデオ相談はありません" in client.get("/desk/videos/?day=2026-01-02").content.decode()
    moved = {"begins_at": (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"), "minutes": "30"}
    assert client.post(f"/desk/videos/{talk.id}/move", moved).status_code == 302
    assert the_talk().begins_at == at + timedelta(hours=1)
    assert client.post(f"/desk/videos/{talk.id}/cancel").status_code == 302
    assert the_talk().state == TalkState.CANCELLED
    assert "予約する" in client.get(address).content.decode()


def test_what_was_typed_is_kept_when_the_time_is_wrong(client_for: Any, town: Any) -> None:
    case, client = phone_case(town.counsellor), client_for("counsellor")
    given = {"begins_at": "2020-01-06T10:00", "minutes": "30", "agent": str(town.counsellor.id), "name": "打ちかけ", "contact": "控え"}
    page = client.post(f"/desk/cases/{case.id}/video", given)
    text = page.content.decode()
    assert page.status_code == 422
    assert "これからの日時を入力してください。" in text
    assert "打ちかけ" in text and "2020-01-06T10:00" in text and "控え" in text
    with system_transaction():
        assert not VideoTalk.objects.exists()


@pytest.mark.parametrize("given", [{}, {"begins_at": "x", "minutes": "x", "agent": "x"}, {"minutes": "9" * 40, "begins_at": "9999-12-31T23:59"}])
def test_a_hostile_form_gets_sentences(client_for: Any, town: Any, given: dict[str, str]) -> None:
    case = phone_case(town.counsellor)
    assert client_for("counsellor").post(f"/desk/cases/{case.id}/video", given).status_code == 422


def test_one_case_has_one_open_talk(client_for: Any, town: Any) -> None:
    case, client, _ = at_once(client_for, town)
    page = client.post(f"/desk/cases/{case.id}/video", {"at_once": "yes"})
    assert page.status_code == 422
    assert "もうビデオの予約があります" in page.content.decode()


def test_the_link_is_opened_for_a_purpose_and_written_down(client_for: Any, town: Any) -> None:
    case, _, _ = at_once(client_for, town)
    colleague = client_for("counsellor2")
    hidden = colleague.get(f"/desk/cases/{case.id}/video").content.decode()
    assert "/video/" not in hidden.replace("desk/video", "").replace(f"{case.id}/video", "")
    assert "リンクは伏せています" in hidden
    with system_transaction():
        before = AccessRecord.objects.filter(object_kind="video_talk").count()
    link_on(colleague.get(f"/desk/cases/{case.id}/video?purpose=advice"))
    with system_transaction():
        assert AccessRecord.objects.filter(object_kind="video_talk").count() > before


def test_another_centre_finds_nothing(client_for: Any, town: Any) -> None:
    case, _, _, _ = inside(client_for, town)
    talk, client = the_talk(), client_for("outsider")
    for method, path in (
        ("get", f"/desk/cases/{case.id}/video"), ("post", f"/desk/cases/{case.id}/video"), ("post", f"/desk/videos/{talk.id}/move"),
        ("post", f"/desk/videos/{talk.id}/cancel"), ("post", f"/desk/videos/{talk.id}/begin"), ("get", f"/desk/videos/{talk.id}/state"),
        ("post", f"/desk/videos/{talk.id}/say"),
    ):  # fmt: skip
        assert getattr(client, method)(path, {"kind": "ready"}).status_code == 404, path
    assert case.receipt_number not in client.get("/desk/videos/").content.decode()
    assert the_talk().state == TalkState.WAITING


def test_the_workspace_has_the_panel_and_only_then_a_camera(client_for: Any, town: Any) -> None:
    case, client = phone_case(town.counsellor), client_for("counsellor")
    page = client.get(f"/desk/cases/{case.id}/")
    assert "camera=()" in page["Permissions-Policy"]
    assert "<app-video-panel" not in page.content.decode()
    client.post(f"/desk/cases/{case.id}/video", {"at_once": "yes"})
    page = client.get(f"/desk/cases/{case.id}/")
    assert "camera=(self)" in page["Permissions-Policy"]
    assert "<app-video-panel" in page.content.decode()


# --- the consumer -----------------------------------------------------------------------------------------------------


def test_the_consumer_says_whether_she_may_be_recorded_and_waits(client_for: Any, town: Any) -> None:
    _, client, link = at_once(client_for, town)
    consumer = Client()
    page = consumer.get(link)
    assert page.status_code == 200
    assert "声を録音してよいですか" in page.content.decode()
    assert "camera=(self)" in page["Permissions-Policy"] and page["Cache-Control"] == "no-store"
    refused = consumer.post(link, {"shown_name": "はなこ"})
    assert refused.status_code == 422
    assert "録音してよいかどうかを選んでください。" in refused.content.decode() and "はなこ" in refused.content.decode()
    assert consumer.post(link, {"shown_name": "はなこ", "consent": "refused"}).status_code == 302
    assert "このままお待ちください" in consumer.get(link).content.decode()
    told = consumer.get(f"{link}state").json()
    assert (told["state"], told["sound"], told["agent"]) == ("waiting", False, "")
    seen = client.get(f"/desk/videos/{the_talk().id}/state").json()
    assert (seen["state"], seen["there"], seen["consent"]) == ("waiting", True, "refused")


def test_before_the_time_there_is_only_the_preview(client_for: Any, town: Any) -> None:
    _, _, link = at_once(client_for, town)
    with system_transaction():
        VideoTalk.objects.update(begins_at=timezone.now() + timedelta(hours=2), expires_at=timezone.now() + timedelta(hours=4))
    page = Client().get(link).content.decode()
    assert "から入れます" in page and "待合室に入る" not in page
    assert Client().post(link, {"consent": "agreed"}).status_code == 409
    assert the_talk().state == TalkState.BOOKED


@pytest.mark.parametrize("secret", ["a" * 32, "x", "..%2F..%2Fdesk", "秘密", "a" * 400])
def test_a_wrong_link_is_a_page_that_is_not_found(town: Any, secret: str) -> None:
    for path in ("", "state", f"sound/{uuid7()}"):
        assert Client().get(f"/video/{secret}/{path}").status_code == 404
    for path in ("", "say", "sound", "leave", "file"):
        assert Client().post(f"/video/{secret}/{path}").status_code == 404


def test_an_expired_link_gives_a_third_party_nothing(client_for: Any, town: Any) -> None:
    _, _, _, link = inside(client_for, town)
    with system_transaction():
        VideoTalk.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for path in ("", "state"):
        assert Client().get(f"{link}{path}").status_code == 404
    for path in ("say", "sound", "leave", "file"):
        assert Client().post(f"{link}{path}", {"kind": "ready"}).status_code == 404


def test_a_cancelled_talk_says_so_and_tells_nothing(client_for: Any, town: Any) -> None:
    _, client, consumer, link = inside(client_for, town)
    client.post(f"/desk/videos/{the_talk().id}/cancel")
    assert "取りやめになりました" in consumer.get(link).content.decode()
    assert consumer.get(f"{link}state").json()["said"] == []
    assert consumer.post(f"{link}say", {"kind": "ready"}).status_code == 409
    assert consumer.post(link, {"consent": "agreed"}).status_code == 409


# --- the picture ------------------------------------------------------------------------------------------------------


def test_an_offer_and_its_answer_go_from_one_page_to_the_other(client_for: Any, town: Any) -> None:
    _, client, consumer, link = talking(client_for, town)
    base = f"/desk/videos/{the_talk().id}/"
    assert client.post(f"{base}say", {"kind": "offer", "body": "v=0 from the desk"}).status_code == 200
    told = consumer.get(f"{link}state?after=0").json()
    assert told["said"] == [{"number": 1, "kind": "offer", "body": "v=0 from the desk"}]
    assert told["agent"] == town.counsellor.name
    assert consumer.post(f"{link}say", {"kind": "answer", "body": "v=0 from home"}).status_code == 200
    assert [one["body"] for one in client.get(f"{base}state?after=1").json()["said"]] == ["v=0 from home"]
    assert consumer.get(f"{link}state").json()["said"] == [], "a page that is opened hears nothing old"


def test_a_colleague_neither_hears_nor_says_anything(client_for: Any, town: Any) -> None:
    _, _, consumer, link = talking(client_for, town)
    consumer.post(f"{link}say", {"kind": "answer", "body": "v=0 from home"})
    base, colleague = f"/desk/videos/{the_talk().id}/", client_for("counsellor2")
    told = colleague.get(f"{base}state?after=0").json()
    assert (told["mine"], told["said"], told["files"]) == (False, [], [])
    assert colleague.post(f"{base}say", {"kind": "offer", "body": "v=0"}).status_code == 403
    for name in ("official",):
        assert client_for(name).get(f"{base}state").status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {}, {"kind": "offer", "body": "v=0"}, {"kind": "answer"}, {"kind": "answer", "body": "<b>"}, {"kind": "ready", "body": "v=0"},
        {"kind": "answer", "body": "v=0" + "a" * 30_001}, {"kind": "\x00", "body": "\x00"}, {"kind": "k" * 5000},
    ],
)  # fmt: skip
def test_a_hostile_signal_gets_a_sentence(client_for: Any, town: Any, given: dict[str, str]) -> None:
    _, _, consumer, link = talking(client_for, town)
    answer = consumer.post(f"{link}say", given)
    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert 0 < len(answer.json()["message"]) <= 40
    with system_transaction():
        assert not VideoSignal.objects.exists()


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "１", "1e9", "\x00"])
def test_a_hostile_number_is_no_error(client_for: Any, town: Any, after: str) -> None:
    _, client, consumer, link = inside(client_for, town)
    assert consumer.get(f"{link}state", {"after": after}).status_code in (200, 400)
    assert client.get(f"/desk/videos/{the_talk().id}/state", {"after": after}).status_code in (200, 400)


def test_without_a_call_there_is_no_sound_and_nothing_to_leave(client_for: Any, town: Any) -> None:
    _, _, consumer, link = inside(client_for, town)
    for path, given in (("sound", {"offer": "v=0"}), ("leave", {})):
        answer = consumer.post(f"{link}{path}", given)
        assert answer.status_code == 409
        assert answer.json()["message"] == "担当者がまだ入っていません。このままお待ちください。"


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_lies_with_the_case_and_both_pages_list_it(client_for: Any, town: Any) -> None:
    case, client, consumer, link = talking(client_for, town)
    answer = consumer.post(f"{link}file", {"file": picture("契約書.png")})
    assert answer.json() == {"files": ["契約書.png"]}
    assert consumer.get(f"{link}state").json()["files"] == ["契約書.png"]
    assert client.get(f"/desk/videos/{the_talk().id}/state").json()["files"] == ["契約書.png"]
    listed = client.get(f"/desk/cases/{case.id}/files/").content.decode()
    assert "契約書.png" in listed and "相談者から" in listed
    with system_transaction():
        assert Evidence.objects.get().case_id == case.id


def test_nothing_is_sent_before_somebody_talks_nor_what_nobody_can_look_through(client_for: Any, town: Any) -> None:
    _, _, consumer, link = inside(client_for, town)
    assert consumer.post(f"{link}file", {"file": picture("早い.png")}).status_code == 409
    talk, call_id = the_talk(), uuid7()
    with system_transaction():
        appointments.begin_talk(
            actor=SYSTEM, talk_id=talk.id, agent_id=town.counsellor.id, call_id=call_id, centre_id=talk.centre_id
        )
        appointments.start_talk(actor=SYSTEM, call_id=call_id)
    assert consumer.post(f"{link}file", {}).status_code == 422
    refused = consumer.post(f"{link}file", {"file": _program()})
    assert refused.status_code == 422 and refused.json()["message"]
    with system_transaction():
        assert not Evidence.objects.exists()


def _program() -> Any:
    return SimpleUploadedFile("契約書.png", b"MZ\x90\x00" + b"\x00" * 200, content_type="image/png")


# --- the relay --------------------------------------------------------------------------------------------------------


def test_a_relay_gets_a_credential_that_ends_and_the_secret_stays_here(client_for: Any, town: Any, settings: Any) -> None:
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.jp:3478"], "みほんの合言葉"
    _, _, _, link = inside(client_for, town)
    page = Client().get(link).content.decode()
    assert "turn:turn.example.jp:3478" in page and the_talk().id.hex in page
    assert "みほんの合言葉" not in page
    assert "つながらないことがあります" not in page
    settings.TURN_SECRET = ""
    page = Client().get(link).content.decode()
    assert "turn.example.jp" not in page and "つながらないことがあります" in page
