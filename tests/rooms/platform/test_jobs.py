"""Background jobs: in the transaction or not at all, at least once, never with personal data."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from caasis.kernel.ids import uuid7
from caasis.platform.jobs import stalled, worker
from caasis.platform.jobs.declaration import PersonalDataInJob, job
from caasis.platform.outbox.models import ConsumerCursor
from caasis.platform.transactions import system_transaction
from tests.rooms.platform import sample_jobs

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    """procrastinate's tables are not emptied by Django: their models are not managed."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def rows(query: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def status_of(number: int) -> str:
    return str(rows("SELECT status::text FROM procrastinate_jobs WHERE id = %s", number)[0][0])


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.05)


@pytest.fixture
def running_worker() -> Iterator[threading.Event]:
    """A worker in a thread of this process, in the test's database."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    yield stop
    stop.set()
    thread.join(15)
    assert not thread.is_alive()


def defer(sample, **arguments: object) -> int:  # type: ignore[no-untyped-def]
    with system_transaction():
        return int(sample.defer(**arguments))


def marks() -> list[str]:
    return list(ConsumerCursor.objects.filter(consumer="job").values_list("node", flat=True))


def test_a_job_runs_in_the_systems_transaction(running_worker: threading.Event) -> None:
    number = defer(sample_jobs.tell_scope, number=uuid7())
    wait_until(lambda: status_of(number) == "succeeded")
    assert marks() == ["system"]


def test_a_job_of_a_rolled_back_change_does_not_exist() -> None:
    with system_transaction():
        sample_jobs.leave_mark.defer(number=uuid7())
        transaction.set_rollback(True)
    assert rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    with pytest.raises(RuntimeError, match="transaction"):
        sample_jobs.leave_mark.defer(number=uuid7())


def test_a_job_that_fails_in_a_worker_leaves_no_other_in_the_queue(running_worker: threading.Event) -> None:
    number = defer(sample_jobs.defer_and_fail, number=uuid7())
    wait_until(lambda: rows("SELECT attempts FROM procrastinate_jobs WHERE id = %s", number)[0][0] == 1)
    assert rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE %s", "%leave_mark") == [(0,)]
    assert marks() == []


def test_the_sweep_is_one_transaction_also_beside_a_worker(running_worker: threading.Event) -> None:
    wait_until(lambda: rows("SELECT count(*) FROM procrastinate_workers") == [(1,)])
    number = defer(sample_jobs.leave_mark, number=uuid7())
    wait_until(lambda: status_of(number) == "succeeded")
    rows("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE id = %s RETURNING 1", number)
    with pytest.raises(ZeroDivisionError), system_transaction():
        assert stalled.sweep_stalled_jobs() == 1
        raise ZeroDivisionError
    assert status_of(number) == "doing", "what the sweep did goes with the transaction around it"


@pytest.mark.parametrize(
    "text", ["山田花子", "090-1234-5678", "hanako@example.jp", "", b"x", {"name": "x"}, 1.5, ["山田"]]
)
def test_text_never_travels_in_a_job(text: object) -> None:
    with system_transaction(), pytest.raises(PersonalDataInJob):
        sample_jobs.leave_mark.defer(number=text)
    assert rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_ids_numbers_days_and_codes_travel() -> None:
    @job()
    def takes_all(*, one: object, two: object, three: object, four: object, five: object) -> None: ...

    with system_transaction():
        takes_all.defer(one=uuid4(), two=3, three=date(2026, 4, 1), four="cases.csv", five=[True, None])
    assert rows("SELECT args->>'three', args->>'four' FROM procrastinate_jobs") == [("2026-04-01", "cases.csv")]


def test_a_failing_job_leaves_nothing_behind_and_is_tried_again_later(
    running_worker: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    number = defer(sample_jobs.fail_always, number=uuid7())
    wait_until(lambda: rows("SELECT attempts FROM procrastinate_jobs WHERE id = %s", number)[0][0] == 1)
    wait_until(lambda: status_of(number) == "todo")
    assert rows("SELECT scheduled_at > now() FROM procrastinate_jobs WHERE id = %s", number) == [(True,)]
    assert marks() == []


def test_an_idle_worker_stops_at_once() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: rows("SELECT count(*) FROM procrastinate_workers") == [(1,)])
    began = time.monotonic()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 3
    assert rows("SELECT count(*) FROM procrastinate_workers") == [(0,)], "it says good-bye"


def test_a_worker_tries_again_when_it_was_interrupted_while_it_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool takes its own end for a connection that failed, and goes on waiting: the process must not wait for it."""
    original, failed = worker.PsycopgConnector.open_async, []

    async def interrupted(self: Any, pool: Any = None) -> None:
        if failed:
            await original(self, pool)
            return
        failed.append(True)
        self._async_pool = await self._create_pool(self._pool_args)
        await self._async_pool.open()
        # Its first connection is being made.
        await asyncio.sleep(0)
        raise OSError("the network is gone")

    monkeypatch.setattr(worker.PsycopgConnector, "open_async", interrupted)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    try:
        number = defer(sample_jobs.leave_mark, number=uuid7())
        wait_until(lambda: status_of(number) == "succeeded")
        assert failed
    finally:
        stop.set()
        thread.join(15)
    assert not thread.is_alive()


def test_a_worker_survives_a_database_that_drops_its_connections(running_worker: threading.Event) -> None:
    first = defer(sample_jobs.leave_mark, number=uuid7())
    wait_until(lambda: status_of(first) == "succeeded")
    rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    )
    second = defer(sample_jobs.leave_mark, number=uuid7())
    wait_until(lambda: status_of(second) == "succeeded", 30)
    assert len(marks()) == 2


class Killable:
    """A worker in a process of its own, to be killed."""

    def __init__(self, folder: Path) -> None:
        settings = connection.settings_dict
        url = f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}"
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "SAMPLE_FOLDER": str(folder),
            "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        }
        environment["DJANGO_SETTINGS_MODULE"] = "caasis.config.settings"
        code = (
            "import django, threading; django.setup()\n"
            "from tests.rooms.platform import sample_jobs\n"
            "from caasis.platform.jobs.worker import run\n"
            "run(threading.Event(), heartbeat_seconds=0.3)\n"
        )
        self.process = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=folder)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMPLE_FOLDER", str(tmp_path))
    return tmp_path


def test_a_job_whose_worker_was_killed_runs_again_and_takes_effect_once(folder: Path) -> None:
    number = defer(sample_jobs.wait_for_leave, number=uuid7())
    killed = Killable(folder)
    try:
        wait_until(lambda: (folder / "started").exists(), 40)
        time.sleep(4)
        assert stalled.sweep_stalled_jobs(dead_after_seconds=3) == 0, "its worker lives"
    finally:
        killed.kill()
    assert status_of(number) == "doing" and marks() == []
    (folder / "leave").touch()
    time.sleep(1)
    assert stalled.sweep_stalled_jobs(dead_after_seconds=0.9) == 1
    assert stalled.sweep_stalled_jobs(dead_after_seconds=0.9) == 0, "put back once, not twice"
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    try:
        wait_until(lambda: status_of(number) == "succeeded")
    finally:
        stop.set()
        thread.join(15)
    assert len(marks()) == 1, "what the killed worker had written went with its transaction"


def test_a_job_under_which_workers_keep_dying_is_given_up_visibly() -> None:
    number = defer(sample_jobs.leave_mark, number=uuid7())
    rows("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s RETURNING 1", stalled.MOST_DEATHS)
    assert stalled.sweep_stalled_jobs() == 1
    assert status_of(number) == "failed"


def test_running_jobs_are_told_to_stop(folder: Path) -> None:
    number = defer(sample_jobs.wait_for_leave, number=uuid7())
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: (folder / "started").exists())
    began = time.monotonic()
    stop.set()
    thread.join(15)
    assert not thread.is_alive() and time.monotonic() - began < 5
    assert status_of(number) == "succeeded"


def test_the_periodic_jobs_run_as_the_application_role(running_worker: threading.Event) -> None:
    from procrastinate.contrib.django import app

    from caasis.platform.jobs import housekeeping

    assert {task.task.name for task in app.periodic_registry.periodic_tasks.values()} >= {
        "platform.jobs.housekeeping.forget_delivered_events",
        "platform.jobs.housekeeping.sweep_orphaned_files",
        "platform.jobs.housekeeping.forget_finished_jobs",
    }
    numbers = [
        defer(each)
        for each in (
            housekeeping.forget_delivered_events,
            housekeeping.sweep_orphaned_files,
            housekeeping.forget_finished_jobs,
        )
    ]
    wait_until(lambda: all(status_of(number) == "succeeded" for number in numbers))


def test_finished_jobs_are_forgotten_after_a_week_and_failed_ones_after_four() -> None:
    from caasis.platform.jobs import housekeeping

    numbers = [defer(sample_jobs.leave_mark, number=uuid7()) for _ in range(4)]
    for number, status, days in zip(numbers, ("succeeded", "succeeded", "failed", "todo"), (8, 6, 8, 60), strict=True):
        rows("UPDATE procrastinate_jobs SET status = %s WHERE id = %s RETURNING 1", status, number)
        rows(
            "UPDATE procrastinate_events SET at = now() - make_interval(days => %s) WHERE job_id = %s RETURNING 1",
            days,
            number,
        )
    with system_transaction():
        housekeeping.forget_finished_jobs()
    assert rows("SELECT id FROM procrastinate_jobs ORDER BY id") == [(number,) for number in numbers[1:]]
