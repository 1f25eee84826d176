"""The pages of a talk by video in Chromium at both widths: the consumer's at each state, the desk's list and booking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from caasis.appointments import services
from caasis.appointments.models import VideoTalk
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import read_sealed
from tests.browser.test_desk_screens import session_cookie
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def _link(live: Any, talk: VideoTalk) -> str:
    with system_transaction():
        return f"{live.url}/video/{read_sealed(talk, 'secret')['secret']}/"


def test_every_state_of_the_pages_at_both_widths(
    live: Any, live_town: Any, new_context: Callable[..., BrowserContext], axe: Any, no_sideways_scroll: Any, tmp_path: Path
) -> None:
    case, other = phone_case(live_town.counsellor), phone_case(live_town.counsellor)
    talk = services.book_talk(actor=live_town.counsellor, agent_id=live_town.counsellor.id, name="見本 花子", case_id=case.id)
    link = _link(live, talk)
    context = new_context()
    context.add_cookies([session_cookie(live, live_town.users["counsellor"])])
    page = context.new_page()
    faults: list[str] = []

    def look(name: str, address: str) -> None:
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address)
            page.wait_for_load_state("load")
            page.wait_for_timeout(300)
            page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
            try:
                axe(page)
                no_sideways_scroll(page)
            except AssertionError as error:
                faults.append(f"{name} at {width}: {error}")

    look("list", f"{live.url}/desk/videos/")
    look("book", f"{live.url}/desk/cases/{other.id}/video")
    look("booked", f"{live.url}/desk/cases/{case.id}/video")
    look("preview", link)
    with system_transaction():
        services.enter_talk(talk_id=talk.id, consent="refused")
    look("waiting", link)
    look("waited-for", f"{live.url}/desk/cases/{case.id}/video")
    look("workspace", f"{live.url}/desk/cases/{case.id}/")
    services.cancel_talk(actor=live_town.counsellor, talk_id=talk.id)
    look("over", link)
    assert not faults, "\n".join(faults)
