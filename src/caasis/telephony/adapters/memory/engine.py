"""An engine in memory: all that the port promises, with symbolic sound and a clock that is moved by hand."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from caasis.telephony.adapters.journal import KEPT_SIGNALS, Answers, Journal
from caasis.telephony.adapters.memory.clock import Clock
from caasis.telephony.adapters.memory.orders import House, Refused, carry_out
from caasis.telephony.adapters.memory.switch import Switch
from caasis.telephony.commands import COMMANDS, Command
from caasis.telephony.ports import EngineUnreachable, Snapshot
from caasis.telephony.signals import Signal
from caasis.telephony.vocabulary import Capability
from caasis.telephony.wire import dump, load

PROMPT_S = 2.0
#: Numbers in Japan, and short ones such as 188.
MAY_CALL = ("+81", "1")


class MemoryEngine:
    """TelephonyPort without a network. `World` is its other side.

    begins: the moment at which its clock stands.
    prompts, may_call, lines: see `House`.
    keep: how many signals it remembers.
    threaded: whether another thread drives the world. If so, `signals` and taps wait for it; if not, nothing can come
        while somebody waits, and they answer at once.
    """

    def __init__(
        self,
        *,
        begins: datetime,
        capabilities: frozenset[Capability] = frozenset(Capability),
        prompts: Callable[[str], float | None] = lambda name: PROMPT_S,
        may_call: tuple[str, ...] = MAY_CALL,
        lines: int = 1_000,
        keep: int = KEPT_SIGNALS,
        threaded: bool = False,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = Clock(begins)
        self.reachable = True
        self.running = True
        self._house = House(capabilities=capabilities, prompts=prompts, may_call=may_call, lines=lines)
        self._keep = keep
        self._threaded = threaded
        self._hanging = False
        self._waiting: deque[Command] = deque()
        self._files: dict[str, bytes] = {}
        self._begin_life()

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this engine can do."""
        return self._house.capabilities

    @property
    def full(self) -> bool:
        """Whether every line is taken."""
        return len(self.switch.legs) >= self._house.lines

    def send(self, command: Command) -> None:
        """Carry the command out, or refuse it. Raises EngineUnreachable."""
        # What cannot pass over the wire must not pass here either.
        told = load(dump(command), COMMANDS)
        with self.lock:
            self._reach()
            self._waiting.append(told)
            self._work()

    def signals(self, *, boot: str, after: int, timeout_s: float) -> Sequence[Signal]:
        """As the port says; see `threaded` for waiting."""
        with self.lock:
            self._reach()
            journal = self.switch.journal
        return journal.read(boot=boot, after=after, timeout_s=timeout_s if self._threaded else 0.0)

    def snapshot(self) -> Snapshot:
        """What lives now. Raises EngineUnreachable."""
        with self.lock:
            self._reach()
            return self.switch.snapshot()

    def tap(self, leg: str, *, side: Literal["said", "heard"]) -> Iterator[bytes]:
        """Live sound, every source a steady tone. Raises EngineUnreachable, KeyError."""
        with self.lock:
            self._reach()
            return self.switch.tap(self.switch.legs[leg], side, threaded=self._threaded)

    def close(self) -> None:
        """Nothing to let go of."""

    # What happens to the engine as a whole; `World` brings it about.

    def lose(self) -> None:
        """The engine dies, and every call with it."""
        self.running = False
        self._hanging = False
        self._waiting.clear()
        self.clock.forget()
        self.switch.end_taps()
        self.switch.journal.close()

    def restart(self) -> None:
        """A new life begins."""
        self.lose()
        self.running = True
        self._begin_life()

    def hang(self, hanging: bool) -> None:
        """It takes commands but does nothing, or goes on with those that it took."""
        self._hanging = hanging
        self._work()

    def _begin_life(self) -> None:
        journal = Journal(at=self.clock.now, capabilities=tuple(self.capabilities), keep=self._keep)
        self.switch = Switch(clock=self.clock, journal=journal, files=self._files)
        self._answers = Answers()

    def _reach(self) -> None:
        if not (self.running and self.reachable):
            raise EngineUnreachable("the engine does not answer")

    def _work(self) -> None:
        while self._waiting and not self._hanging:
            self._answer(self._waiting.popleft())

    def _answer(self, command: Command) -> None:
        journal, now = self.switch.journal, self.clock.now
        if command.command_id in self._answers:
            self._answers.repeat(journal, command.command_id, at=now)
            return
        refused = None
        try:
            carry_out(command, self.switch, self._house)
        except Refused as error:
            refused = (error.refusal, error.detail)
        self._answers.give(journal, command.command_id, at=now, refused=refused)
