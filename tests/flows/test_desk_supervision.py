"""Supervision over HTTP: who may hear whose call, what is written down about it, and whose state may be put right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caasis.audit.models import AccessRecord
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentStatus
from caasis.queues.vocabulary import AgentState
from caasis.telephony.models import Alarm, Call, DeskRequest, Participant
from caasis.telephony.services import watch_alarms
from caasis.telephony.vocabulary import RequestKind
from tests.flows.test_desk_wallboard import OpenHall, hall  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = "/desk/supervision/"
ClientFor = Callable[[str], Any]


def seats(client: Any, more: str = "") -> str:
    html: str = client.get(f"{PAGE}{more}", headers={"HX-Request": "true"}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>", "", html, flags=re.S))


def monitor(client: Any, call: Call, mode: str) -> Any:
    return client.post(f"{PAGE}monitor", {"call": str(call.id), "mode": mode})


def test_a_supervisor_listens_whispers_joins_and_stops_and_each_is_logged(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    hall.seat("counsellor")
    hall.seat("supervisor")
    hall.board_closed()
    hall.board_open("counsellor")
    call = hall.connected("counsellor")
    client = client_for("supervisor")
    html = seats(client)
    assert "かかってきた電話・電話相談" in html and "末尾" in html and "090-5555-0101" not in html
    assert html.count('name="mode"') == 3, "one's own seat has no buttons"
    for mode in ("listen", "whisper", "barge"):
        answer = monitor(client, call, mode)
        assert answer.status_code == 302 and answer["Location"].startswith(f"{PAGE}?asked=")
        assert "つながるまでお待ちください" in seats(client, answer["Location"].removeprefix(PAGE))
        hall.turn()
        with system_transaction():
            assert Participant.objects.get(call=call, part="monitor", gone_at=None).mode == mode
    shown = seats(client, answer["Location"].removeprefix(PAGE))
    assert "割り込みを始めました" in shown and "見本 supervisorさん（割り込み）" in shown and 'aria-pressed="true"' in shown
    assert "見本 supervisorさん（割り込み）" in seats(client_for("official"))
    with system_transaction():
        logged = AccessRecord.objects.filter(action="telephone_monitor", object_id=call.id).order_by("at")
        assert [row.reason for row in logged] == ["listen", "whisper", "barge"]
        assert {row.actor_id for row in logged} == {hall.town.supervisor.id}
    answer = client.post(f"{PAGE}stop", {"call": str(call.id)})
    hall.turn()
    assert "聞くのを終えました" in seats(client, answer["Location"].removeprefix(PAGE))
    with system_transaction():
        assert not Participant.objects.filter(call=call, part="monitor", gone_at=None).exists()


def test_what_the_switchboard_refuses_is_told_in_its_words(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    hall.seat("counsellor")
    call = hall.connected("counsellor")
    client = client_for("supervisor")
    answer = monitor(client, call, "listen")
    hall.turn()
    assert "電話機がつながっていません" in seats(client, answer["Location"].removeprefix(PAGE))
    assert "電話機がつながって" not in seats(client_for("official"), answer["Location"].removeprefix(PAGE))
    wrong = monitor(client, call, "shout")
    assert wrong.status_code == 422 and "モニタリングのしかたを選んでください。" in wrong.content.decode()
    assert client.post(f"{PAGE}monitor", {"call": "x", "mode": "listen"}).status_code == 422


def test_help_wanted_in_a_call_stands_on_top_and_one_click_joins(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    hall.seat("counsellor")
    hall.seat("counsellor2")
    first = hall.connected("counsellor")
    second = hall.connected("counsellor2", caller="+819055550102")
    client = client_for("supervisor")
    assert "支援要請" not in seats(client)
    hall.ask("counsellor2", RequestKind.ASK_HELP, second)
    html = seats(client)
    assert "通話中の支援要請 1件" in html
    assert html.index(f'value="{second.id}"') < html.index(f'value="{first.id}"')
    assert 'value="whisper">' in html.split("受付をしている人")[0]


def test_only_supervisors_hear_and_only_leaders_see(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    hall.seat("counsellor")
    call = hall.connected("counsellor")
    for name, code in (("counsellor2", 403), ("official", 403), ("outsider", 403), ("admin", 403), ("analyst", 403)):
        assert monitor(client_for(name), call, "listen").status_code == code, name
    for name in ("counsellor", "outsider", "ncac", "analyst", "admin"):
        assert client_for(name).get(PAGE).status_code == 403
    official = seats(client_for("official"))
    assert 'name="mode"' not in official and "主任だけです" in official
    outside = seats(client_for("outside_official"))
    assert "見本 counsellor<" not in outside and "受付をしている人はいません" in outside
    with system_transaction():
        assert not DeskRequest.objects.filter(kind="monitor").exists()
    assert monitor(client_for("supervisor"), Call(id=uuid4()), "listen").status_code == 404


def test_a_supervisor_of_another_centre_finds_no_such_call(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    from caasis.accounts.models import Membership

    with system_transaction():
        Membership.objects.create(user=hall.town.users["outsider"], centre=hall.town.centre_b, role="supervisor")
    hall.seat("counsellor")
    call = hall.connected("counsellor")
    client = client_for("outsider")
    assert monitor(client, call, "listen").status_code == 404
    given = {"user": str(hall.town.counsellor2.id), "state": "offline"}
    assert client.post(f"{PAGE}state", given).status_code == 404
    with system_transaction():
        assert not DeskRequest.objects.exists()


def test_a_leader_puts_a_forgotten_state_right_and_a_call_is_never_taken_away(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    hall.seat("counsellor")
    hall.seat("counsellor2")
    client = client_for("official")

    def put(name: str, state: str) -> Any:
        return client.post(f"{PAGE}state", {"user": str(hall.town.actors[name].id), "state": state})

    assert put("counsellor2", "break:meal").status_code == 302 and hall.state("counsellor2") == "break:meal"
    assert "休憩" in seats(client) and "食事・" in seats(client)
    assert put("counsellor2", "offline").status_code == 302 and hall.state("counsellor2") == "offline"
    hall.connected("counsellor")
    refused = put("counsellor", "offline")
    assert refused.status_code == 409 and "いま通話中です" in refused.content.decode()
    assert hall.state("counsellor") == "talking"
    for wrong in ("", "asleep", "away:sulking", "away:no_answer"):
        assert put("counsellor", wrong).status_code == 422, wrong


def test_nobody_who_did_not_answer_and_no_long_wrap_up_is_overlooked(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    from datetime import timedelta

    hall.seat("counsellor")
    hall.incoming()
    hall.wait(25)
    assert hall.state("counsellor") == "away:no_answer"
    client = client_for("supervisor")
    assert "呼び出しに出ませんでした" in seats(client)
    with system_transaction():
        AgentStatus.objects.filter(user_id=hall.town.counsellor.id).update(
            state=AgentState.WRAP_UP.value, reason="", wrap_up_until=hall.now() - timedelta(seconds=90)
        )
    assert "後処理が目安を1分30秒過ぎています" in seats(client)


def test_supervision_needs_as_many_queries_for_many_calls_as_for_one(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    client = client_for("supervisor")
    hall.seat("counsellor")
    hall.connected("counsellor")
    seats(client)
    with CaptureQueriesContext(connection) as few:
        seats(client)
    hall.seat("counsellor2")
    hall.connected("counsellor2", caller="+819055550104")
    with CaptureQueriesContext(connection) as many:
        assert seats(client).count("末尾") == 2
    assert len(many) == len(few)


# --- alarms -----------------------------------------------------------------------------------------------------------

ALARMS = f"{PAGE}alarms/"


def test_limits_are_typed_kept_on_error_and_tell_themselves_on_every_screen(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    client = client_for("supervisor")
    wrong = client.post(ALARMS, {"waiting": "たくさん", "longest_wait": "９０", f"waiting-{hall.queue.id}": "1000"})
    html = wrong.content.decode()
    assert wrong.status_code == 422 and 'value="たくさん"' in html and 'value="９０"' in html
    assert "数字だけで入力してください。" in html and 'href="#l-waiting"' in html
    wrong = client.post(ALARMS, {"longest_wait": "90", f"waiting-{hall.queue.id}": "1000"})
    assert wrong.status_code == 422 and "1から999までの数を入力してください。" in wrong.content.decode()
    assert client.post(ALARMS, {"longest_wait": "９０", "waiting": "", "sound": "1"}).status_code == 302
    assert 'value="90"' in client.get(ALARMS).content.decode()
    hall.incoming()
    hall.leap(95)
    watch_alarms(now=hall.now())
    for address in (PAGE, "/desk/wallboard/", "/desk/wallboard/?view=table"):
        assert "長く待っている人がいます" in client.get(address).content.decode(), address
    assert "件の知らせ" in client.get("/desk/").content.decode()
    assert "件の知らせ" in client.get("/desk/team/notice").content.decode()
    assert "件の知らせ" not in client_for("counsellor").get("/desk/").content.decode()
    alarm = str(Alarm.objects.get().id)
    assert client.post(f"{ALARMS}seen", {"alarm": alarm}).status_code == 302
    assert "見本 supervisorさんが対応中" in seats(client)
    assert "見本 supervisorさんが対応中" in client_for("counsellor").get("/desk/wallboard/").content.decode()
    assert "件の知らせ" not in client.get("/desk/").content.decode()


def test_alarms_are_for_the_leaders_of_the_centre(client_for: ClientFor, hall: OpenHall) -> None:  # noqa: F811
    client_for("official").post(ALARMS, {"waiting": "1"})
    hall.incoming()
    watch_alarms(now=hall.now())
    alarm = str(Alarm.objects.get().id)
    for name in ("counsellor", "outsider", "ncac", "admin"):
        assert client_for(name).get(ALARMS).status_code == 403
        assert client_for(name).post(ALARMS, {"waiting": "1"}).status_code == 403
        assert client_for(name).post(f"{ALARMS}seen", {"alarm": alarm}).status_code == 403
    outside = client_for("outside_official")
    assert "待っている電話が多く" not in outside.get(ALARMS).content.decode()
    assert outside.post(f"{ALARMS}seen", {"alarm": alarm}).status_code == 404
    assert client_for("official").post(f"{ALARMS}seen", {"alarm": "x"}).status_code == 422
