"""The process `telephone`: our own engine until it is told to stop."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import TextIO

from caasis.telephony.adapters.embedded.client import EmbeddedEngine
from caasis.telephony.adapters.embedded.settings import EngineSettings, read_settings, socket_path

log = logging.getLogger(__name__)
_LOOK_S = 0.2


class _Nowhere:
    """sippy prints what it can't read, with the numbers of callers in it."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """There is nothing."""


def quiet_sippy() -> None:
    """Let nothing that a library prints come into a log. Before sippy is imported."""
    nowhere: TextIO = _Nowhere()  # type: ignore[assignment]
    sys.stdout = nowhere


def home() -> Path:
    from django.conf import settings

    return Path(settings.CAASIS_HOME)


def open_port() -> EmbeddedEngine:
    """The switchboard's port to this engine (setting TELEPHONY_PORT)."""
    return EmbeddedEngine(socket_path(home()))


def run(stop: threading.Event) -> None:
    """Work until `stop` is set. Raises BadSettings and server.AlreadyRunning."""
    from caasis.telephony.recording_keys import recording_key

    serve(read_settings(home()), stop, keys=recording_key)


def serve(settings: EngineSettings, stop: threading.Event, *, keys: object) -> None:
    """Run an engine on this thread, which from now on is sippy's."""
    quiet_sippy()
    from caasis.telephony.adapters.embedded.engine import Engine
    from caasis.telephony.adapters.embedded.sip.sippy_ua import SippyUa

    engine = Engine(settings, keys=keys, make_ua=SippyUa)  # type: ignore[arg-type]

    def look() -> None:
        if stop.is_set():
            engine.stop()
        else:
            engine.sip.later(_LOOK_S, look)

    engine.sip.soon(look)
    log.info("the telephone listens", extra={"check": f"{settings.host}:{settings.port}"})
    engine.run()
