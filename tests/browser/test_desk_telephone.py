"""The telephone in the bar in Chromium: it rings within a second, by keyboard and ear, and fits at every width."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from caasis.cases import services as cases
from caasis.telephony.vocabulary import RequestKind
from tests.browser.test_desk_screens import Sign, sign_in, streaming  # noqa: F401
from tests.rooms.telephony.hall import CALLER, Hall
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hall(live: Any, live_town: Any) -> Hall:
    return Hall(live_town)


def settle(page: Page, hall: Hall, words: str) -> None:
    """Let the switchboard work until the bar says it."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        hall.turn()
        if words in page.locator("app-telephone").inner_text():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{words} is not in the bar: {page.locator('app-telephone').inner_text()}")


def test_a_call_rings_on_the_screen_and_is_taken_and_ended_by_keyboard(sign_in: Sign, live_town: Any, hall: Hall) -> None:  # noqa: F811
    hall.seat_at_browser("counsellor")
    page = sign_in("counsellor", "/desk/cases/")
    streaming(page)
    hall.incoming()
    began = time.monotonic()
    expect(page.get_by_role("button", name="応答")).to_be_visible(timeout=5000)
    waited = time.monotonic() - began
    assert waited < 3, f"{waited:.1f} s until it rings on a loaded machine"
    expect(page.locator("app-telephone [role=status]")).to_contain_text("着信中")
    page.get_by_role("button", name="応答").focus()
    page.keyboard.press("Enter")
    settle(page, hall, "通話中")
    page.get_by_role("button", name="保留").press("Enter")
    settle(page, hall, "保留をやめる")
    assert page.evaluate("document.querySelector('app-telephone').contains(document.activeElement)"), "the focus stays"
    page.get_by_role("button", name="切る").press("Enter")
    settle(page, hall, "後処理を終える")


def test_a_refusal_is_shown_and_what_was_typed_stays(sign_in: Sign, live_town: Any, hall: Hall) -> None:  # noqa: F811
    hall.seat_at_browser("counsellor")
    page = sign_in("counsellor", "/desk/")
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.locator("summary", has_text="電話をかける").click()
    page.get_by_label("かける番号（市外局番から）").fill("110")
    page.get_by_role("button", name="この番号にかける").click()
    expect(page.locator(".app-tel__no")).to_contain_text("かけられる番号ではありません")
    assert page.locator("#tel-number").input_value() == "110"


def test_the_microphone_is_checked_and_the_browser_offers_its_sound(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    hall: Hall,
) -> None:
    hall.seat("supervisor")
    page = sign_in("counsellor", "/desk/telephone/device")
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }; }"
    )
    page.get_by_role("button", name="マイクを確かめる").click()
    expect(page.locator("[data-phone-said]")).to_contain_text("マイクが許可されていません")
    page.reload()
    # A microphone of the test: a tone.
    page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = async () => {
          const context = new AudioContext(); const voice = context.createOscillator();
          const target = context.createMediaStreamDestination(); voice.connect(target); voice.start();
          return target.stream; } }"""
    )
    page.get_by_role("button", name="このパソコンで受ける").click()
    expect(page.locator("[data-phone-said]")).to_contain_text("つないでいます")
    station = None
    until = time.monotonic() + 8
    while time.monotonic() < until:
        hall.turn()
        page.wait_for_timeout(100)
        try:
            station = hall.station("counsellor")
        except Exception:
            continue
        if station.leg:
            break
    assert station is not None and station.leg.startswith("browser-")


@pytest.mark.parametrize("moment", ["offline", "ready", "ring", "talk", "wrap"])
def test_the_bar_fits_at_every_width(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    hall: Hall,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
    screenshot: Callable[..., Any],
    moment: str,
) -> None:
    if moment != "offline":
        hall.seat_at_browser("counsellor")
    if moment in ("ring", "talk", "wrap"):
        call = hall.incoming()
        if moment != "ring":
            hall.ask("counsellor", RequestKind.ANSWER, call)
            if moment == "wrap":
                hall.ask("counsellor", RequestKind.HANG_UP, call)
    page = sign_in("counsellor", "/desk/")
    for width, height in {**WIDTHS, 1024: 768, 1280: 800}.items():
        page.set_viewport_size({"width": width, "height": height})
        axe(page)
        no_sideways_scroll(page)
        page.screenshot(path=f"/tmp/softphone-bar-{moment}-{width}.png")


def test_a_call_is_passed_on_by_keyboard_and_a_blind_transfer_is_pressed_twice(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    hall: Hall,
) -> None:
    hall.seat_at_browser("counsellor")
    call = hall.incoming()
    hall.ask("counsellor", RequestKind.ANSWER, call)
    page = sign_in("counsellor", "/desk/cases/")
    page.locator("summary", has_text="転送・相談").press("Enter")
    expect(page.get_by_text("いま受付している同僚はいません。")).to_be_visible()
    page.get_by_label("「電話相談」の列で待ってもらう").check()
    page.get_by_role("button", name="すぐに転送する").click()
    page.wait_for_timeout(300)
    assert hall.read(call).phase == "talking"
    page.screenshot(path="/tmp/softphone-transfer-1440.png")
    page.get_by_role("button", name="もう一度押すと転送します").click()
    settle(page, hall, "後処理を終える")
    assert hall.read(call).phase != "talking"


def test_the_pages_of_calls_fit_and_read_well(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    hall: Hall,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
) -> None:
    hall.engine.clock.now = timezone.now()
    missed = hall.incoming()
    hall.world.peer_hangs_up(hall.leg(missed))
    hall.leap(90)
    hall.seat_at_browser("counsellor")
    cases.open_case(actor=live_town.counsellor, card={"channel": "phone", "title": "前", "consumer_phone": CALLER})
    call = hall.incoming()
    hall.ask("counsellor", RequestKind.ANSWER, call)
    page = sign_in("counsellor", f"/desk/calls/{call.id}/")
    targets = {"call": f"/desk/calls/{call.id}/", "list": "/desk/calls/?tab=all", "device": "/desk/telephone/device"}
    for name, path in targets.items():
        page.goto(page.url.split("/desk")[0] + path)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            axe(page)
            no_sideways_scroll(page)
            page.screenshot(path=f"/tmp/softphone-{name}-{width}.png", full_page=width == 320)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="新しい相談を始める").first.click()
    page.wait_for_url("**/desk/cases/*/")
    axe(page)
    no_sideways_scroll(page)
    page.screenshot(path="/tmp/softphone-case-1440.png")
