"""The loop: signals after the cursor, timers that are due, requests of the desk, then the orders that follow.

Everything lies in the database; this object holds nothing that a restart would lose. One transaction for each signal,
timer and request, each locking the cursor, so that two switchboards could only take turns. Orders are saved with what
they follow from and sent after the commit; what a crash kept from being sent is sent by the next turn, and what was sent
twice the engine does once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from caasis.kernel.actor import SYSTEM
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import read_sealed
from caasis.queues.services.switchboard import (
    GONE_AFTER_SECONDS,
    finish_overdue_wrap_ups,
    recover_agents,
    sign_out_stale,
)
from caasis.telephony.commands import COMMANDS, Hangup
from caasis.telephony.models import Call, Cursor, DeskRequest, Order, Participant, Station, Timer
from caasis.telephony.ports import EngineUnreachable, SignalsForgotten, Snapshot, TelephonyPort
from caasis.telephony.signals import Signal
from caasis.telephony.switchboard import agents, due, ending, legs, losing, queueing, requests, waiting
from caasis.telephony.switchboard.live import living, load_live
from caasis.telephony.switchboard.signals import apply
from caasis.telephony.switchboard.todo import Todo, ask_todo
from caasis.telephony.vocabulary import EndCause, LegPhase
from caasis.telephony.wire import load

log = logging.getLogger(__name__)

NAME = "switchboard"
#: An engine that is silent for so long is taken for dead: its calls end in the records.
LOST_AFTER = timedelta(seconds=30)
#: Orders of calls that are over are kept for so long, for whoever looks for a fault.
KEEP_ORDERS = timedelta(days=1)
#: How often agents are looked for whose browser says nothing any more.
LOOK_FOR_GONE = timedelta(seconds=15)


class Switchboard:
    """`turn` again and again. Not safe for threads; `clock` gives aware moments."""

    def __init__(self, port: TelephonyPort, clock: Callable[[], datetime] = timezone.now) -> None:
        self._port = port
        self._clock = clock
        self._unreachable_since: datetime | None = None
        self._compared = False
        # Pages may have had nobody to tell that they are there while this was not running: they get their time.
        self._look_for_gone_at = clock() + timedelta(seconds=GONE_AFTER_SECONDS)
        #: Pieces of work that could not be done since the start; each stands in the log.
        self.failures = 0

    def turn(self, timeout_s: float = 0.0) -> int:
        """Do all that there is to do, waiting up to `timeout_s` for a signal. Returns how many things were done."""
        done = 0
        try:
            if self._todo().orders:
                self._send_orders()
            for signal in self._read(timeout_s):
                done += self._apply(signal)
            if not self._compared:
                self._send_orders()
                self._compare()
            self._unreachable_since = None
        except EngineUnreachable:
            done += self._cannot_reach()
        todo = self._todo()
        done += self._timers() if todo.timers else 0
        done += self._requests() if todo.requests else 0
        done += self._wrap_ups() if todo.wrap_ups else 0
        done += self._sign_out_gone()
        if todo.waiting or done:
            done += self._offer()
        try:
            if todo.orders or done:
                self._send_orders()
        except EngineUnreachable:
            done += self._cannot_reach()
        return done

    def _todo(self) -> Todo:
        return ask_todo(self._clock())

    # --- signals ------------------------------------------------------------------------------------------------------

    def _read(self, timeout_s: float) -> Iterator[Signal]:
        boot, seq = self._cursor()
        try:
            yield from self._port.signals(boot=boot, after=seq, timeout_s=timeout_s)
        except SignalsForgotten:
            snapshot = self._port.snapshot()
            if snapshot.boot != boot:
                log.warning("the engine lives a new life: its former calls are over")
                self._new_life(snapshot)
            else:
                log.warning("signals were lost: calls are compared with what lives")
                self._catch_up(snapshot)
            self._compared = False
            yield from self._signals_again()

    def _signals_again(self) -> Iterator[Signal]:
        boot, seq = self._cursor()
        try:
            yield from self._port.signals(boot=boot, after=seq, timeout_s=0.0)
        except SignalsForgotten:
            self._catch_up(self._port.snapshot())

    def _apply(self, signal: Signal) -> int:
        with self._work() as cursor:
            if cursor.boot == "":
                cursor.boot = signal.boot
            if signal.boot != cursor.boot or signal.seq <= cursor.seq:
                return 0
            cursor.seq = signal.seq
            cursor.save()
            with self._safely(type(signal).__name__):
                apply(signal, boot=signal.boot)
        return 1

    @contextmanager
    def _safely(self, what: str) -> Iterator[None]:
        """What fails is taken back and logged, and the rest goes on: one signal that nobody expected must not hold up
        every call. What it should have done is found when calls are compared with what lives."""
        try:
            with transaction.atomic():
                yield
        except (OperationalError, InterfaceError):
            # The database is away or two wanted the same row: the whole piece of work is tried again.
            raise
        except Exception:
            log.exception("a piece of the switchboard's work failed", extra={"check": what})
            self.failures += 1
            self._compared = False

    def _new_life(self, snapshot: Snapshot) -> None:
        """Every call of the former life is over; the new one is read from its beginning."""
        losing.end_all(self._work, boot=snapshot.boot, now=self._clock())
        with self._work() as cursor:
            cursor.boot, cursor.seq = snapshot.boot, 0
            cursor.save()
        self._presence(snapshot)

    def _catch_up(self, snapshot: Snapshot) -> None:
        with self._work() as cursor:
            if cursor.boot not in ("", snapshot.boot):
                return
            cursor.boot, cursor.seq = snapshot.boot, snapshot.seq
            cursor.save()
        self._presence(snapshot)
        self._compared = False

    def _presence(self, snapshot: Snapshot) -> None:
        with self._work():
            Station.objects.filter(user__in=snapshot.users).update(online=True)
            Station.objects.exclude(user__in=snapshot.users).update(online=False)

    def _compare(self) -> None:
        """Once after a start: nobody is left in a call of which the engine knows nothing, and no leg without a call."""
        snapshot = self._port.snapshot()
        boot, seq = self._cursor()
        with system_transaction():
            unsent = Order.objects.filter(sent_at=None, boot=boot).exists()
        if snapshot.boot != boot or snapshot.seq != seq or unsent:
            return
        phases = {leg.leg: leg.phase for leg in snapshot.legs}
        with self._work():
            Station.objects.exclude(leg="").exclude(leg__in=phases).update(leg="", leg_ready=False)
            known = set(Station.objects.exclude(leg="").values_list("leg", flat=True))
            open_ones = Participant.objects.filter(gone_at=None, call__ended_at=None, call__boot=boot)
            rows = list(open_ones.values_list("leg", "call_id", "answered_at", "standing"))
        for leg, call_id, answered_at, standing in rows:
            known.add(leg)
            if leg not in phases or (phases[leg] is LegPhase.ANSWERED and answered_at is None and not standing):
                self._correct(call_id, leg, phases.get(leg))
        for leg in set(phases) - known:
            self._let_go(leg)
        with self._work():
            # An agent whose call lives no more is free again.
            recover_agents(actor=SYSTEM, living=list(living()), now=self._clock(), wrap_up_seconds=0)
        self._compared = True

    def _correct(self, call_id: UUID, leg: str, phase: LegPhase | None) -> None:
        with self._work() as cursor:
            live = load_live(call_id, now=self._clock(), boot=cursor.boot)
            one = live.by_leg(leg)
            if one is None or live.row.ended_at is not None:
                return
            if phase is None:
                legs.gone(live, one, EndCause.FAILED)
            else:
                legs.answered(live, one)
            live.save()

    def _let_go(self, leg: str) -> None:
        """A leg that belongs to no call of ours."""
        log.warning("the engine holds a leg that no call knows")
        self._port.send(Hangup(command_id=f"orphan-{leg}"[:64], leg=leg))

    # --- what else is due ---------------------------------------------------------------------------------------------

    def _timers(self) -> int:
        done = 0
        due_now = Timer.objects.filter(due_at__lte=self._clock()).order_by("due_at")
        with waiting.one_look():
            for timer_id in list(due_now.values_list("id", flat=True)):
                with self._work() as cursor:
                    timer = Timer.objects.filter(id=timer_id).first()
                    if timer is not None:
                        timer.delete()
                        with self._safely(f"timer {timer.kind}"):
                            due.happen(timer, now=self._clock(), boot=cursor.boot)
                        done += 1
        return done

    def _requests(self) -> int:
        with system_transaction():
            waiting = DeskRequest.objects.filter(state=DeskRequest.State.WAITING, leg="").order_by("created_at", "id")
            ids = list(waiting.values_list("id", flat=True))
        for request_id in ids:
            with self._work() as cursor:
                failed = self.failures
                with self._safely("request"):
                    requests.carry_out(request_id, now=self._clock(), boot=cursor.boot)
                if self.failures > failed:
                    requests.give_up(request_id, now=self._clock())
        return len(ids)

    def _wrap_ups(self) -> int:
        """Wrap-ups end by their limit, or because the agent has gone on by themselves: then the log says so."""
        now, done = self._clock(), 0
        with self._work():
            finish_overdue_wrap_ups(actor=SYSTEM, now=now)
            over = [(one, since) for one in ending.to_wrap_up() if (since := agents.wrapped_up_since(one, now))]
        for one, since in over:
            with self._work() as cursor, self._safely("wrap-up"):
                live = load_live(one.call_id, now=since, boot=cursor.boot)
                ending.wrapped_up(live, next(mine for mine in live.everybody if mine.id == one.id))
                live.save()
                done += 1
        return done

    def _sign_out_gone(self) -> int:
        """Agents who are seen no more are signed out, unless a call or their desk phone holds them."""
        now = self._clock()
        if now < self._look_for_gone_at:
            return 0
        self._look_for_gone_at = now + LOOK_FOR_GONE
        gone: list[UUID] = []
        with self._work(), self._safely("sign out"):
            gone = sign_out_stale(actor=SYSTEM, now=now, at_phones=agents.at_desk_phones())
        if gone:
            log.info("agents who were seen no more are signed out", extra={"count": len(gone)})
        return len(gone)

    def _offer(self) -> int:
        rung = 0
        with self._work() as cursor, self._safely("offer"):
            rung = queueing.offer_all(now=self._clock(), boot=cursor.boot)
        return rung

    # --- orders -------------------------------------------------------------------------------------------------------

    def _send_orders(self) -> None:
        """Send what is committed and unsent, in its order. Raises EngineUnreachable; what is left is sent later."""
        boot, _ = self._cursor()
        with system_transaction():
            Order.objects.filter(sent_at=None).exclude(boot=boot).delete()
            # Opened in the system's scope too: outside of it no key is seen, and every order would pass for forgotten.
            orders = [
                (order, _command_of(order))
                for order in Order.objects.filter(sent_at=None, boot=boot).order_by("created_at", "id")
            ]
        sent: list[UUID] = []
        try:
            for order, text in orders:
                if text is not None:
                    self._port.send(load(text, COMMANDS))
                sent.append(order.id)
        finally:
            if sent:
                with system_transaction():
                    Order.objects.filter(id__in=sent).update(sent_at=self._clock())

    def forget_orders(self) -> int:
        """Delete orders that were sent long ago."""
        with system_transaction():
            count, _ = Order.objects.filter(sent_at__lt=self._clock() - KEEP_ORDERS).delete()
        return count

    # --- an engine that does not answer -------------------------------------------------------------------------------

    def _cannot_reach(self) -> int:
        now = self._clock()
        if self._unreachable_since is None:
            log.warning("the telephone engine does not answer")
            self._unreachable_since = now
        # A new life, or a comparison with what lives on, follows as soon as it answers.
        self._compared = False
        if now - self._unreachable_since < LOST_AFTER:
            return 0
        boot, _ = self._cursor()
        with system_transaction():
            if not Call.objects.filter(ended_at=None).exists():
                return 0
        log.error("the telephone engine is lost: its calls are ended in the records")
        return losing.end_all(self._work, boot=boot, now=now)

    # --- one piece of work --------------------------------------------------------------------------------------------

    def _cursor(self) -> tuple[str, int]:
        with system_transaction():
            cursor, _ = Cursor.objects.get_or_create(name=NAME)
            return cursor.boot, cursor.seq

    @contextmanager
    def _work(self) -> Iterator[Cursor]:
        with system_transaction():
            yield Cursor.objects.select_for_update().get(name=NAME)


def _command_of(order: Order) -> str | None:
    """The command on the wire; None when its call was erased meanwhile."""
    try:
        return read_sealed(order, "command")["command"]
    except Forgotten:
        return None
