"""An Asterisk as the telephone engine, by its REST interface and its stream of events."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from caasis.kernel.clock import utc_now
from caasis.telephony.adapters.asterisk.ari import Ari, AriError, AriLost
from caasis.telephony.adapters.asterisk.calls import Calls
from caasis.telephony.adapters.asterisk.ears import Ears, Tap
from caasis.telephony.adapters.asterisk.life import Life
from caasis.telephony.adapters.asterisk.recordings import Keys, Ready, Recordings
from caasis.telephony.adapters.asterisk.setup import AsteriskSetup
from caasis.telephony.adapters.journal import KEPT_SIGNALS, Answers, Journal
from caasis.telephony.commands import COMMANDS, Command
from caasis.telephony.ports import EngineUnreachable, Snapshot
from caasis.telephony.signals import RecordingReady, Signal
from caasis.telephony.vocabulary import Capability, Refusal
from caasis.telephony.wire import dump, load

#: How long to wait before an Asterisk that could not be reached is tried again.
AGAIN_S = 1.0
_HEARTBEAT_S = 0.25
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Unwritten:
    """Signals of the present piece of work: readers see them together with the state that they have led to."""

    told: list[tuple[type[Signal], datetime, Mapping[str, Any]]] = field(default_factory=list)

    def write(self, kind: type[Signal], *, at: datetime, **facts: Any) -> None:
        """To be written when the work is done."""
        self.told.append((kind, at, facts))


@dataclass(frozen=True, slots=True)
class Present:
    """What readers see of the present life: changed by the working thread only, and always whole."""

    journal: Journal
    snapshot: Snapshot
    stream: ClientConnection


class AsteriskEngine:
    """TelephonyPort on an Asterisk.

    One thread carries out commands and takes events in their order; `send` only hands a command over. Whoever asks for
    anything while Asterisk is lost gets EngineUnreachable. When it is back, or the connection is, a new life begins: calls
    that Asterisk may have gone on with are ended, since what happened to them meanwhile is not known.

    keys: a recording's key by its name; without it, nothing is recorded.
    keep: how many signals it remembers. now: the moment by which signals are dated.
    """

    def __init__(
        self,
        setup: AsteriskSetup,
        *,
        keys: Keys | None = None,
        keep: int = KEPT_SIGNALS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._setup = setup
        self._keys = keys
        self._keep = keep
        self._now = now
        self._present: Present | None = None
        self._life: Life | None = None
        self._answers = Answers()
        self._unwritten = Unwritten()
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._aside: queue.SimpleQueue[Callable[[Ari], None] | None] = queue.SimpleQueue()
        self._ari = Ari(setup)
        self._ears = Ears(setup.ear_host, setup.ear_port)
        self._stream: ClientConnection | None = None
        self._connected: ClientConnection | None = None
        self._over: ClientConnection | None = None
        self._measuring = False
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=f"asterisk-{name}", daemon=True)
            for name, target in (("work", self._working), ("events", self._listening), ("aside", self._working_aside))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this engine can do. Recordings are sealed when they are whole, not while they are written."""
        can = {Capability.SIP, Capability.WHISPER, Capability.TAP}
        if self._keys:
            can.add(Capability.STEREO_RECORDING)
        if self._setup.carrier_uri:
            can.add(Capability.TRANSFER_AT_CARRIER)
        return frozenset(can)

    def send(self, command: Command) -> None:
        """Hand a command over. Raises EngineUnreachable."""
        told = load(dump(command), COMMANDS)
        life = self._there().journal.boot
        self._work.put(lambda: self._carry_out(told, life))

    def signals(self, *, boot: str, after: int, timeout_s: float) -> Sequence[Signal]:
        """As the port says."""
        return self._there().journal.read(boot=boot, after=after, timeout_s=timeout_s)

    def snapshot(self) -> Snapshot:
        """What lives now. Raises EngineUnreachable."""
        with self._there().journal.together():
            return self._there().snapshot

    def tap(self, leg: str, *, side: Literal["said", "heard"]) -> Iterator[bytes]:
        """Live sound of one side of a leg. Raises EngineUnreachable, KeyError."""
        if leg not in {one.leg for one in self.snapshot().legs}:
            raise KeyError(leg)
        tap, name = Tap(), uuid4()
        self._work.put(lambda: self._tap(name, leg, side, tap))
        return tap

    def close(self) -> None:
        """Let go of the connection; calls go on until somebody connects under the same application's name."""
        self._closed.set()
        self._aside.put(None)
        if self._connected:
            self._connected.close()
        for thread in self._threads:
            thread.join()
        self._ears.close()
        self._ari.close()
        self._present = None

    def _there(self) -> Present:
        present = self._present
        if present is None or present.stream is self._over:
            raise EngineUnreachable("Asterisk does not answer")
        return present

    # The working thread: all that changes anything happens here.

    def _working(self) -> None:
        while not self._closed.is_set():
            try:
                self._do_one()
            except Exception:
                # One event that is not understood must not end every call.
                _log.exception("asterisk: an event or a command failed")
            self._publish()

    def _do_one(self) -> None:
        if self._stream and self._stream is self._over:
            self._lose("no stream of events")
        wait = self._life.calls.next_due_in(_HEARTBEAT_S) if self._life else _HEARTBEAT_S
        try:
            todo = self._work.get(timeout=wait)
        except queue.Empty:
            todo = None
        if todo:
            todo()
        if self._life:
            self._life.calls.do_what_is_due()

    def _begin_life(self, stream: ClientConnection) -> None:
        """Asterisk is there: take it over."""
        self._lose("a new connection")
        journal = Journal(at=self._now(), capabilities=tuple(self.capabilities), keep=self._keep)

        def tell(kind: type[Signal], **facts: Any) -> None:
            self._unwritten.write(kind, at=self._now(), **facts)

        calls = Calls(ari=self._ari, setup=self._setup, tell=tell, clock=time.monotonic)
        recordings = Recordings(calls, self._keys, lambda work: self._finish(journal, work))
        life = Life(calls, ears=self._ears, recordings=recordings, measure=self._measure)
        try:
            life.begin()
        except (AriError, AriLost) as error:
            _log.warning("asterisk: could not be taken over: %s", error)
            stream.close()
            return
        self._life, self._stream, self._answers = life, stream, Answers()
        self._journal = journal

    def _lose(self, why: str) -> None:
        """Asterisk is lost, or was never there."""
        stream, self._stream = self._stream, None
        life, self._life = self._life, None
        present, self._present = self._present, None
        if life:
            _log.warning("asterisk: lost: %s", why)
            life.end()
        if present:
            present.journal.close()
        if stream:
            stream.close()

    def _publish(self) -> None:
        """Let readers see what has become of the last piece of work."""
        told, self._unwritten.told = self._unwritten.told, []
        life, stream = self._life, self._stream
        if life is None or stream is None or (self._present and not told):
            return
        calls, journal = life.calls, self._journal
        with journal.together():
            for kind, at, facts in told:
                journal.write(kind, at=at, **facts)
            snapshot = Snapshot(
                boot=journal.boot, seq=journal.seq, legs=tuple(one.now for one in calls.legs.values()),
                users=tuple(sorted(calls.users)), trunks=tuple(sorted(calls.trunks)),
            )  # fmt: skip
            self._present = Present(journal, snapshot, stream)

    def _carry_out(self, command: Command, boot: str) -> None:
        # What was told to an earlier life is lost with it.
        if (life := self._life) is None or self._journal.boot != boot:
            return
        if command.command_id in self._answers:
            self._answers.repeat(self._unwritten, command.command_id, at=self._now())
            return
        try:
            refused = life.order(command)
        except Exception:
            # Every command is answered, even one on which the adapter itself breaks.
            _log.exception("asterisk: a command failed")
            refused = (Refusal.NOT_CAPABLE, "an error of the adapter; whether it was done is not known")
        self._answers.give(self._unwritten, command.command_id, at=self._now(), refused=refused)

    def _tap(self, name: UUID, leg: str, side: Literal["said", "heard"], tap: Tap) -> None:
        if self._life:
            self._life.tap(name, leg, side, tap)
        else:
            tap.end()

    # The stream of events

    def _listening(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except (OSError, TimeoutError, WebSocketException) as error:
                _log.info("asterisk: no stream of events: %s", error)
            except Exception:
                _log.exception("asterisk: the stream of events is not understood")
            # Seen at once by whoever asks, and by the working thread before it does anything more.
            self._over = self._connected
            present = self._present
            if present and present.stream is self._over:
                present.journal.close()
            self._closed.wait(AGAIN_S)

    def _listen(self) -> None:
        credentials = b64encode(f"{self._setup.user}:{self._setup.password}".encode()).decode()
        with connect(
            self._setup.websocket,
            additional_headers={"Authorization": f"Basic {credentials}"},
            open_timeout=self._setup.timeout_s,
            ping_interval=self._setup.timeout_s,
            ping_timeout=self._setup.timeout_s,
            close_timeout=1,
            max_size=None,
            proxy=None,
        ) as stream:
            self._connected = stream
            self._work.put(lambda: self._begin_life(stream))
            try:
                for message in stream:
                    self._work.put(lambda event=json.loads(message): self._happened(event, stream))  # type: ignore[misc]
            except ConnectionClosed:
                return

    def _happened(self, event: Mapping[str, Any], stream: ClientConnection) -> None:
        if self._life and self._stream is stream:
            if event["type"] == "ApplicationReplaced":
                self._lose("another programme took the application over")
            else:
                self._life.happened(event)

    # Slow work, beside the working thread

    def _working_aside(self) -> None:
        ari = Ari(self._setup)
        while (work := self._aside.get()) is not None:
            try:
                work(ari)
            except Exception:
                _log.exception("asterisk: slow work failed")
        ari.close()

    def _measure(self, legs: Mapping[str, str]) -> None:
        """Ask for the packets of these legs' channels, unless the last time is still to come."""

        if self._measuring:
            return
        self._measuring = True

        def ask(ari: Ari) -> None:
            self._measuring = False
            for leg, channel in legs.items():
                try:
                    told = ari.get("channels", channel, "rtp_statistics")
                except (AriError, AriLost):
                    continue
                packets = (told["rxcount"], told.get("rxploss", 0), round(1_000 * told.get("rxjitter", 0.0), 1))
                self._work.put(lambda leg=leg, packets=packets: self._measured(leg, packets))  # type: ignore[misc]

        self._aside.put(ask)

    def _measured(self, leg: str, packets: tuple[int, int, float]) -> None:
        if self._life:
            self._life.measured(leg, packets)

    def _finish(self, journal: Journal, work: Callable[[Ari], Ready]) -> None:
        """Seal a recording, and tell of it in the life in which it was made."""

        def seal(ari: Ari) -> None:
            ready = work(ari)
            self._work.put(lambda: self._sealed(journal, ready))

        self._aside.put(seal)

    def _sealed(self, journal: Journal, ready: Ready) -> None:
        if self._life and self._journal is journal:
            self._unwritten.write(
                RecordingReady, at=self._now(), recording=ready.recording, leg=ready.leg, file=ready.file,
                seconds=ready.seconds, sha256=ready.sha256, failed=ready.failed,
            )  # fmt: skip
