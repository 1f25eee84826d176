"""The memory engine's part of the suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from caasis.telephony.adapters.memory import MemoryEngine, World
from caasis.telephony.vocabulary import EndCause, Presentation
from tests.rooms.telephony.contract.world import ALLOWED, LONG, MUSIC, OWN, SHORT, UnderTest


class MemoryWorld:
    """The memory engine's own `World`, in the shape that the suite needs."""

    lines = 8
    kept = 200

    def __init__(self) -> None:
        self.engine = MemoryEngine(
            begins=datetime(2026, 4, 1, 0, 0, tzinfo=UTC),
            prompts={SHORT: 0.4, LONG: 3.0, MUSIC: 1.0}.get,
            lines=self.lines,
            keep=self.kept,
        )
        self._world = World(self.engine)
        self._world.trunk("trunk", up=True)
        self.register = self._world.register
        self.unregister = self._world.unregister
        self.pass_time = self._world.advance
        self.peer_hangs_up = self._world.peer_hangs_up
        self.peer_holds = self._world.peer_holds
        self.keys_told = self._world.keys_told
        self.kill_engine = self._world.lose_engine
        self.hang_engine = self._world.hang_engine

    def incoming_call(
        self,
        *,
        called: str = OWN,
        caller: str = ALLOWED,
        diverted_from: str = "",
        presentation: Presentation = Presentation.ALLOWED,
    ) -> str:
        return self._world.incoming_call(
            called=called, caller=caller, diverted_from=diverted_from, presentation=presentation
        )

    def peer_answers(self, who: str) -> None:
        self._world.peer_answers(who)

    def peer_refuses(self, who: str, cause: EndCause) -> None:
        self._world.peer_refuses(who, cause)

    def press(self, leg: str, digits: str) -> None:
        self._world.press(leg, digits)

    def browser_offer(self) -> str:
        return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"

    def browser_connects(self, leg: str, answer: str) -> None:
        assert answer.startswith("v=0")
        self._world.browser_connects(leg)

    def hears(self, leg: str) -> set[str]:
        return set(self._world.hears(leg))

    def recorded(self, file: str, begin_s: float = 0.0, end_s: float = 3_600.0) -> tuple[set[str], set[str]]:
        spans, at = [], 0.0
        for span in self._world.recorded(file):
            if at < end_s and at + span[0] > begin_s:
                spans.append(span)
            at += span[0]
        return set().union(*(one[1] for one in spans)), set().union(*(one[2] for one in spans))

    def tapped(self, pieces: Sequence[bytes]) -> set[str]:
        return {source for piece in pieces for source in self._world.sources(piece)}

    def restart_engine(self) -> None:
        self._world.restart_engine()
        self._world.trunk("trunk", up=True)


@contextmanager
def memory() -> Iterator[UnderTest]:
    """A fresh engine in memory."""
    world = MemoryWorld()
    yield UnderTest(world.engine, world)
