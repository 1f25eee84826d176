"""The wallboard in Chromium: it keeps itself true, says when it can't, and can be read at both widths."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Participant
from caasis.telephony.services import set_alarm_limits, set_station, watch_alarms
from caasis.telephony.vocabulary import AlarmKind, RequestKind
from tests.browser.test_desk_screens import Sign, sign_in, streaming  # noqa: F401
from tests.rooms.telephony import hall as halls
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WALL = "/desk/wallboard/"


class OpenHall(halls.Hall):
    """A hall whose switchboard works in the system's scope, beside the running product."""

    def turn(self) -> None:
        with system_transaction():
            super().turn()


@pytest.fixture
def hall(live_town: Any, monkeypatch: pytest.MonkeyPatch) -> OpenHall:
    """A hall of now: the product beside it goes by its own clock."""
    monkeypatch.setattr(halls, "MORNING", timezone.now() - timedelta(minutes=4))
    made = OpenHall(live_town)
    for name in ("counsellor", "counsellor2"):
        made.seat(name)
    call = made.connected("counsellor")
    made.ask("counsellor", RequestKind.ASK_HELP, call)
    made.connected("counsellor2", caller="+819055550102")
    made.leap(100)
    made.incoming(caller="+819055550103")
    return made


def look(page: Page, name: str) -> None:
    """A picture for whoever wants to look: set CAASIS_LOOK to a folder."""
    if folder := os.environ.get("CAASIS_LOOK"):
        page.screenshot(path=f"{folder}/wallboard-{name}.png", full_page=True)


def test_the_wall_shows_a_new_caller_by_itself_and_the_wait_counts_on(
    sign_in: Sign,  # noqa: F811
    hall: OpenHall,
) -> None:
    page = sign_in("counsellor", WALL)
    waiting = page.locator("section", has=page.get_by_role("heading", name="いま待っている"))
    expect(waiting).to_contain_text("1件")
    before = waiting.locator("[data-since]").inner_text()
    expect(waiting.locator("[data-since]")).not_to_have_text(before, timeout=4000)
    hall.incoming(caller="+819055550104")
    expect(waiting).to_contain_text("2件", timeout=8000)
    page.set_viewport_size({"width": 1920, "height": 1080})
    look(page, "1920")


def test_the_wall_says_when_it_is_older_than_fifteen_seconds(sign_in: Sign, hall: OpenHall) -> None:  # noqa: F811
    page = sign_in("counsellor", WALL)
    page.allow_console("ERR_INTERNET_DISCONNECTED")  # type: ignore[attr-defined]
    cut = page.locator("[data-wall-cut]")
    expect(page.locator("[data-wall-state]")).to_contain_text("最新")
    expect(cut).to_be_hidden()
    page.context.set_offline(True)
    expect(cut).to_be_visible(timeout=25_000)
    expect(cut).to_contain_text("接続が切れています。少し前の画面です。")
    expect(page.locator("[data-wall-state]")).to_be_hidden()
    look(page, "cut")
    page.context.set_offline(False)
    expect(cut).to_be_hidden(timeout=10_000)


def test_a_wall_whose_login_has_ended_says_so(sign_in: Sign, hall: OpenHall) -> None:  # noqa: F811
    page = sign_in("counsellor", WALL)
    page.allow_console("status of 401")  # type: ignore[attr-defined]
    page.context.clear_cookies()
    expect(page.get_by_role("link", name="もう一度ログインする")).to_be_visible(timeout=25_000)
    expect(page.get_by_text("接続が切れています")).to_be_hidden()


def test_both_faces_of_the_wall_can_be_read_at_both_widths(
    sign_in: Sign,  # noqa: F811
    hall: OpenHall,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
) -> None:
    page = sign_in("supervisor", WALL)
    for query in ("", "?look=light", "?view=table", "?view=table&look=light"):
        page.goto(page.url.split("?")[0] + query)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            axe(page)
            no_sideways_scroll(page)
            look(page, f"{query.strip('?').replace('&', '-').replace('=', '-') or 'dark'}-{width}")
        page.set_viewport_size({"width": 1440, "height": 900})
        if "table" not in query:
            number = page.locator(".app-wall-n").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
            assert number >= 80, f"{number} px can't be read at three metres"


def test_supervision_alarms_and_figures_can_be_used_at_both_widths(
    sign_in: Sign,  # noqa: F811
    hall: OpenHall,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
) -> None:
    set_alarm_limits(actor=hall.town.supervisor, limits={(AlarmKind.WAITING, None): 1, (AlarmKind.LONGEST_WAIT, hall.queue.id): 90})
    hall.leap(100)
    watch_alarms(now=hall.now())
    page = sign_in("supervisor", "/desk/supervision/")
    begin = page.url.removesuffix("/desk/supervision/")
    for name, path in (
        ("supervision", "/desk/supervision/"),
        ("alarms", "/desk/supervision/alarms/"),
        ("figures", "/desk/telephone/figures/"),
        ("figures-day", "/desk/telephone/figures/?by=day&start=2026-11-20"),
        ("wall-alarms", WALL),
    ):
        page.goto(begin + path)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            axe(page)
            no_sideways_scroll(page)
            look(page, f"{name}-{width}")


def test_help_wanted_reaches_supervision_by_itself_and_monitoring_is_told(sign_in: Sign, hall: OpenHall) -> None:  # noqa: F811
    # A telephone is enough to hear with; who has not begun a turn is not rung by whoever waits.
    set_station(actor=hall.town.supervisor, user="supervisor")
    hall.world.register("supervisor")
    hall.turn()
    page = sign_in("supervisor", "/desk/supervision/")
    streaming(page)
    expect(page.get_by_role("heading", name="通話中の支援要請 1件")).to_be_visible()
    with system_transaction():
        other = Participant.objects.get(agent_id=hall.town.counsellor2.id, gone_at=None).call
    hall.ask("counsellor2", RequestKind.ASK_HELP, other)
    expect(page.get_by_role("heading", name="通話中の支援要請 2件")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name=re.compile("聞く.*counsellor2さん")).click()
    expect(page.get_by_text("つながるまでお待ちください")).to_be_visible()
    page.mouse.click(5, 400)
    hall.turn()
    expect(page.get_by_text("モニタリングを始めました")).to_be_visible(timeout=10_000)
    look(page, "supervision-hears")
