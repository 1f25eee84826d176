"""L2: sipp calls, baresip answers, each with a tone of its own; what each hears in every constellation is measured."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.client import EmbeddedEngine
from caasis.telephony.commands import (
    EVERYBODY,
    NOBODY,
    Answer,
    Endpoint,
    Hangup,
    Join,
    Originate,
    Play,
    Prompt,
    SetAudibility,
    StopPlay,
)
from caasis.telephony.prompts.sound import wav_bytes
from caasis.telephony.signals import IncomingCall, LegChanged
from caasis.telephony.vocabulary import LegPhase, Role
from tests.rooms.telephony.media.telephone import LOUD, level, sine
from tests.rooms.telephony.sip.peers import Baresip, Sipp
from tests.rooms.telephony.sip.phone import eventually
from tests.rooms.telephony.sip.running import RunningEngine, free_port

pytestmark = [pytest.mark.slow, pytest.mark.peers]
CALLER, AGENT, SECOND, CHIEF, MUSIC = 1_000.0, 600.0, 1_500.0, 2_200.0, 450.0
TONES = {"caller": CALLER, "agent": AGENT, "second": SECOND, "chief": CHIEF, "music": MUSIC}


class Ear:
    """What a leg hears, by the engine's tap: the sound that is sent to it."""

    def __init__(self, engine: EmbeddedEngine, leg: str) -> None:
        self._pieces: deque[bytes] = deque(maxlen=3)
        tap = engine.tap(leg, side="heard")
        threading.Thread(target=lambda: [self._pieces.append(one) for one in tap], daemon=True).start()

    def hears(self) -> set[str]:
        sound = np.frombuffer(b"".join(self._pieces), "<i2")
        return {name for name, hz in TONES.items() if len(sound) and level(sound, hz) > 0.25 * LOUD}


class Desk:
    """An engine with a caller by sipp and three desk phones by baresip, all in one room."""

    def __init__(self, folder: Path) -> None:
        line = free_port()
        users = {"1001": AGENT, "1002": SECOND, "1003": CHIEF}
        self.running = RunningEngine(
            folder,
            phones={user: {"password": "secret"} for user in users},
            trunks={"line": {"address": ["127.0.0.1", line]}},
        )
        (folder / "prompts" / "music.wav").write_bytes(wav_bytes(sine(MUSIC, 8_000)))
        self.engine = self.running.engine
        self._number = 0
        self.phones = [
            Baresip(folder / user, self.running.address, user=user, password="secret", port=free_port(), hz=hz)
            for user, hz in users.items()
        ]
        eventually(lambda: self.running.snapshot().users == tuple(users), within_s=20, what="baresip registers")
        (folder / "sipp").mkdir()
        self.sipp = Sipp(folder / "sipp", self.running.address, port=line, hz=CALLER, calls=1, rate=1, talk_ms=60_000)
        self.caller = eventually(
            lambda: next((s.leg for s in self.signals() if isinstance(s, IncomingCall)), None),
            within_s=10,
            what="sipp calls",
        )
        self.send(Answer, leg=self.caller)
        for leg, user in (("agent", "1001"), ("second", "1002"), ("chief", "1003")):
            self.send(Originate, leg=leg, call="call", to=Endpoint(kind="sip_user", address=user))
            eventually(
                lambda leg=leg: any(
                    isinstance(s, LegChanged) and s.leg == leg and s.phase is LegPhase.ANSWERED for s in self.signals()
                ),
                within_s=10, what=f"{leg} answers",
            )  # fmt: skip
        self.ears = {name: Ear(self.engine, leg) for name, leg in self.legs.items()}

    @property
    def legs(self) -> dict[str, str]:
        return {"caller": self.caller, "agent": "agent", "second": "second", "chief": "chief"}

    def signals(self):  # type: ignore[no-untyped-def]
        return self.engine.signals(boot="", after=0, timeout_s=0)

    def send(self, kind, **facts):  # type: ignore[no-untyped-def]
        self._number += 1
        self.engine.send(kind(command_id=f"c{self._number}", **facts))

    def join(self, who: str, role: Role, **how: object) -> None:
        self.send(Join, room="room", leg=self.legs[who], role=role, **how)

    def set(self, who: str, hears: frozenset[Role], heard_by: frozenset[Role]) -> None:
        self.send(SetAudibility, room="room", leg=self.legs[who], hears=hears, heard_by=heard_by)

    def hear(self, **expected: str) -> None:
        """Who hears whom, before long and then for a while."""

        def so() -> bool:
            return all(self.ears[name].hears() == set(tones.split()) for name, tones in expected.items())

        eventually(so, within_s=6, what=f"{expected}: { ({n: e.hears() for n, e in self.ears.items()}) }")
        time.sleep(0.3)
        assert so(), {name: one.hears() for name, one in self.ears.items()}

    def close(self) -> None:
        if hasattr(self, "sipp"):
            self.sipp.stop()
        for one in self.phones:
            one.stop()
        self.running.stop()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk.__new__(Desk)
    try:
        made.__init__(tmp_path)  # type: ignore[misc]
        yield made
    finally:
        made.close()


def test_each_hears_the_right_tones(desk: Desk):
    desk.join("caller", Role.CUSTOMER)
    desk.join("agent", Role.AGENT)
    desk.hear(caller="agent", agent="caller", second="", chief="")
    # Hold: music for the caller, nothing for the agent.
    desk.set("caller", NOBODY, NOBODY)
    desk.send(Play, leg=desk.caller, play="music", prompts=(Prompt(name="music"),), loop=True)
    desk.hear(caller="music", agent="")
    # Consult: the agent speaks with a second one, the caller hears the music.
    desk.join("second", Role.AGENT)
    desk.hear(caller="music", agent="second", second="agent")
    # Conference, and the transfer that follows.
    desk.send(StopPlay, play="music")
    desk.set("caller", EVERYBODY, EVERYBODY)
    desk.hear(caller="agent second", agent="caller second", second="caller agent")
    desk.send(Hangup, leg="agent")
    desk.hear(caller="second", second="caller")
    # Monitor, whisper, barge.
    desk.join("chief", Role.SUPERVISOR, hears=EVERYBODY, heard_by=NOBODY)
    desk.hear(caller="second", second="caller", chief="caller second")
    desk.set("chief", EVERYBODY, frozenset({Role.AGENT}))
    desk.hear(caller="second", second="caller chief", chief="caller second")
    desk.set("chief", EVERYBODY, EVERYBODY)
    desk.hear(caller="second chief", second="caller chief", chief="caller second")


def test_a_hundred_set_ups_at_sixty_a_second_are_clean(tmp_path: Path):
    line = free_port()
    running = RunningEngine(tmp_path, trunks={"line": {"address": ["127.0.0.1", line]}}, lines=500)
    stop = threading.Event()

    def answer() -> None:
        after, number = 0, 0
        while not stop.is_set():
            for one in running.engine.signals(boot="", after=after, timeout_s=0.2):
                after = one.seq
                if isinstance(one, IncomingCall):
                    number += 1
                    running.engine.send(Answer(command_id=f"a{number}", leg=one.leg))

    answering = threading.Thread(target=answer)
    answering.start()
    (tmp_path / "sipp").mkdir()
    sipp = Sipp(tmp_path / "sipp", running.address, port=line, hz=CALLER, calls=100, rate=60, talk_ms=1_500)
    try:
        figures = sipp.wait(60)
        assert (figures["SuccessfulCall(C)"], figures["FailedCall(C)"]) == ("100", "0"), sipp.errors()
        eventually(lambda: not running.snapshot().legs, what="every leg is over")
    finally:
        stop.set()
        answering.join()
        sipp.stop()
        running.stop()
