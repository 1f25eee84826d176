"""The pages of education events in Chromium at both widths: the public's in each state, and the desk's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from caasis.appointments import services
from caasis.kernel.actor import SYSTEM
from caasis.knowledge.services import load_seed_articles
from tests.browser.test_desk_screens import session_cookie
from tests.support import education
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_every_page_of_an_event_is_accessible_and_fits(
    live: Any, live_town: Any, page: Page, axe: Any, no_sideways_scroll: Any, tmp_path: Path
) -> None:
    load_seed_articles(actor=SYSTEM)
    made = education.make_education(live_town, name="見本 花子", phone="022-000-4321", note="手話通訳がほしい")
    event = made["education event"]
    page.context.add_cookies([session_cookie(live, live_town.users["supervisor"])])
    folder = Path(os.environ.get("CAASIS_LOOK", tmp_path))
    faults: list[str] = []

    def look(name: str, address: str = "") -> None:
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            if address:
                page.goto(live.url + address)
            page.wait_for_load_state("load")
            page.wait_for_timeout(200)
            page.screenshot(path=folder / f"events-{name}-{width}.png", full_page=True)
            try:
                axe(page)
                no_sideways_scroll(page)
            except AssertionError as error:
                faults.append(f"{name} at {width}: {error}")

    look("list", "/events/")
    look("none", "/events/?prefecture=12")
    look("event", f"/events/{event}/")
    page.get_by_label("お名前").fill("見本 次郎")
    page.get_by_role("button", name="内容を確かめる").click()
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    look("errors")
    page.get_by_label("日中つながる電話番号").fill("022-000-1234")
    page.get_by_role("button", name="内容を確かめる").click()
    look("confirm")
    page.get_by_role("button", name="申し込む").click()
    look("own")
    page.get_by_role("button", name="申し込みを取りやめる").click()
    look("cancel")
    look("lecture", "/events/lecture/")
    look("materials", "/materials/")
    look("material", "/articles/K-3001/")
    look("desk-list", "/desk/events/")
    look("desk-form", "/desk/events/new")
    look("desk-event", f"/desk/events/{event}/?purpose=consumer_request")
    look("desk-lectures", "/desk/events/lectures/")
    look("desk-lecture", f"/desk/events/lectures/{made['lecture request']}/")
    services.cancel_event(actor=live_town.supervisor, event_id=event)
    look("desk-cancelled", f"/desk/events/{event}/")
    assert faults == []
