"""``caasis process NAME``: run one of the long-running processes in the foreground. The supervisor uses this."""

import importlib
import signal
import sys
import threading
from collections.abc import Callable

import click

from caasis.config.processes import PROCESSES


@click.command("process", hidden=True)
@click.argument("name", type=click.Choice(sorted(PROCESSES)))
def command(name: str) -> None:
    """裏方の処理を1つだけ動かします（caasis up が使います）。"""
    from caasis.config.bootstrap import start_django
    from caasis.config.supervision.readiness import note_ready
    from caasis.platform.database.processes import end_with_supervisor

    end_with_supervisor()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # A database that is still recovering is no reason to end: each process waits for it in its own way.
    home = start_django(need_database=False)
    path, _, function = PROCESSES[name].partition(":")
    run: Callable[[threading.Event], None] = getattr(importlib.import_module(path), function)
    note_ready(home, name)
    run(stop)
    # Ending without being told to is a failure, also when nothing was raised; the supervisor starts it again.
    sys.exit(0 if stop.is_set() else 1)
