"""The signals of one life of an engine, numbered and kept for a while, and the answers to the commands of that life."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from caasis.kernel.ids import uuid7
from caasis.telephony.ports import SignalsForgotten
from caasis.telephony.signals import CommandDone, CommandRefused, EngineStarted, Signal
from caasis.telephony.vocabulary import Refusal

KEPT_SIGNALS = 50_000
KEPT_ANSWERS = 50_000


class Journal:
    """The newest signals of one life; safe to write and read from several threads."""

    def __init__(self, *, at: datetime, capabilities: Sequence[str] = (), keep: int = KEPT_SIGNALS) -> None:
        self.boot = uuid7().hex
        self._kept: deque[Signal] = deque(maxlen=keep)
        self._seq = 0
        self._grown = threading.Condition()
        self._closed = False
        self.write(EngineStarted, at=at, capabilities=tuple(sorted(map(str, capabilities))))

    @property
    def seq(self) -> int:
        """The number of the newest signal."""
        return self._seq

    def together(self) -> AbstractContextManager[bool]:
        """While this is held, nobody reads: what is written meanwhile is seen all at once."""
        return self._grown

    def write(self, kind: type[Signal], *, at: datetime, **facts: Any) -> None:
        """Number a signal and keep it; the oldest goes when there is no more room."""
        with self._grown:
            self._seq += 1
            self._kept.append(kind(boot=self.boot, seq=self._seq, at=at, **facts))
            self._grown.notify_all()

    def read(self, *, boot: str, after: int, timeout_s: float = 0.0) -> Sequence[Signal]:
        """As `TelephonyPort.signals`; a life that is over (`close`) keeps nobody waiting."""
        with self._grown:
            if boot not in ("", self.boot) or after > self._seq:
                raise SignalsForgotten("another life of the engine")
            if timeout_s > 0:
                self._grown.wait_for(lambda: self._closed or self._seq > after, timeout_s)
            oldest = self._seq - len(self._kept) + 1
            if after + 1 < oldest:
                raise SignalsForgotten(f"signals before {oldest} are no longer kept")
            return tuple(islice(self._kept, after + 1 - oldest, None))

    def close(self) -> None:
        """This life is over; whoever waits goes on."""
        with self._grown:
            self._closed = True
            self._grown.notify_all()


class Writer(Protocol):
    """Where signals are written: a journal, or what will be written into one."""

    def write(self, kind: type[Signal], *, at: datetime, **facts: Any) -> None:
        """As `Journal.write`."""


class Answers:
    """What was answered to each command of one life, so that a command told twice is done once."""

    def __init__(self, *, keep: int = KEPT_ANSWERS) -> None:
        self._given: OrderedDict[str, tuple[Refusal, str] | None] = OrderedDict()
        self._keep = keep

    def __contains__(self, command_id: str) -> bool:
        return command_id in self._given

    def give(self, to: Writer, command_id: str, *, at: datetime, refused: tuple[Refusal, str] | None) -> None:
        """Write the answer and remember it."""
        self._given[command_id] = refused
        if len(self._given) > self._keep:
            self._given.popitem(last=False)
        self.repeat(to, command_id, at=at)

    def repeat(self, to: Writer, command_id: str, *, at: datetime) -> None:
        """Write again what was answered. Raises KeyError for a command that was not answered."""
        refused = self._given[command_id]
        if refused is None:
            to.write(CommandDone, at=at, command_id=command_id)
        else:
            to.write(CommandRefused, at=at, command_id=command_id, refusal=refused[0], detail=refused[1])
