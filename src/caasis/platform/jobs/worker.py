"""The worker process: runs jobs until it is told to stop, and survives a database that restarts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg import Error as DriverError
from psycopg_pool import PoolTimeout

from caasis.platform.jobs.declaration import set_stop_requested
from caasis.platform.jobs.stalled import DEAD_AFTER_SECONDS, HEARTBEAT_SECONDS, sweep_stalled_jobs

log = logging.getLogger(__name__)

CONCURRENCY = 2
#: How long running jobs may take to end after a stop; the supervisor kills after 20 s, and the sweep runs them again.
GRACE_SECONDS = 10.0
SWEEP_SECONDS = 15.0
LOOK_SECONDS = 0.2
RECONNECT_SECONDS = 1.0
LAST_ROUNDS = 3

_DATABASE_AWAY = (ConnectorException, DatabaseError, DriverError, PoolTimeout, OSError)


def run(stop: threading.Event, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
    """The process: fetch and run jobs until `stop`. Several workers may run on several machines."""
    try:
        while not stop.is_set():
            try:
                asyncio.run(_serve(stop, heartbeat_seconds))
            except _DATABASE_AWAY:
                log.warning("the database does not answer, trying again")
            if not stop.is_set():
                stop.wait(RECONNECT_SECONDS)
    finally:
        # Whoever runs jobs in this process afterwards is not asked to stop.
        set_stop_requested(False)


async def _serve(stop: threading.Event, heartbeat_seconds: float) -> None:
    connector = PsycopgConnector(
        kwargs=connector_params(), min_size=1, max_size=CONCURRENCY + 3, timeout=10.0, name="caasis-jobs"
    )
    try:
        with app.replace_connector(connector) as worker_app:
            try:
                # Not `async with`: opening must not wait for a database that is away longer than this process may live.
                await worker_app.open_async()
                await _work(worker_app, stop, heartbeat_seconds)
            finally:
                # Also when opening failed: the pool has been making connections since.
                with contextlib.suppress(*_DATABASE_AWAY):
                    await asyncio.wait_for(worker_app.close_async(), 5)
    finally:
        await _end_what_is_left()


async def _end_what_is_left() -> None:
    """End tasks of the pool that outlived it. One that is just connecting takes its cancellation for a connection that
    failed, and goes on; `asyncio.run` cancels once and would wait for it for ever."""
    for _ in range(LAST_ROUNDS):
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            return
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1)


async def _work(worker_app, stop: threading.Event, heartbeat_seconds: float) -> None:  # type: ignore[no-untyped-def]
    working = asyncio.create_task(
        worker_app.run_worker_async(
            name="caasis",
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=heartbeat_seconds,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
            fetch_job_polling_interval=5.0,
        )
    )
    loop = asyncio.get_running_loop()
    next_sweep = loop.time()
    while not working.done():
        if stop.is_set():
            set_stop_requested(True)
            working.cancel()
            break
        if loop.time() >= next_sweep:
            next_sweep = loop.time() + SWEEP_SECONDS
            await sync_to_async(_sweep, thread_sensitive=False)()
        await asyncio.wait({working}, timeout=LOOK_SECONDS)
    with contextlib.suppress(asyncio.CancelledError):
        await working


def _sweep() -> None:
    try:
        sweep_stalled_jobs(dead_after_seconds=DEAD_AFTER_SECONDS)
    except DatabaseError:
        connection.close()
    finally:
        close_old_connections()
