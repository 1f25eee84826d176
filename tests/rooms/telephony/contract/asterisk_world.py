"""The Asterisk adapter's part of the suite, on a model of Asterisk."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from caasis.telephony.adapters.asterisk import AsteriskEngine, AsteriskSetup
from caasis.telephony.adapters.embedded.media import open_recording
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.signals import IncomingCall
from caasis.telephony.vocabulary import EndCause, Presentation
from tests.rooms.telephony.asterisk.model import Channel
from tests.rooms.telephony.asterisk.server import PASSWORD, USER, Server
from tests.rooms.telephony.contract.world import ALLOWED, LONG, MUSIC, OWN, SHORT, UnderTest

KEY = bytes(range(32))
_CAUSES = {EndCause.BUSY: 17, EndCause.REJECTED: 21}
_SHOWN = {
    Presentation.ALLOWED: ("allowed_passed_screen", ""),
    Presentation.ANONYMOUS: ("prohib_passed_screen", "Anonymous"),
    Presentation.PAYPHONE: ("prohib_passed_screen", "Coin line/payphone"),
    Presentation.UNAVAILABLE: ("unavailable", "Unavailable"),
}


def keys(name: str) -> bytes:
    """The key of the tests by its name. Raises LookupError."""
    if name != "key":
        raise LookupError(name)
    return KEY


class AsteriskWorld:
    """Phones and callers at the model of Asterisk."""

    lines = 8
    kept = 300

    def __init__(self, folder: Path) -> None:
        self.server = Server(sounds={f"caasis/{name}": s for name, s in ((SHORT, 0.4), (LONG, 3.0), (MUSIC, 1.0))})
        self.folder = folder
        self.server.asterisk.endpoints["trunk"] = "online"
        setup = AsteriskSetup(
            url=self.server.url, user=USER, password=PASSWORD, trunks=("trunk",), lines=self.lines, recordings=folder,
            carrier_uri="sip:{number}@carrier.example", timeout_s=3.0,
        )  # fmt: skip
        self.engine = AsteriskEngine(setup, keys=keys, keep=self.kept)
        self._channel_of: dict[str, Channel] = {}
        self._number = count(1)

    @property
    def asterisk(self):  # type: ignore[no-untyped-def]
        return self.server.asterisk

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
        shown, name = _SHOWN[presentation]
        n = next(self._number)
        channel = Channel(f"1700000000.{n}", f"PJSIP/trunk-{n:08x}", "Ring", number=caller, caller_name=name)
        before = len(self._incoming())
        args = ["trunk=trunk", f"called={called}", f"shown={shown}", f"diverted={diverted_from}"]
        self.asterisk.call_in(channel, args)
        until = time.monotonic() + 5
        while len(calls := self._incoming()) == before:
            assert time.monotonic() < until, "the call was not told of"
            time.sleep(0.01)
        self._channel_of[calls[-1].leg] = channel
        return calls[-1].leg

    def _incoming(self) -> list[IncomingCall]:
        told = self.engine.signals(boot="", after=0, timeout_s=0)
        return [one for one in told if isinstance(one, IncomingCall)]

    def channel(self, leg: str) -> Channel:
        return self._channel_of.get(leg) or self.asterisk.channels[f"leg-{leg}"]

    def _called(self, who: str) -> Channel:
        """The phone that rings: of a user, or at a number, which the carrier is told with 0 in front."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            for one in list(self.asterisk.channels.values()):
                if one.outgoing and one.state == "Ringing" and who in (one.resource, f"+81{one.number[1:]}"):
                    return one
            time.sleep(0.01)
        raise AssertionError(f"{who} is not called")

    def register(self, user: str) -> None:
        self.asterisk.endpoint_is(user, "online")
        self._until(user, True)

    def unregister(self, user: str) -> None:
        self.asterisk.endpoint_is(user, "offline")
        self._until(user, False)

    def _until(self, user: str, online: bool) -> None:
        until = time.monotonic() + 5
        while (user in self.engine.snapshot().users) != online:
            assert time.monotonic() < until
            time.sleep(0.01)

    def peer_answers(self, who: str) -> None:
        self.asterisk.pick_up(self._called(who))

    def peer_refuses(self, who: str, cause: EndCause) -> None:
        self.asterisk.hang_up(self._called(who), _CAUSES[cause])

    def peer_hangs_up(self, leg: str) -> None:
        self.asterisk.hang_up(self.channel(leg))

    def press(self, leg: str, digits: str) -> None:
        for digit in digits:
            self.asterisk.press(self.channel(leg), digit)

    def peer_holds(self, leg: str, on: bool) -> None:
        self.asterisk.tell("ChannelHold" if on else "ChannelUnhold", channel=self.channel(leg).told())

    def browser_offer(self) -> str:
        raise NotImplementedError("browsers reach an Asterisk by themselves")

    def browser_connects(self, leg: str, answer: str) -> None:
        raise NotImplementedError("browsers reach an Asterisk by themselves")

    def hears(self, leg: str) -> set[str]:
        return self._named(self.asterisk.hears(self.channel(leg)))

    def _named(self, sources: frozenset[str]) -> set[str]:
        """Sources of the model by the names of the contract."""
        legs = {channel.id: leg for leg, channel in self._channel_of.items()}
        return {
            f"prompt:{one.partition('/')[2]}"
            if one.startswith("caasis/")
            else legs.get(one) or one.removeprefix("leg-")
            for one in sources
        }

    def keys_told(self, leg: str) -> str:
        digits: str = self.channel(leg).digits
        return digits

    def recorded(self, file: str, begin_s: float = 0.0, end_s: float = 3_600.0) -> tuple[set[str], set[str]]:
        with open_recording(self.folder / file, KEY) as sound:
            samples = sound.read(begin_s, end_s - begin_s)
        assert not self.server.asterisk.stored, "Asterisk still has what was sealed"
        left, right = (self._sources(samples[:, side].tolist()) for side in (0, 1))
        return left, right

    def _sources(self, samples: Sequence[int]) -> set[str]:
        """Who is heard for at least half a second, in pieces of 100 ms."""
        pieces = [struct.pack("<800h", *samples[at : at + 800]) for at in range(0, len(samples) - 799, 800)]
        found = [self.server.asterisk.sound.tones.sources(one) for one in pieces]
        return self._named(frozenset(one for one in set().union(*found) if sum(one in some for some in found) >= 5))

    def tapped(self, pieces: Sequence[bytes]) -> set[str]:
        return self._named(frozenset().union(*(self.server.asterisk.sound.tones.sources(one) for one in pieces)))

    def kill_engine(self) -> None:
        self.server.kill()
        self._channel_of.clear()

    def restart_engine(self) -> None:
        self.server.start()

    def hang_engine(self, hanging: bool) -> None:
        (self.server.goes_on.clear if hanging else self.server.goes_on.set)()


@contextmanager
def asterisk() -> Iterator[UnderTest]:
    """The adapter with a fresh model of Asterisk; what it asked for must be in the published interface."""
    with TemporaryDirectory() as folder:
        world = AsteriskWorld(Path(folder))
        until = time.monotonic() + 10
        while True:
            try:
                world.engine.snapshot()
                break
            except EngineUnreachable:
                assert time.monotonic() < until, "Asterisk is not reached"
                time.sleep(0.01)
        yield UnderTest(world.engine, world)
        world.server.goes_on.set()
        world.engine.close()
        world.server.kill()
        assert not world.server.violations, world.server.violations
