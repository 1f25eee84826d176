"""A browser that others wrote: aiortc connects to a running engine, and both hear each other."""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media import BrowserState, MediaEngine, MediaHappening, Quality
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE
from tests.rooms.telephony.media.telephone import KEY, LOUD, PORTS, Telephone, level, sine

CALLER, BROWSER = 500, 900


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiortc leaves out the loopback, and a test may use nothing else."""
    import aioice.ice

    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[MediaEngine, list[MediaHappening]]]:
    told: list[MediaHappening] = []
    engine = MediaEngine(
        host="127.0.0.1", ports=PORTS, keys=lambda name: KEY, recordings=tmp_path, on_happening=told.append, capacity=8
    )
    engine.start()
    yield engine, told
    engine.stop()


def microphone() -> Any:
    """A track that says a tone."""
    from aiortc.mediastreams import MediaStreamTrack
    from av import AudioFrame

    class Microphone(MediaStreamTrack):
        kind = "audio"

        def __init__(self) -> None:
            super().__init__()
            self._said = 0
            self._began = time.monotonic()

        async def recv(self) -> AudioFrame:
            await asyncio.sleep(max(0, self._began + self._said / RATE - time.monotonic()))
            frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
            frame.planes[0].update(sine(BROWSER, FRAME, first=self._said).tobytes())
            frame.pts, frame.sample_rate, frame.time_base = self._said, RATE, fractions.Fraction(1, RATE)
            self._said += FRAME
            return frame

    return Microphone()


async def talk(engine: MediaEngine, caller: Telephone, seconds: float) -> tuple[np.ndarray, str]:
    """Connect, talk for a while, hang up; what the browser heard, and the codec by which."""
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(microphone())
    heard: list[np.ndarray] = []

    async def listen(track: Any) -> None:
        while True:
            frame = await track.recv()
            assert frame.sample_rate == RATE
            heard.append(frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)])

    listening: list[asyncio.Task[None]] = []
    connection.on("track", lambda track: listening.append(asyncio.create_task(listen(track))))
    await connection.setLocalDescription(await connection.createOffer())
    leg, answer = engine.open_browser_leg("agent", connection.localDescription.sdp)
    engine.set_hearing("caller", {"agent": 1.0})
    engine.set_hearing("agent", {"caller": 1.0})
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    began = due = time.monotonic()
    connected_at = 0.0
    while not connected_at or due - connected_at < seconds:
        caller.send()
        caller.take()
        due += 0.02
        await asyncio.sleep(max(0, due - time.monotonic()))
        if connection.connectionState == "connected" and not connected_at:
            connected_at = due
        assert due - began < 30, connection.connectionState
    stats = await connection.getStats()
    assert any(one.type == "remote-outbound-rtp" or one.type == "inbound-rtp" for one in stats.values())
    codec = leg.payload_type
    for task in listening:
        task.cancel()
    await connection.close()
    await asyncio.sleep(0.3)
    return np.concatenate(heard), f"{codec}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_browser_and_a_telephone_hear_each_other(running: tuple[MediaEngine, list[MediaHappening]], loopback: None):
    engine, told = running
    caller = Telephone(CALLER)
    caller.port = engine.open_leg("caller").port
    engine.set_remote("caller", caller.address, payload=0, events_payload=101)
    heard, codec = asyncio.run(talk(engine, caller, 6.0))
    assert codec == "0"
    # A second from the midst, when both have long begun: the tone, and of the own tone nothing.
    second = heard[-2 * RATE : -RATE]
    assert level(second, CALLER) > LOUD * 0.8 and level(second, BROWSER) < LOUD * 0.05
    back = caller.heard(100)[:RATE]
    assert level(back, BROWSER) > LOUD * 0.8 and level(back, CALLER) < LOUD * 0.05
    patience = time.monotonic() + 5
    while len([one for one in told if isinstance(one, BrowserState)]) < 2 and time.monotonic() < patience:
        time.sleep(0.02)
    assert [one.state for one in told if isinstance(one, BrowserState)] == ["connected", "closed"]
    assert [one.received > 100 for one in told if isinstance(one, Quality) and one.leg == "agent"][:1] == [True]
    caller.close()
