"""A memory engine with its world, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime

from caasis.telephony.adapters.memory import MemoryEngine, World
from caasis.telephony.commands import (
    Answer,
    Command,
)
from caasis.telephony.signals import (
    CommandDone,
    CommandRefused,
    Signal,
)

BEGINS = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
OUTSIDE = "+81312345678"


class Line:
    """An engine with its world, and short ways to tell and to read."""

    def __init__(self, **setup: object) -> None:
        self.engine = MemoryEngine(begins=BEGINS, **setup)  # type: ignore[arg-type]
        self.world = World(self.engine)
        self.world.trunk("trunk", up=True)
        self.world.register("1001", device="desk phone")
        self._told = 0

    def tell(self, kind: type[Command], **facts: object) -> CommandDone | CommandRefused:
        self._told += 1
        self.engine.send(kind(command_id=f"c{self._told}", **facts))  # type: ignore[arg-type]
        return self.last(CommandDone, CommandRefused)

    def caller(self) -> str:
        leg = self.world.incoming_call(called="188", caller=OUTSIDE)
        self.tell(Answer, leg=leg)
        return leg

    def all(self, *kinds: type[Signal]) -> list:
        return [one for one in self.engine.signals(boot="", after=0, timeout_s=0) if isinstance(one, kinds)]

    def last(self, *kinds: type[Signal]):
        return self.all(*kinds)[-1]
