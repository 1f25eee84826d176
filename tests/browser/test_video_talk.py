"""L4: two Chromiums talk by video over our own engine: both pictures arrive, both hear each other, both are recorded."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from caasis.appointments.models import VideoTalk
from caasis.appointments.vocabulary import TalkState
from caasis.cases.models import Evidence
from caasis.kernel.clock import utc_now
from caasis.platform.transactions import system_transaction
from caasis.queues.models import Queue
from caasis.telephony.adapters.embedded.media import open_recording
from caasis.telephony.models import Call, Participant, Recording, Station
from caasis.telephony.prompts.sound import wav_bytes
from caasis.telephony.services import save_number
from caasis.telephony.switchboard import Switchboard
from caasis.telephony.vocabulary import Part
from tests.browser.test_desk_screens import Sign, sign_in, streaming  # noqa: F401
from tests.rooms.telephony.media.telephone import LOUD, level, sine
from tests.rooms.telephony.sip.engine_main import KEY
from tests.rooms.telephony.sip.running import RunningEngine
from tests.support.browser import CHROMIUM, QUIET
from tests.support.desk import phone_case
from tests.support.papers import photo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.peers, pytest.mark.django_db(transaction=True)]
COUNSELLOR, CONSUMER = 1_300.0, 1_700.0
#: Frames that a picture has shown, and how wide it is.
SEEN = """(selector) => {
  const video = document.querySelector(selector);
  return [video.videoWidth, video.getVideoPlaybackQuality().totalVideoFrames];
}"""


def _launch(playwright: Playwright, folder: Path, hz: float) -> Browser:
    """A Chromium whose camera shows Chromium's test picture, and whose microphone says a tone."""
    voice = folder / f"{hz:.0f}.wav"
    # Beeps, because Chromium takes a tone that goes on for seconds for noise, and suppresses it.
    beep = np.concatenate([sine(hz, 2_400, amplitude=12_000), np.zeros(2_400, np.int16)])
    voice.write_bytes(wav_bytes(np.tile(beep.astype(np.int16), 20)))
    flags = [
        *QUIET, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={voice}", "--autoplay-policy=no-user-gesture-required",
    ]  # fmt: skip
    return playwright.chromium.launch(executable_path=CHROMIUM, headless=True, chromium_sandbox=False, args=flags)


@pytest.fixture(scope="module")
def chromiums(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Browser]]:
    folder = tmp_path_factory.mktemp("voices")
    with sync_playwright() as playwright:
        made = {"counsellor": _launch(playwright, folder, COUNSELLOR), "consumer": _launch(playwright, folder, CONSUMER)}
        yield made
        for one in made.values():
            one.close()


@pytest.fixture(scope="module")
def browser(chromiums: dict[str, Browser]) -> Browser:
    return chromiums["counsellor"]


class Line:
    """The engine and the switchboard."""

    def __init__(self, town: Any, folder: Path) -> None:
        self.running = RunningEngine(folder)
        self.board = Switchboard(self.running.engine, utc_now)
        with system_transaction():
            queue = Queue.objects.create(centre_id=town.centre_a.id, name="電話相談", channels=["phone"])
        save_number(
            actor=town.supervisor, centre_id=town.centre_a.id, number="03-5555-0100", label="代表", queue_id=queue.id
        )

    def until(self, page: Page, check: Callable[[], Any], what: str, *, within_s: float = 40.0) -> None:
        until = time.monotonic() + within_s
        while not check():
            assert time.monotonic() < until, f"did not happen: {what}"
            self.board.turn(0.02)
            page.wait_for_timeout(20)


@pytest.fixture
def line(live_town: Any, tmp_path: Path) -> Iterator[Line]:
    made = Line(live_town, tmp_path)
    yield made
    made.running.stop()


def talk_now() -> VideoTalk:
    with system_transaction():
        return VideoTalk.objects.get()


class Tap:
    """What one leg hears, as it is sent to it."""

    def __init__(self, line: Line, leg: str) -> None:
        self.pieces: deque[bytes] = deque(maxlen=3)
        self.loudest: dict[float, float] = {}
        tap = line.running.engine.tap(leg, side="heard")
        threading.Thread(target=lambda: [self.pieces.append(one) for one in tap], daemon=True).start()

    def hears(self, hz: float) -> bool:
        sound = np.frombuffer(b"".join(list(self.pieces)), "<i2")
        self.loudest[hz] = max(self.loudest.get(hz, 0.0), level(sound, hz) if len(sound) else 0.0)
        return bool(len(sound)) and level(sound, hz) > 0.1 * LOUD


def sees(page: Page, selector: str) -> bool:
    width, frames = page.evaluate(SEEN, selector)
    return bool(width > 0 and frames > 10)


def test_a_talk_by_video_from_the_link_to_the_recording(
    sign_in: Sign, live_town: Any, live: Any, line: Line, chromiums: dict[str, Browser], tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    case = phone_case(live_town.counsellor)
    telephone = sign_in("counsellor", "/desk/telephone/device")
    streaming(telephone)
    telephone.get_by_role("button", name="受付を始める").click()
    telephone.get_by_role("button", name="このパソコンで受ける").click()

    def ready() -> bool:
        with system_transaction():
            return Station.objects.filter(agent_id=live_town.counsellor.id, leg_ready=True).exists()

    line.until(telephone, ready, "the counsellor's telephone is connected")
    desk = telephone.context.new_page()
    desk.goto(f"{live.url}/desk/cases/{case.id}/video")
    desk.get_by_role("button", name="いまのリンクを作る").click()
    link = desk.locator("#video-link").input_value()
    assert re.search(r"/video/[A-Za-z0-9_-]{32}/$", link)

    consumer = chromiums["consumer"].new_page(viewport={"width": 320, "height": 640})
    consumer.goto(link)
    consumer.get_by_label("担当者に見せる名前").fill("はなこ")
    consumer.get_by_label("録音してよい").check()
    consumer.get_by_role("button", name="待合室に入る").click()
    expect(consumer.get_by_text("このままお待ちください").first).to_be_visible()

    desk.goto(f"{live.url}/desk/cases/{case.id}/")
    expect(desk.get_by_text("相談者が待っています。")).to_be_visible(timeout=10_000)
    desk.get_by_role("button", name="話し始める").click()
    line.until(desk, lambda: talk_now().state == TalkState.TALKING, "they talk")

    line.until(desk, lambda: sees(consumer, "[data-video-other]"), "the consumer sees the counsellor")
    line.until(desk, lambda: sees(desk, "[data-video-other]"), "the counsellor sees the consumer")

    with system_transaction():
        call = Call.objects.get()
        legs = {one.part: one.leg for one in Participant.objects.filter(call=call)}
    heard = {part: Tap(line, legs[part]) for part in (Part.AGENT, Part.CUSTOMER)}
    line.until(desk, lambda: heard[Part.AGENT].hears(CONSUMER), "the counsellor hears the consumer")
    line.until(desk, lambda: heard[Part.CUSTOMER].hears(COUNSELLOR), "the consumer hears the counsellor")
    # What the engine sends arrives in the consumer's browser.
    taken = consumer.evaluate(
        """async () => {
          const stats = await document.querySelector('app-video-room').line.getStats();
          return [...stats.values()].filter((one) => one.type === 'inbound-rtp').map((one) => one.packetsReceived)[0];
        }"""
    )
    assert taken > 20

    paper = tmp_path / "契約書.png"
    paper.write_bytes(photo("契約書", form="PNG"))
    consumer.get_by_label("契約書や画面の写真など").set_input_files(paper)
    expect(consumer.locator("[data-video-files] li")).to_have_text("契約書.png", timeout=10_000)
    expect(desk.locator("[data-video-files] li")).to_have_text("契約書.png", timeout=10_000)
    with system_transaction():
        assert Evidence.objects.get().case_id == case.id

    # A page that is opened anew comes back with sound and picture.
    consumer.reload()
    line.until(desk, lambda: sees(consumer, "[data-video-other]"), "the picture is back after the page was opened anew")
    with system_transaction():
        again = Participant.objects.get(call=call, part=Part.CUSTOMER).leg
    back = Tap(line, again)
    line.until(desk, lambda: back.hears(COUNSELLOR), "and so is the sound")
    line.until(desk, lambda: heard[Part.AGENT].hears(CONSUMER), "in both directions")

    consumer.get_by_role("button", name="相談を終える").click()
    consumer.get_by_role("button", name="終える", exact=True).click()
    line.until(desk, lambda: talk_now().state == TalkState.ENDED, "the talk is over")
    expect(consumer.get_by_text("ビデオ相談を終えました。")).to_be_visible()
    expect(desk.get_by_text("ビデオ相談は終わりました。")).to_be_visible(timeout=10_000)

    def recorded() -> list[Recording]:
        with system_transaction():
            rows = list(Recording.objects.exclude(ready_at=None).order_by("started_at"))
        return rows if len(rows) == 2 else []

    line.until(desk, recorded, "the recordings are whole")
    with open_recording(line.running.folder / "recordings" / recorded()[0].file, KEY) as reader:
        sound = np.asarray(reader.read(max(0.0, reader.seconds - 2), 1.0), dtype=float)
    sides = sound.reshape(len(sound), -1)
    for hz in (CONSUMER, COUNSELLOR):
        assert max(level(sides[:, side], hz) for side in range(sides.shape[1])) > 0.2 * LOUD, f"{hz} is not recorded"
    consumer.close()
