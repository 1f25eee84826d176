"""A centre with telephones for the tests of the switchboard: the memory engine, its world, and a clock moved by hand."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentStatus, Queue
from caasis.queues.services.agents import sign_in
from caasis.telephony.adapters.memory import MemoryEngine, World
from caasis.telephony.models import Call, CallStep, DeskRequest, Order, Participant
from caasis.telephony.ports import TelephonyPort
from caasis.telephony.rules.call_log import Step
from caasis.telephony.rules.call_record import CallRecord
from caasis.telephony.selectors import rebuilt_record, stored_record
from caasis.telephony.services import ask, save_number, set_station
from caasis.telephony.switchboard import Switchboard
from caasis.telephony.vocabulary import Part, RequestKind

MORNING = datetime(2026, 6, 3, 10, 0, tzinfo=JST)
LINE = "03-5555-0100"
PARTNER_LINE = "043-555-0100"
CALLER = "+819055550101"


class Hall:
    """Everything that a test of calls needs. `turn` lets the switchboard work until nothing more happens."""

    def __init__(self, town: Any, port: TelephonyPort | None = None) -> None:
        self.town = town
        self.engine = MemoryEngine(begins=MORNING)
        self.world = World(self.engine)
        self.port = port or self.engine
        self.world.trunk("trunk", up=True)
        self.board = Switchboard(self.port, self.now)
        #: Agents whose page is open: it says every minute that they are there.
        self.at_their_desks: set[str] = set()
        with system_transaction():
            self.queue = Queue.objects.create(centre_id=town.centre_a.id, name="電話相談", channels=["phone"])
            self.partner_queue = Queue.objects.create(
                centre_id=town.centre_b.id, name="応援", channels=["phone"], is_default=False
            )
        self.number = save_number(
            actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", queue_id=self.queue.id
        )
        self.turn()

    def now(self) -> datetime:
        return self.engine.clock.now

    # --- the switchboard and time -------------------------------------------------------------------------------------

    def turn(self) -> None:
        ids = [self.town.actors[name].id for name in self.at_their_desks]
        AgentStatus.objects.filter(user_id__in=ids).update(last_seen_at=self.now())
        for _ in range(30):
            if not self.board.turn():
                break
        else:
            raise AssertionError("the switchboard never comes to rest")
        assert self.board.failures == 0

    def wait(self, seconds: float) -> None:
        """Let time pass in steps of a second, with a turn after each."""
        whole, rest = divmod(seconds, 1)
        for _ in range(int(whole)):
            self.world.advance(1)
            self.turn()
        if rest:
            self.world.advance(rest)
        self.turn()

    def leap(self, seconds: float) -> None:
        """Let time pass at once, with one turn at its end."""
        self.world.advance(seconds)
        self.turn()

    # --- people -------------------------------------------------------------------------------------------------------

    def seat(self, name: str) -> Actor:
        """An agent with a registered desk phone named like them, signed in and available."""
        actor: Actor = self.town.actors[name]
        set_station(actor=actor, user=name)
        self.world.register(name)
        sign_in(actor=actor, at=self.now())
        self.at_their_desks.add(name)
        self.turn()
        return actor

    def seat_at_browser(self, name: str) -> Actor:
        """An agent whose browser has its leg connected."""
        actor: Actor = self.town.actors[name]
        set_station(actor=actor, user=name)
        sign_in(actor=actor, at=self.now())
        self.at_their_desks.add(name)
        self.ask(name, RequestKind.CONNECT_BROWSER, offer="v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n")
        self.world.browser_connects(self.station(name).leg)
        self.turn()
        return actor

    def board_closed(self) -> None:
        """Everybody is signed in and in a break: nobody is rung."""
        AgentStatus.objects.filter(state="available").update(state="break")

    def board_open(self, name: str) -> None:
        AgentStatus.objects.filter(user_id=self.town.actors[name].id).update(state="available")
        self.turn()

    def station(self, name: str) -> Any:
        from caasis.telephony.models import Station

        return Station.objects.get(agent_id=self.town.actors[name].id)

    def state(self, name: str) -> str:
        with system_transaction():
            status = AgentStatus.objects.get(user_id=self.town.actors[name].id)
        return f"{status.state}:{status.reason}" if status.reason else status.state

    # --- calls --------------------------------------------------------------------------------------------------------

    def incoming(self, caller: str = CALLER, called: str = LINE, **more: Any) -> Call:
        """Somebody calls; the call after the switchboard has answered."""
        leg = self.world.incoming_call(called=called, caller=caller, **more)
        self.turn()
        with system_transaction():
            return Participant.objects.get(leg=leg).call

    def read(self, call: Call) -> Call:
        with system_transaction():
            return Call.objects.get(id=call.id)

    def leg(self, call: Call, part: Part = Part.CUSTOMER, name: str = "") -> str:
        rows = Participant.objects.filter(call=call, part=part.value)
        if name:
            rows = rows.filter(agent_id=self.town.actors[name].id)
        with system_transaction():
            return rows.latest("called_at", "id").leg

    def connected(self, name: str = "counsellor", **more: Any) -> Call:
        """A call in which an agent talks."""
        call = self.incoming(**more)
        self.world.peer_answers(name)
        self.turn()
        return self.read(call)

    def ask(self, name: str, kind: RequestKind, call: Call | None = None, **more: Any) -> DeskRequest:
        """Somebody at the desk asks; the request after the turn."""
        request = ask(actor=self.town.actors[name], kind=kind, call_id=call.id if call else None, **more)
        self.turn()
        with system_transaction():
            return DeskRequest.objects.get(id=request.id)

    def steps(self, call: Call) -> list[str]:
        with system_transaction():
            return list(CallStep.objects.filter(call=call).order_by("counter").values_list("step", flat=True))

    def record(self, call: Call) -> CallRecord:
        """The stored record, after it was seen to be what the log gives."""
        with system_transaction():
            row = Call.objects.get(id=call.id)
            stored = stored_record(row)
            assert stored == rebuilt_record(row)
        return stored

    def record_of_living(self, call: Call) -> CallRecord:
        with system_transaction():
            return rebuilt_record(Call.objects.get(id=call.id))

    def outcome(self, call: Call) -> list[str]:
        return [seen.outcome.value for seen in self.record(call).centres]

    def topics(self) -> list[str]:
        with system_transaction():
            rows = OutboxEvent.objects.filter(topic__startswith="telephony.").order_by("id")
            return [row.topic.removeprefix("telephony.") for row in rows]

    def hears(self, leg: str) -> frozenset[str]:
        """What a leg hears; built-in sounds by their names without the hash of what they hold."""
        return frozenset(re.sub(r"^(prompt:[a-z_]+)-[0-9a-f]{16}$", r"\1", source) for source in self.world.hears(leg))

    def refused_orders(self) -> list[str]:
        with system_transaction():
            return [f"{row.kind}: {row.refusal}" for row in Order.objects.exclude(refusal="")]


def assert_true(hall: Hall) -> None:
    """What holds at every moment, whatever happened before."""
    with system_transaction():
        for call in Call.objects.all():
            steps = [Step(step) for step in hall.steps(call)]
            assert (call.ended_at is not None) == (Step.ENDED in steps)
            if call.ended_at is not None:
                record = hall.record(call)
                assert all(seen.outcome.value != "unfinished" for seen in record.centres)
                assert bool(record.centres) == record.inbound
                assert not call.participants.filter(gone_at=None).exists()
        for status in AgentStatus.objects.all():
            living = Participant.objects.filter(agent_id=status.user_id, gone_at=None, call__ended_at=None)
            busy = status.state in ("ringing", "talking")
            if busy:
                assert living.exists(), f"{status.state} without a living call"
            if not living.exists():
                assert not status.at_work and not busy
