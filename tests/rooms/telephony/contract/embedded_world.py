"""Our own engine's part of the suite: a process, SIP telephones, and sound that is measured."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from caasis.telephony.adapters.embedded.client import EmbeddedEngine
from caasis.telephony.adapters.embedded.media import open_recording
from caasis.telephony.commands import Command, Originate
from caasis.telephony.prompts.sound import wav_bytes
from caasis.telephony.signals import IncomingCall
from caasis.telephony.vocabulary import EndCause, Presentation
from tests.rooms.telephony.contract.world import ALLOWED, LONG, MUSIC, OWN, SHORT, UnderTest
from tests.rooms.telephony.media.browser_peer import BrowserPeer
from tests.rooms.telephony.media.telephone import LOUD, level, sine
from tests.rooms.telephony.sip.engine_main import KEY
from tests.rooms.telephony.sip.phone import Call, Phone, Voices, eventually
from tests.rooms.telephony.sip.running import RunningEngine, free_port

PASSWORD = "みほん1001"
USERS = ("1001", "1002", "1003", "user")
_TONES = {SHORT: (2_000.0, 0.4), LONG: (2_500.0, 3.0), MUSIC: (3_000.0, 1.0)}
_CODES = {EndCause.BUSY: 486, EndCause.REJECTED: 603}
_NAMES = {
    Presentation.ALLOWED: "",
    Presentation.ANONYMOUS: '"Anonymous" ',
    Presentation.PAYPHONE: '"Coin line/payphone" ',
    Presentation.UNAVAILABLE: '"Unavailable" ',
}


class Spy:
    """The engine's port, and in which order its user made calls."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.made: list[Originate] = []

    def send(self, command: Command) -> None:
        if isinstance(command, Originate) and command.command_id not in {one.command_id for one in self.made}:
            self.made.append(command)
        self._engine.send(command)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class EmbeddedWorld:
    """Phones and callers at our engine."""

    lines = 8
    kept = 300

    def __init__(self, folder: Path) -> None:
        (folder / "prompts").mkdir()
        for name, (hz, seconds) in _TONES.items():
            sound = sine(hz, round(seconds * 8_000))
            (folder / "prompts" / f"{name}.wav").write_bytes(wav_bytes(sound))
        line = free_port()
        self.running = RunningEngine(
            folder,
            phones={user: {"password": PASSWORD} for user in USERS},
            trunks={"trunk": {"address": ["127.0.0.1", line], "national": True}},
            lines=self.lines,
            keep=self.kept,
        )
        self._voices = Voices()
        self.line = Phone("line", self.running.address, voices=self._voices, port=line)
        self.port = Spy(EmbeddedEngine(folder / "engine.sock"))
        self._phones: dict[str, Phone] = {}
        self._call_of: dict[str, Call] = {}
        self._browser: tuple[BrowserPeer, str] | None = None
        eventually(lambda: self.running.snapshot().trunks == ("trunk",), what="the trunk is up")

    def close(self) -> None:
        self.running.stop()
        for phone in (self.line, *self._phones.values()):
            phone.close()

    def pass_time(self, seconds: float) -> None:
        time.sleep(seconds)

    def incoming_call(
        self,
        *,
        called: str = OWN,
        caller: str = ALLOWED,
        diverted_from: str = "",
        presentation: Presentation = Presentation.ALLOWED,
    ) -> str:
        number = f"0{caller[3:]}" if caller else "anonymous"
        host = "127.0.0.1" if caller else "anonymous.invalid"
        hidden = ["Privacy: id"] if presentation is Presentation.ANONYMOUS else []
        diverted = [f"Diversion: <sip:{diverted_from}@127.0.0.1>;reason=unconditional"] if diverted_from else []
        mark = f"c{time.monotonic_ns()}"
        call = self.line.call(
            f"0{called[3:]}", f"X-Call: {mark}", *hidden, *diverted,
            sender=f"{_NAMES[presentation]}<sip:{number}@{host}>",
        )  # fmt: skip

        def told() -> str | None:
            now = self.port.snapshot()
            after = max(0, now.seq - self.kept + 1)
            found = self.port.signals(boot=now.boot, after=after, timeout_s=0)
            return next((s.leg for s in found if isinstance(s, IncomingCall) and s.headers.get("x-call") == mark), None)

        leg: str = eventually(told, what="IncomingCall")
        self._call_of[leg] = call
        return leg

    def register(self, user: str) -> None:
        phone = self._phones.get(user)
        if phone is None:
            phone = self._phones[user] = Phone(user, self.running.address, password=PASSWORD, voices=self._voices)
        assert phone.register() == 200

    def unregister(self, user: str) -> None:
        assert self._phones[user].register(0) == 200

    def peer_answers(self, who: str) -> None:
        phone = self._phone(who)
        eventually(lambda: [one for one in phone.calls if one.incoming and one.state == "ringing"], what=f"{who} rings")
        phone.answer()

    def peer_refuses(self, who: str, cause: EndCause) -> None:
        phone = self._phone(who)
        eventually(lambda: [one for one in phone.calls if one.incoming and one.state == "ringing"], what=f"{who} rings")
        phone.refuse(_CODES[cause])

    def peer_hangs_up(self, leg: str) -> None:
        call = self._call(leg)
        call.phone.hang_up(call)

    def press(self, leg: str, digits: str) -> None:
        call = self._call(leg)
        call.phone.press(call, digits)

    def peer_holds(self, leg: str, on: bool) -> None:
        call = self._call(leg)
        call.phone.hold(call, on)

    def browser_offer(self) -> str:
        self._browser = (BrowserPeer(350.0), "")
        return self._browser[0].offer()

    def browser_connects(self, leg: str, answer: str) -> None:
        assert self._browser is not None
        peer = self._browser[0]
        peer.take_answer(answer)

        def live() -> None:
            checked = 0.0
            while not peer.closed:
                if time.monotonic() - checked > 0.5:
                    peer.check()
                    checked = time.monotonic()
                peer.take()
                peer.shake()
                peer.say()
                time.sleep(0.02)

        threading.Thread(target=live, daemon=True).start()

    def hears(self, leg: str) -> set[str]:
        call = self._find(leg)
        if call is None or call.state != "up":
            return set()
        if call.on_hold:
            return set()
        # A voice is a leg's as long as the leg lives; tones are used again.
        living = {one.leg for one in self.port.snapshot().legs}
        known = {self._leg_of(one): one.hz for one in self._all_calls() if self._leg_of(one) in living - {leg}}
        return call.hears(known | {f"prompt:{name}": hz for name, (hz, _) in _TONES.items()})

    def keys_told(self, leg: str) -> str:
        return self._call(leg).keys_told()

    def recorded(self, file: str, begin_s: float = 0.0, end_s: float = 3_600.0) -> tuple[set[str], set[str]]:
        with open_recording(self.running.folder / "recordings" / file, KEY) as reader:
            sound = reader.read(begin_s, max(0.0, min(end_s, reader.seconds) - begin_s))
        return self._sources(sound[:, 0]), self._sources(sound[:, 1])

    def tapped(self, pieces: Sequence[bytes]) -> set[str]:
        return self._sources(np.frombuffer(b"".join(pieces), "<i2"))

    def kill_engine(self) -> None:
        self.running.kill()

    def restart_engine(self) -> None:
        self.running.start()
        eventually(lambda: self.running.snapshot().trunks == ("trunk",), what="the trunk is up")

    def hang_engine(self, hanging: bool) -> None:
        self.running.signal(signal.SIGSTOP if hanging else signal.SIGCONT)
        time.sleep(0.05)

    # Who is who

    def _phone(self, who: str) -> Phone:
        return self.line if who.startswith("+") else self._phones[who]

    def _all_calls(self) -> list[Call]:
        return [call for phone in (self.line, *self._phones.values()) for call in phone.calls]

    def _find(self, leg: str) -> Call | None:
        if leg in self._call_of:
            return self._call_of[leg]
        made = next((one for one in self.port.made if one.leg == leg), None)
        if made is None:
            return None
        # A phone's calls come in the order in which they were made.
        mine = [one for one in self.port.made if one.to.address == made.to.address]
        got = [call for call in self._phone(made.to.address).calls if call.incoming]
        number = mine.index(made)
        return got[number] if number < len(got) else None

    def _call(self, leg: str) -> Call:
        return eventually(lambda: self._find(leg), what=f"the call of {leg}")  # type: ignore[no-any-return]

    def _leg_of(self, call: Call) -> str:
        known = next((leg for leg, one in self._call_of.items() if one is call), "")
        return known or next((one.leg for one in self.port.made if self._find(one.leg) is call), "")

    def _sources(self, sound: np.ndarray) -> set[str]:
        """Whose voices are in a sound for the better part of it."""
        candidates = {self._leg_of(one): one.hz for one in self._all_calls()}
        candidates |= {f"prompt:{name}": hz for name, (hz, _) in _TONES.items()}
        pieces = [sound[at : at + 1_600] for at in range(0, len(sound) - 1_599, 1_600)]
        return {
            name
            for name, hz in candidates.items()
            if name and sum(level(one, hz) > 0.3 * LOUD for one in pieces) > 0.4 * max(1, len(pieces))
        }


@contextmanager
def embedded() -> Iterator[UnderTest]:
    """A fresh engine of our own."""
    with TemporaryDirectory() as folder:
        world = EmbeddedWorld(Path(folder))
        try:
            yield UnderTest(world.port, world)
        finally:
            world.close()
