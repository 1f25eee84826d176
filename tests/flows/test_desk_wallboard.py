"""The wallboard over HTTP: what hangs at the wall is what the switchboard knows, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caasis.appointments.services import promise_callback
from caasis.appointments.vocabulary import AskedBy
from caasis.desk.views import wallboard
from caasis.kernel.actor import SYSTEM
from caasis.platform.transactions import system_transaction
from tests.rooms.telephony.hall import Hall

pytestmark = pytest.mark.django_db
WALL = "/desk/wallboard/"


class OpenHall(Hall):
    """A hall in which only the switchboard works in the system's scope: requests of the desk come with their own."""

    def turn(self) -> None:
        with system_transaction():
            super().turn()


@pytest.fixture
def hall(town: Any, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A centre with telephones whose wall shows the hall's time."""
    made = OpenHall(town)
    monkeypatch.setattr(wallboard, "moment", made.now)
    return made


def wall(client: Any, more: str = "") -> str:
    text: str = client.get(f"{WALL}{more}", headers={"HX-Request": "true"}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<svg class.*?</svg>", "", text, flags=re.S))


def tile(html: str, title: str) -> str:
    """The words of one tile."""
    found = re.search(rf"<h2[^>]*>{title}</h2>(.*?)</section>", html)
    assert found, title
    return re.sub(r"<[^>]+>", "", found.group(1)).replace(" ", "")


def test_the_wall_shows_who_waits_and_what_became_of_the_calls(client_for: Callable[[str], Any], hall: Hall) -> None:
    client = client_for("counsellor")
    assert "待っている人はいません" in wall(client)
    hall.seat("counsellor")
    hall.connected("counsellor")
    gone = hall.incoming(caller="+819055550102")
    hall.wait(5)
    hall.world.peer_hangs_up(hall.leg(gone))
    hall.turn()
    hall.incoming(caller="+819055550103")
    hall.leap(75)
    html = wall(client)
    assert tile(html, "いま待っている").startswith("1件") and "最長1:15（目安超え）" in tile(html, "いま待っている")
    assert tile(html, "応答").startswith("1件") and "応答率33.3％" in tile(html, "応答")
    assert tile(html, "待ちきれず切れた").startswith("1件") and "放棄率33.3％" in tile(html, "待ちきれず切れた")
    assert tile(html, "20秒以内に応答").startswith("33.3％")
    assert "見本 counsellor" in html and "通話中" in html
    assert "10時3件" in html


def test_the_wall_counts_who_is_to_be_called_back_and_says_since_when(client_for: Callable[[str], Any], hall: Hall) -> None:
    client = client_for("counsellor")
    assert tile(wall(client), "折り返し待ち") == "0件待っている人はいません"
    with system_transaction():
        for minutes, number in ((0, "+819055550107"), (30, "+819055550108")):
            promise_callback(
                actor=SYSTEM, centre_id=hall.town.centre_a.id, number=number, queue_id=hall.queue.id, asked_by=AskedBy.FLOW,
                now=hall.now() + timedelta(minutes=minutes),
            )  # fmt: skip
    shown = tile(wall(client), "折り返し待ち")
    assert shown.startswith("2件いちばん古い") and shown.endswith("10:00")
    assert "折り返し待ち</th><td>2件（いちばん古いのは" in wall(client, "?view=table")
    assert tile(wall(client_for("outsider")), "折り返し待ち").startswith("0件")


def test_the_table_says_the_same_in_words(client_for: Callable[[str], Any], hall: Hall) -> None:
    hall.incoming()
    hall.leap(75)
    html = wall(client_for("official"), "?view=table")
    assert '<th scope="row">いま待っている電話</th><td>1件</td>' in html
    assert "1分15秒（目安を過ぎています）" in html and 'class="app-wall-n"' not in html
    page = client_for("official").get(f"{WALL}?view=table&look=light").content.decode()
    assert 'data-look="light"' in page and page.count("<h1") == 1
    assert 'data-look="dark"' in client_for("official").get(f"{WALL}?look=<x>").content.decode()


def test_who_asks_for_help_stands_first_and_why_somebody_is_away_never_hangs_there(
    client_for: Callable[[str], Any], hall: Hall
) -> None:
    from caasis.queues.services.agents import set_state
    from caasis.queues.vocabulary import AgentState
    from caasis.telephony.vocabulary import RequestKind

    hall.seat("counsellor2")
    set_state(actor=hall.town.counsellor2, state=AgentState.AWAY, reason="meeting", at=hall.now())
    hall.seat("counsellor")
    call = hall.connected("counsellor")
    hall.ask("counsellor", RequestKind.ASK_HELP, call)
    html = wall(client_for("supervisor"))
    assert html.index("見本 counsellor<") < html.index("見本 counsellor2<")
    assert "支援要請" in html and "離席" in html
    from caasis.queues.code_lists import reason_label

    assert reason_label(AgentState.AWAY, "meeting") not in html


def test_another_centre_sees_its_own_wall_only(client_for: Callable[[str], Any], hall: Hall) -> None:
    hall.seat("counsellor")
    hall.connected("counsellor")
    hall.incoming(caller="+819055550103")
    for name in ("outsider", "outside_official"):
        html = wall(client_for(name))
        assert "見本 counsellor<" not in html and "電話相談" not in html
        assert tile(html, "いま待っている").startswith("0件") and "応援" in html
    for name in ("ncac", "analyst", "admin"):
        assert client_for(name).get(WALL).status_code == 403
    assert client_for("public").get(WALL).status_code == 302
    assert client_for("public").get(WALL, headers={"HX-Request": "true"}).status_code == 401


def test_the_wall_needs_as_many_queries_for_ten_calls_as_for_one(client_for: Callable[[str], Any], hall: Hall) -> None:
    client = client_for("supervisor")
    hall.seat("counsellor")
    hall.connected("counsellor")
    hall.incoming(caller="+819055550103")
    wall(client)
    with CaptureQueriesContext(connection) as few:
        wall(client)
    hall.seat("counsellor2")
    hall.connected("counsellor2", caller="+819055550104")
    for number in range(5, 12):
        hall.incoming(caller=f"+8190555501{number:02}")
    with CaptureQueriesContext(connection) as many:
        html = wall(client)
    assert tile(html, "いま待っている").startswith("8件")
    assert len(many) == len(few)
