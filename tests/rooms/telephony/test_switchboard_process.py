"""The process: turns until it is told to stop, whatever fails on the way."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from caasis.kernel.clock import JST
from caasis.telephony.adapters.memory import MemoryEngine
from caasis.telephony.models import Cursor
from caasis.telephony.switchboard import process

pytestmark = pytest.mark.django_db


class Port(MemoryEngine):
    """A memory engine that stops the process at its third reading, and fails at the readings that `fails` names."""

    def __init__(self, stop: threading.Event, fails: dict[int, Exception]) -> None:
        super().__init__(begins=datetime(2026, 6, 3, 10, 0, tzinfo=JST))
        self.stop, self.fails, self.reads, self.closed = stop, fails, 0, False

    def signals(self, *, boot, after, timeout_s):
        self.reads += 1
        if self.reads >= 3:
            self.stop.set()
        if self.reads in self.fails:
            raise self.fails[self.reads]
        return super().signals(boot=boot, after=after, timeout_s=timeout_s)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def run(monkeypatch):
    def start(**fails):
        stop = threading.Event()
        port = Port(stop, {int(name[1:]): error for name, error in fails.items()})
        monkeypatch.setattr(process, "open_port", lambda: port)
        monkeypatch.setattr(process, "PAUSE_AFTER_FAILURE_S", 0.0)
        # The test's own connection holds its transaction.
        monkeypatch.setattr(process, "close_old_connections", lambda: None)
        process.run(stop)
        return port

    return start


def test_it_reads_until_it_is_told_to_stop_and_lets_go_of_the_port(run):
    port = run()
    assert port.reads == 3 and port.closed
    assert Cursor.objects.get().boot == port.snapshot().boot


@pytest.mark.parametrize("error", [OperationalError("away"), RuntimeError("a mistake of ours")])
def test_a_turn_that_fails_is_followed_by_the_next(run, error):
    port = run(_2=error)
    assert port.reads == 3 and Cursor.objects.get().seq == 1


def test_a_database_that_is_away_at_the_start_is_waited_for(run, monkeypatch):
    answers: list[Exception | None] = [OperationalError("away"), None]
    asked = []

    class Job:
        def defer(self) -> None:
            asked.append(len(asked))
            error = answers.pop(0)
            if error is not None:
                raise error

    monkeypatch.setattr(process, "prepare_everything", Job())
    port = run()
    assert port.reads == 3 and asked == [0, 1]


def test_without_an_engine_it_says_so(settings):
    settings.TELEPHONY_PORT = ""
    with pytest.raises(ImproperlyConfigured):
        process.open_port()
    settings.TELEPHONY_PORT = "tests.rooms.telephony.test_switchboard_process.an_engine"
    assert isinstance(process.open_port(), MemoryEngine)


def an_engine() -> MemoryEngine:
    return MemoryEngine(begins=datetime(2026, 6, 3, 10, 0, tzinfo=JST))
