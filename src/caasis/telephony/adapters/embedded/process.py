"""The process `telephone`: the engine and its socket, until told to stop. Neither Django nor the database is needed."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from caasis.telephony.adapters.embedded.engine import Engine
from caasis.telephony.adapters.embedded.media import MediaEngine, MediaHappening, tune_process
from caasis.telephony.adapters.embedded.server import Server
from caasis.telephony.adapters.embedded.settings import EngineSettings, Users, settings_from
from caasis.telephony.adapters.embedded.sip.sippy_ua import SippyUa

log = logging.getLogger(__name__)


def make_engine(settings: EngineSettings) -> Engine:
    """An engine with its own signalling and mixer, not yet started."""
    users = Users(settings.users_file)

    def make_media(on_happening: Callable[[MediaHappening], None], key_of: Callable[[str], bytes]) -> MediaEngine:
        return MediaEngine(
            host=settings.sip.host,
            ports=settings.rtp_ports,
            public_address=settings.sip.advertised,
            keys=key_of,
            recordings=settings.recordings,
            on_happening=on_happening,
            capacity=settings.lines,
        )

    return Engine(settings, ua=SippyUa(settings.sip, users.secret_of), make_media=make_media)


def run(stop: threading.Event) -> None:
    """Carry calls until `stop` is set. Raises BadSettings, AlreadyRunning, and OSError when a port is taken."""
    settings = settings_from(os.environ)
    engine = make_engine(settings)
    server = Server(engine, settings.socket)
    server.start()
    try:
        engine.start()
        tune_process()
        log.info("the telephone engine takes calls", extra={"port": settings.sip.port})
        stop.wait()
    finally:
        engine.stop()
        server.stop()
