"""A reader and teller of one engine: commands are told and awaited, signals read in order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TypeVar

from caasis.telephony.commands import Answer, Command, Endpoint, Originate
from caasis.telephony.ports import EngineUnreachable, SignalsForgotten, Snapshot
from caasis.telephony.signals import CommandDone, CommandRefused, IncomingCall, LegChanged, Signal
from caasis.telephony.vocabulary import LegPhase, Refusal
from tests.rooms.telephony.contract.world import UnderTest

SignalKind = TypeVar("SignalKind", bound=Signal)
WITHIN_S = 5.0
_STEP_S = 0.05


class Talk:
    """`told` is all that the engine has told in its present life, as far as it was read."""

    def __init__(self, under_test: UnderTest) -> None:
        self.port, self.world = under_test
        self.boot = ""
        self.told: list[Signal] = []
        self._ids = count(1)

    def new(self, what: str) -> str:
        """A fresh id."""
        return f"{what}-{next(self._ids)}"

    # Reading

    def read(self, *, timeout_s: float = 0.0) -> None:
        """Read what is new, waiting for the first if need be."""
        after = self.told[-1].seq if self.told else 0
        self.told += self.port.signals(boot=self.boot, after=after, timeout_s=timeout_s)
        if self.told:
            self.boot = self.told[0].boot

    def forget(self) -> None:
        """Begin to read anew: the engine lives another life."""
        self.boot, self.told = "", []

    def all(self, kind: type[SignalKind], **facts: object) -> list[SignalKind]:
        """What was told of this kind with these facts."""
        self.read()
        return [
            one
            for one in self.told
            if isinstance(one, kind) and all(getattr(one, name) == value for name, value in facts.items())
        ]

    def until(self, kind: type[SignalKind], *, within_s: float = WITHIN_S, **facts: object) -> SignalKind:
        """The first signal of this kind with these facts, waiting for it."""
        self.eventually(lambda: bool(self.all(kind, **facts)), within_s=within_s, what=f"{kind.__name__} {facts}")
        return self.all(kind, **facts)[0]

    def eventually(self, check: Callable[[], bool], *, within_s: float = WITHIN_S, what: str = "") -> None:
        """Wait until this is so."""
        waited = 0.0
        while not check():
            assert waited < within_s, f"did not happen in {within_s} s: {what}\n{self.told[-12:]}"
            if not self._hears_news():
                self.world.pass_time(_STEP_S)
                waited += _STEP_S

    def _hears_news(self) -> bool:
        """Whether something new was told, having waited a moment for it; no waiting where no time passes by itself."""
        before = len(self.told)
        try:
            self.read(timeout_s=_STEP_S)
        except (EngineUnreachable, SignalsForgotten):
            return False
        return len(self.told) > before

    def hears(self, leg: str, *sources: str) -> None:
        """A leg comes to hear just these."""
        heard: set[str] = set()

        def check() -> bool:
            heard.clear()
            heard.update(self.world.hears(leg))
            return heard == set(sources)

        self.eventually(check, what=f"{leg} hears {sources}")

    # Telling

    def tell(self, command: Command) -> CommandDone | CommandRefused:
        """Tell a command and await its answer."""
        self.read()
        before = len(self.told)
        self.port.send(command)

        def answers() -> list[CommandDone | CommandRefused]:
            self.read()
            return [
                one
                for one in self.told[before:]
                if isinstance(one, CommandDone | CommandRefused) and one.command_id == command.command_id
            ]

        self.eventually(lambda: bool(answers()), what=f"an answer to {command}")
        return answers()[0]

    def done(self, kind: type[Command], **facts: object) -> str:
        """Tell a command that must be carried out. Returns its id."""
        command_id = self.new("command")
        answer = self.tell(kind(command_id=command_id, **facts))  # type: ignore[arg-type]
        assert isinstance(answer, CommandDone), answer
        return command_id

    def refused(self, command: Command) -> Refusal:
        """Tell a command that must be refused. Returns why it was."""
        answer = self.tell(command)
        assert isinstance(answer, CommandRefused), answer
        return answer.refusal

    def state(self) -> Snapshot:
        """What lives, without the number of the newest signal."""
        now = self.port.snapshot()
        return Snapshot(boot=now.boot, seq=0, legs=now.legs, users=now.users, trunks=now.trunks)

    # Scenes

    def caller(self) -> str:
        """A leg of somebody who called and was answered."""
        leg = self.world.incoming_call()
        self.until(IncomingCall, leg=leg)
        self.done(Answer, leg=leg)
        self.until(LegChanged, leg=leg, phase=LegPhase.ANSWERED)
        return leg

    def dial(self, user: str, *, timeout_s: int = 25) -> str:
        """A leg to a desk phone that rings."""
        self.world.register(user)
        leg = self.new("leg")
        self.done(Originate, leg=leg, call=self.new("call"), to=sip_user(user), timeout_s=timeout_s)
        return leg

    def agent(self, user: str = "1001") -> str:
        """A leg to a desk phone that was picked up."""
        leg = self.dial(user)
        self.world.peer_answers(user)
        self.until(LegChanged, leg=leg, phase=LegPhase.ANSWERED)
        return leg


def sip_user(name: str) -> Endpoint:
    return Endpoint(kind="sip_user", address=name)


def number(digits: str) -> Endpoint:
    return Endpoint(kind="number", address=digits)
