"""A call in the hands of the switchboard: what happened is written down, what follows is ordered, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cached_property, partial
from uuid import UUID

from django.db.models import F

from caasis.kernel.actor import SYSTEM
from caasis.kernel.events import Event
from caasis.kernel.ids import uuid7
from caasis.platform.inserting import new_row
from caasis.platform.outbox.publish import publish_all
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import read_sealed, seal
from caasis.telephony.commands import Command, Join, Play, Prompt, SetAudibility, StopPlay
from caasis.telephony.models import Call, CallStep, Order, Participant, Timer
from caasis.telephony.prompts import HOLD_MUSIC, open_store
from caasis.telephony.rules.audibility import Audible, Present, audibility
from caasis.telephony.rules.call_log import Happened, Step
from caasis.telephony.vocabulary import CallPhase, MonitorMode, Part, Role
from caasis.telephony.wire import dump


class LiveCall:
    """One call, locked by the transaction that works on it. `save` writes everything; nothing is sent before."""

    def __init__(self, row: Call, *, now: datetime, boot: str) -> None:
        self.row = row
        self.now = now
        self.boot = boot
        self._orders: list[Order] = []
        self._steps: list[CallStep] = []
        self._events: list[Event] = []

    # --- who is in it -------------------------------------------------------------------------------------------------

    @cached_property
    def everybody(self) -> list[Participant]:
        """All who ever were in it, in the order in which they came."""
        return list(self.row.participants.all())

    @property
    def present(self) -> list[Participant]:
        """Those whose leg is called or connected."""
        return [one for one in self.everybody if one.gone_at is None]

    @property
    def customer(self) -> Participant | None:
        return next((one for one in self.present if one.part == Part.CUSTOMER), None)

    @property
    def talkers(self) -> list[Participant]:
        """Agents and people outside who are connected with the customer."""
        return [one for one in self.present if one.connected_at and one.part in (Part.AGENT, Part.OUTSIDE)]

    def by_leg(self, leg: str) -> Participant | None:
        return next((one for one in self.present if one.leg == leg), None)

    def by_agent(self, agent_id: UUID | None, *parts: Part) -> Participant | None:
        return next(
            (one for one in self.present if one.agent_id == agent_id and (not parts or one.part in parts)), None
        )

    def add(
        self, *, leg: str, part: Part, role: Role, agent_id: UUID | None = None, standing: bool = False
    ) -> Participant:
        one = new_row(
            Participant, call=self.row, leg=leg, part=part.value, role=role.value, agent_id=agent_id,
            standing=standing, called_at=self.now,
        )  # fmt: skip
        one.save(force_insert=True)
        self.everybody.append(one)
        return one

    # --- what is written ----------------------------------------------------------------------------------------------

    @property
    def room(self) -> str:
        """The room's name in the engine."""
        return self.row.id.hex

    def step(self, step: Step, *, agent: UUID | None = None, queue: UUID | None = None, detail: str = "") -> None:
        """Write a line of the log. Clocks of two processes may differ: a line is never before the one above it."""
        row = self.row
        at = max(self.now, row.last_step_at or self.now)
        row.steps_written, row.last_step_at = row.steps_written + 1, at
        self._steps.append(
            new_row(
                CallStep, call=row, counter=row.steps_written, step=step.value, at=at, centre=_text(row.centre_id),
                queue=_text(queue), agent=_text(agent), detail=detail,
            )
        )  # fmt: skip

    def order(self, make: Callable[..., Command]) -> Command:
        """Tell the engine, after the commit. `make` takes `command_id`, by which the command is known."""
        row = self.row
        row.orders_written += 1
        command = make(command_id=f"{row.id.hex}-{row.orders_written}")
        order = new_row(
            Order, command_id=command.command_id, call=row, record_key_id=row.record_key_id, centre_id=row.centre_id,
            boot=self.boot, kind=type(command).__name__, leg=getattr(command, "leg", ""),
        )  # fmt: skip
        order.command = seal(order, "command", dump(command).decode(), key=self._key)
        self._orders.append(order)
        return command

    @cached_property
    def _key(self) -> bytes:
        return record_key_bytes(self.row.record_key_id)

    def new_name(self, kind: str) -> str:
        """A name for a leg, a play or a recording that the engine has not heard yet."""
        return f"{kind}-{uuid7().hex}"

    def tell(self, event: Event) -> None:
        """An event for the desk, with the transaction."""
        self._events.append(event)

    def seal_flow(self, text: str) -> None:
        self.row.flow_state = seal(self.row, "flow_state", text, key=self._key)

    def flow_text(self) -> str:
        return read_sealed(self.row, "flow_state", key=self._key)["flow_state"]

    def caller(self) -> str:
        """The caller's number, clear: for a command, a screen's look-up or a call back; never for a log."""
        return read_sealed(self.row, "caller", key=self._key)["caller"]

    def timer(self, kind: str, seconds: float, name: str = "") -> None:
        """Have something done later; one timer of a kind and name, the newest counts."""
        Timer.objects.update_or_create(
            call=self.row, kind=kind, name=name, defaults={"due_at": self.now + timedelta(seconds=seconds)}
        )

    def cancel(self, *kinds: str, name: str | None = None) -> None:
        rows = Timer.objects.filter(call=self.row, kind__in=kinds)
        (rows if name is None else rows.filter(name=name)).delete()

    def save(self) -> None:
        """Write the call, its steps, its orders and its events."""
        self.row.save()
        CallStep.objects.bulk_create(self._steps)
        Order.objects.bulk_create(self._orders)
        if self._events:
            publish_all(self._events, actor=SYSTEM)
        self._steps, self._orders, self._events = [], [], []

    # --- sound --------------------------------------------------------------------------------------------------------

    def join(self, one: Participant) -> None:
        """Bring somebody into the room; from now on the rules of audibility hold for them."""
        one.joined = True
        self.hear()

    def hear(self) -> None:
        """Tell the engine who hears whom, where it is no longer as it was."""
        joined = [one for one in self.present if one.joined]
        seen = audibility([_present(one) for one in joined], on_hold=self.row.on_hold)
        for one in joined:
            told, before = _told(seen[one.leg]), one.audible
            if told == before:
                continue
            now = seen[one.leg]
            if before:
                self.order(partial(SetAudibility, room=self.room, leg=one.leg, hears=now.hears, heard_by=now.heard_by))
            else:
                self.order(
                    partial(Join, room=self.room, leg=one.leg, role=Role(one.role), hears=now.hears,
                        heard_by=now.heard_by,
                    )
                )  # fmt: skip
            one.audible = told
            one.save(update_fields=["audible", "joined", "updated_at"])

    def play_music(self) -> None:
        """Music for the customer, in the place of the room."""
        customer, row = self.customer, self.row
        if customer is None or row.music_play or row.play or customer.answered_at is None:
            return
        row.music_play = self.new_name("music")
        music = (Prompt(name=open_store().named(row.number.music if row.number else HOLD_MUSIC).name),)
        self.order(partial(Play, leg=customer.leg, play=row.music_play, prompts=music, loop=True))

    def stop_sound(self) -> None:
        """End what is played to the customer, music or announcement."""
        row = self.row
        if self.customer is not None:
            for play in filter(None, (row.music_play, row.play)):
                self.order(partial(StopPlay, play=play))
        row.music_play = row.play = ""


def load_live(call_id: UUID, *, now: datetime, boot: str) -> LiveCall:
    """The call, locked until the transaction ends."""
    row = Call.objects.select_for_update(of=("self",)).select_related("number", "flow_version").get(id=call_id)
    return LiveCall(row, now=now, boot=boot)


def log_of(row: Call) -> list[Happened]:
    """The call's log as the rules read it."""
    return [
        Happened(
            step=Step(line.step), at=line.at, centre=line.centre, queue=line.queue, agent=line.agent, detail=line.detail
        )
        for line in row.steps.order_by("counter")
    ]


def living() -> Iterable[UUID]:
    """Ids of calls that have not ended, the oldest first."""
    return Call.objects.exclude(phase=CallPhase.ENDED.value).order_by(F("began_at"), "id").values_list("id", flat=True)


def _present(one: Participant) -> Present:
    return Present(
        leg=one.leg,
        part=Part(one.part),
        role=Role(one.role),
        muted=one.muted,
        mode=MonitorMode(one.mode) if one.mode else None,
    )


def _told(audible: Audible) -> str:
    return f"{','.join(sorted(audible.hears))}|{','.join(sorted(audible.heard_by))}"


def _text(value: UUID | None) -> str:
    return "" if value is None else str(value)
