"""``caasis process NAME``: run one of the long-running processes in the foreground. The supervisor uses this."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable

import click

from caasis.config.processes import NICENESS, PROCESSES


@click.command("process", hidden=True)
@click.argument("name", type=click.Choice(sorted(PROCESSES)))
def command(name: str) -> None:
    """裏方の処理を1つだけ動かします（caasis up が使います）。"""
    from caasis.config.bootstrap import start_django
    from caasis.config.supervision.readiness import note_ready
    from caasis.platform.database.processes import end_with_supervisor

    end_with_supervisor()
    # Somebody waits for the web process; what runs behind it gives way on a busy machine, and then gathers more at once.
    os.nice(NICENESS.get(name, 0))
    stop = threading.Event()
    at_work = False

    def end(*_: object) -> None:
        stop.set()
        if not at_work:
            sys.exit(0)  # Nothing has begun: loading the libraries need not be waited for.

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    # A database that is still recovering is no reason to end: each process waits for it in its own way.
    home = start_django(need_database=False)
    path, _, function = PROCESSES[name].partition(":")
    run: Callable[[threading.Event], None] = getattr(importlib.import_module(path), function)
    note_ready(home, name)
    at_work = True
    try:
        run(stop)
    finally:
        close_connections()
    # Ending without being told to is a failure, also when nothing was raised; the supervisor starts it again.
    sys.exit(0 if stop.is_set() else 1)


def close_connections() -> None:
    """Close what the process keeps open: an interpreter that ends with an open pool waits for the pool's threads."""
    from django.db import connections

    for connection in connections.all():
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
