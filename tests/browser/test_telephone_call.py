"""L4: Chromium is the counsellor's telephone, a SIP phone calls through our own engine, and both hear each other."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from caasis.kernel.clock import utc_now
from caasis.platform.transactions import system_transaction
from caasis.queues.models import Queue
from caasis.telephony.models import Call, Station
from caasis.telephony.prompts.sound import wav_bytes
from caasis.telephony.services import save_number
from caasis.telephony.switchboard import Switchboard
from tests.browser.test_desk_screens import Sign, sign_in, streaming  # noqa: F401
from tests.rooms.telephony.media.telephone import LOUD, level, sine
from tests.rooms.telephony.sip.phone import Phone
from tests.rooms.telephony.sip.running import RunningEngine
from tests.support.browser import CHROMIUM, QUIET

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.peers, pytest.mark.django_db(transaction=True)]
COUNSELLOR, PASSWORD = 1_300.0, "みほんの電話"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium whose microphone says a tone."""
    voice = tmp_path_factory.mktemp("voice") / "voice.wav"
    voice.write_bytes(wav_bytes(sine(COUNSELLOR, 80_000, amplitude=12_000)))
    flags = [
        *QUIET, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={voice}", "--autoplay-policy=no-user-gesture-required",
    ]  # fmt: skip
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, chromium_sandbox=False, args=flags
        )
        yield chromium
        chromium.close()


class Line:
    """The engine, the switchboard, and a telephone of the public."""

    def __init__(self, town: Any, folder: Path) -> None:
        phones = {"9001": {"password": PASSWORD, "outside": "+819055550101"}}
        self.running = RunningEngine(folder, phones=phones)
        self.board = Switchboard(self.running.engine, utc_now)
        with system_transaction():
            queue = Queue.objects.create(centre_id=town.centre_a.id, name="電話相談", channels=["phone"])
        save_number(
            actor=town.supervisor, centre_id=town.centre_a.id, number="03-5555-0100", label="代表", queue_id=queue.id
        )
        self.caller = Phone("9001", self.running.address, password=PASSWORD)
        assert self.caller.register() == 200

    def until(self, page: Page, check: Any, what: str, *, within_s: float = 30.0) -> None:
        until = time.monotonic() + within_s
        while not check():
            assert time.monotonic() < until, f"did not happen: {what}: {page.locator('app-telephone').inner_text()}"
            self.board.turn(0.02)
            page.wait_for_timeout(20)

    def close(self) -> None:
        self.running.stop()
        self.caller.close()


@pytest.fixture
def line(live_town: Any, tmp_path: Path) -> Iterator[Line]:
    made = Line(live_town, tmp_path)
    yield made
    made.close()


def test_a_call_from_a_ring_to_the_wrap_up(sign_in: Sign, live_town: Any, line: Line) -> None:  # noqa: F811
    page = sign_in("counsellor", "/desk/telephone/device")
    streaming(page)
    page.get_by_role("button", name="受付を始める").click()
    page.get_by_role("button", name="このパソコンで受ける").click()

    def ready() -> bool:
        with system_transaction():
            return Station.objects.filter(agent_id=live_town.counsellor.id, leg_ready=True).exists()

    line.until(page, ready, "the browser's leg is connected")
    began = time.monotonic()
    call = line.caller.call("0355550100")
    line.until(page, lambda: page.get_by_role("button", name="応答").is_visible(), "it rings on the screen")
    rang_after = time.monotonic() - began
    assert rang_after < 4, f"{rang_after:.1f} s from the call to the card on a loaded machine"
    page.get_by_role("button", name="応答").click()
    line.until(page, lambda: "通話中" in page.locator("app-telephone").inner_text(), "they talk")
    # The caller hears the microphone of the browser.
    line.until(page, lambda: call.hears({"counsellor": COUNSELLOR}, frames=10), "the caller hears the counsellor")
    # The browser is sent the caller's voice, and takes it.
    with system_transaction():
        leg = Station.objects.get(agent_id=live_town.counsellor.id).leg
    pieces: deque[bytes] = deque(maxlen=3)
    tap = line.running.engine.tap(leg, side="heard")
    threading.Thread(target=lambda: [pieces.append(one) for one in tap], daemon=True).start()

    def hears() -> bool:
        sound = np.frombuffer(b"".join(pieces), "<i2")
        return bool(len(sound)) and level(sound, call.hz) > 0.25 * LOUD

    line.until(page, hears, "the browser is sent the caller's voice")
    page.wait_for_timeout(500)
    taken = page.evaluate(
        """async () => {
          const stats = await document.querySelector('app-browser-phone').peer.getStats();
          return [...stats.values()].filter((one) => one.type === 'inbound-rtp').map((one) => one.packetsReceived)[0];
        }"""
    )
    assert taken > 20
    page.get_by_role("button", name="保留").first.click()
    line.until(page, lambda: not call.hears({"counsellor": COUNSELLOR}, frames=10), "on hold the caller hears nobody")
    line.caller.hang_up(call)
    line.until(page, lambda: "後処理" in page.locator("app-telephone").inner_text(), "the wrap-up")
    with system_transaction():
        row = Call.objects.get()
    assert row.outcome == "answered"
    expect(page.get_by_role("button", name="後処理を終える")).to_be_visible()
