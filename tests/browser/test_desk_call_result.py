"""The wrap-up band in Chromium: the result by one key, and everything in its place at both widths."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_desk_screens import Sign, sign_in, streaming  # noqa: F401
from tests.browser.test_desk_telephone import hall, settle  # noqa: F401
from tests.rooms.telephony.hall import Hall
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_result_is_given_by_one_key_and_the_band_fits(
    sign_in: Sign,  # noqa: F811
    hall: Hall,  # noqa: F811
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
) -> None:
    hall.seat("counsellor")
    call = hall.connected()
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    page = sign_in("counsellor", "/desk/cases/")
    streaming(page)
    expect(page.get_by_role("button", name="後処理を終える")).to_be_visible()
    page.keyboard.press("Control+Alt+Digit4")
    settle(page, hall, "通話の結果")
    pressed = page.locator("app-telephone [aria-pressed=true]")
    for _ in range(20):
        hall.turn()
        if pressed.count():
            break
        page.wait_for_timeout(100)
    expect(pressed).to_have_text("他機関を案内")
    assert hall.read(call).result == "referred"
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        no_sideways_scroll(page)
        axe(page)
        if folder := os.environ.get("CAASIS_LOOK"):
            page.screenshot(path=f"{folder}/faults-wrap-up-{width}.png")
