"""Our engine as a whole: SIP, sound, commands, signals and the control socket, in one process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from caasis.kernel.clock import utc_now
from caasis.telephony.adapters.embedded.control import CAPABILITIES
from caasis.telephony.adapters.embedded.media import (
    MediaEngine,
    MediaHappening,
    MediaStatistics,
    Tap,
    UnknownLeg,
    tune_process,
)
from caasis.telephony.adapters.embedded.orders import Orders, Refused
from caasis.telephony.adapters.embedded.server import ControlServer
from caasis.telephony.adapters.embedded.settings import EngineSettings
from caasis.telephony.adapters.embedded.sip.ports import Calls, SipUa
from caasis.telephony.adapters.embedded.switch import Switch
from caasis.telephony.adapters.journal import Answers, Journal
from caasis.telephony.commands import Command, StartRecording
from caasis.telephony.ports import Snapshot
from caasis.telephony.vocabulary import EndCause, Refusal

log = logging.getLogger(__name__)

#: How long a question waits for the engine's own thread.
PATIENCE_S = 5.0
_KEPT_KEYS = 2_000


class Engine:
    """keys: the 32 octets of a recording's key by its name, LookupError where there is none; it may ask a database.

    make_ua: the SIP user agent for this engine. Lives from `run` to `stop`.
    """

    def __init__(
        self,
        settings: EngineSettings,
        *,
        keys: Callable[[str], bytes],
        make_ua: Callable[[EngineSettings, Calls], SipUa],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        settings.recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._now, self._find_key = now, keys
        self._known_keys: dict[str, bytes] = {}
        self._media = MediaEngine(
            host=settings.host,
            ports=settings.rtp_ports,
            public_address=settings.public_address,
            keys=self._known_keys.__getitem__,
            recordings=settings.recordings,
            on_happening=self._heard,
            capacity=settings.lines,
        )
        self.journal = Journal(at=now(), capabilities=tuple(CAPABILITIES), keep=settings.keep)
        self._switch = Switch(settings, self._media, self.journal, now)
        self._orders = Orders(self._switch)
        self._answers = Answers()
        self.sip = self._switch.sip = make_ua(settings, self._switch)
        self._server = ControlServer(settings.socket, self)

    def run(self) -> None:
        """Work on this thread until `stop`."""
        self._media.start()
        tune_process()
        try:
            self.sip.run()
        finally:
            self._server.close()
            for leg in list(self._switch.legs.values()):
                self._switch.hang_up(leg, EndCause.ENGINE_LOST)
            self._media.stop()

    def stop(self) -> None:
        """End `run`; from any thread."""
        self.sip.stop()

    # What the control socket serves, on its threads

    def tell(self, command: Command) -> None:
        """Carry out a command on the engine's thread, in the order of telling."""
        if isinstance(command, StartRecording):
            self._fetch_key(command.key_name)
        self.sip.soon(lambda: self._carry_out(command))

    def snapshot(self) -> Snapshot:
        """What lives now, as the engine's thread sees it."""
        found: list[Snapshot] = []
        done = threading.Event()

        def look() -> None:
            found.append(self._switch.snapshot())
            done.set()

        self.sip.soon(look)
        if not done.wait(PATIENCE_S):
            raise TimeoutError("the engine's thread does not answer")
        return found[0]

    def statistics(self) -> MediaStatistics:
        """Figures of the sound since the start."""
        return self._media.statistics()

    def tap(self, leg: str, side: Any) -> Tap:
        """Live sound of one side. Raises KeyError."""
        try:
            return self._media.tap(leg, side)
        except UnknownLeg:
            raise KeyError(leg) from None

    # On the engine's thread

    def _carry_out(self, command: Command) -> None:
        if command.command_id in self._answers:
            self._answers.repeat(self.journal, command.command_id, at=self._now())
            return
        refused = None
        # Readers see what came of a command together with its answer.
        with self.journal.together():
            try:
                self._orders.carry_out(command)
            except Refused as error:
                refused = (error.refusal, error.detail)
            except Exception:
                log.exception("a command failed")
                refused = (Refusal.NOT_CAPABLE, "it failed")
            self._answers.give(self.journal, command.command_id, at=self._now(), refused=refused)

    def _heard(self, happening: MediaHappening) -> None:
        self.sip.soon(lambda: self._switch.heard_of(happening))

    def _fetch_key(self, name: str) -> None:
        """Have the key at hand; the database is asked here, where nobody else waits but the sender of commands."""
        if name in self._known_keys:
            return
        try:
            key = self._find_key(name)
        except Exception as error:
            log.warning("a recording's key could not be had: %s", type(error).__name__)
            return
        if len(self._known_keys) >= _KEPT_KEYS:
            self._known_keys.pop(next(iter(self._known_keys)))
        self._known_keys[name] = key
