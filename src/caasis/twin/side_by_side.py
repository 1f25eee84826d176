"""The same work, shared among processes: a town of a million cases uses all of the machine, not one core of it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from django.db import connections

Work = Callable[[int], Iterator[int]]


def side_by_side(processes: int, work: Work) -> Iterator[int]:
    """Run `work(share)` for the shares 0, 1, … each in a process of its own, and yield what they yield, as it comes.

    The processes are forks: they know what this one knows now, and nothing of what they learn comes back but the numbers.
    A single share is done in this process. Whoever stops listening ends them.

    :raises RuntimeError: one of them has failed; it has said why on the standard error, and the others are ended.
    """
    if processes == 1:
        yield from work(0)
        return
    _let_go_of_connections()
    context = multiprocessing.get_context("fork")
    running: dict[Any, multiprocessing.process.BaseProcess] = {}
    try:
        for share in range(processes):
            reader, writer = context.Pipe(duplex=False)
            running[reader] = context.Process(target=_report, args=(work, share, writer), daemon=True)
            running[reader].start()
            writer.close()
        while running:
            for reader in cast("list[Connection]", wait(list(running))):
                try:
                    yield reader.recv()
                except EOFError:
                    ended = running.pop(reader)
                    ended.join()
                    if ended.exitcode:
                        raise RuntimeError(f"a process that wrote a share ended with {ended.exitcode}") from None
    finally:
        for child in running.values():
            child.terminate()
            child.join()


def _report(work: Work, share: int, writer: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; the one that started us ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        for number in work(share):
            writer.send(number)
    finally:
        _let_go_of_connections()


def _let_go_of_connections() -> None:
    """Neither a connection nor a pool's threads survive a fork, and a process waits at its end for its pool."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
