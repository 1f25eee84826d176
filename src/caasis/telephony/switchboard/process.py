"""The process `switchboard`: turns of the loop until it is told to stop."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string

from caasis.platform.transactions import system_transaction
from caasis.telephony.jobs import prepare_everything
from caasis.telephony.ports import TelephonyPort
from caasis.telephony.services.alarms import watch_alarms
from caasis.telephony.switchboard.loop import Switchboard

log = logging.getLogger(__name__)

#: How long a turn waits for the engine; what the desk asks waits so long at most.
PATIENCE_S = 0.1
PAUSE_AFTER_FAILURE_S = 1.0
FORGET_EVERY_S = 600.0
WATCH_EVERY_S = 10.0
#: Shares over an hour change slowly and cost more to read.
LEVELS_EVERY_S = 60.0


def open_port() -> TelephonyPort:
    """The engine's port by the setting TELEPHONY_PORT: the dotted name of a function without arguments.

    Raises ImproperlyConfigured where none is set.
    """
    name = getattr(settings, "TELEPHONY_PORT", "")
    if not name:
        raise ImproperlyConfigured("TELEPHONY_PORT names no telephone engine")
    port: TelephonyPort = import_string(name)()
    return port


def run(stop: threading.Event) -> None:
    """Work until `stop` is set. A database that is away, or a turn that fails, is tried again: nothing is lost by it."""
    port = open_port()
    board = Switchboard(port)
    prepared = False
    forgotten = watched = levelled = time.monotonic()
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                board.turn(PATIENCE_S)
                if not prepared:
                    # Inside of what is tried again: a database that is away at the start must not end the process.
                    with system_transaction():
                        prepare_everything.defer()
                    prepared = True
                if time.monotonic() - forgotten > FORGET_EVERY_S:
                    board.forget_orders()
                    forgotten = time.monotonic()
                if time.monotonic() - watched > WATCH_EVERY_S:
                    watched = time.monotonic()
                    levels = watched - levelled > LEVELS_EVERY_S
                    levelled = watched if levels else levelled
                    watch_alarms(now=timezone.now(), levels=levels)
            except (OperationalError, InterfaceError):
                log.warning("the database does not answer", extra={"check": "switchboard"})
                stop.wait(PAUSE_AFTER_FAILURE_S)
            except Exception:
                log.exception("a turn of the switchboard failed", extra={"check": "switchboard"})
                stop.wait(PAUSE_AFTER_FAILURE_S)
    finally:
        port.close()
