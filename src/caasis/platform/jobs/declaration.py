"""Declaring a job: a function with keyword arguments that runs in the system's transaction, at least once.

    @job()
    def export_cases(*, request_id: UUID) -> None: ...

    export_cases.defer(request_id=request.id)      # in the transaction that saves the request

A job that was killed runs again, so what it does must be repeatable: everything it writes to the database stands or
falls with its transaction, and what it does outside (a file, a mail) carries a key that shows that it is done.
"""

from __future__ import annotations

import functools
import inspect
import re
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from typing import Any, Generic, ParamSpec
from uuid import UUID

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from caasis.platform.transactions import system_transaction

P = ParamSpec("P")

#: The queue through Django's own connection, and so in its transaction. Not the app's manager: in a worker that goes
#: through the worker's pool, and a job would put others into the queue outside its own transaction.
IN_TRANSACTION = JobManager(connector=DjangoConnector(alias="default"))

#: Tries after the first one; the waits between them are 2, 4, 8, 16 and 32 seconds.
RETRIES = 5

_CODE = re.compile(r"[a-z][a-z0-9_.:-]{0,79}")
_stop = threading.Event()


class PersonalDataInJob(TypeError):
    """An argument that is neither an id, a number, a day nor a code: text never travels in a job."""


class Job(Generic[P]):
    """A declared job. Calling it runs the function here and now; `defer` puts it into the queue."""

    def __init__(
        self, function: Callable[P, None], name: str, *, cron: str | None, in_transaction: bool, **options: Any
    ) -> None:
        self._function = function
        self.name = name
        functools.update_wrapper(self, function)
        self._task = app.task(name=name, retry=RetryStrategy(max_attempts=RETRIES, exponential_wait=2), **options)(
            _runner(function, in_transaction)
        )
        if cron is not None:
            app.periodic(cron=cron)(self._task)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self._function(*args, **kwargs)

    def defer(self, *args: P.args, **kwargs: P.kwargs) -> int:
        """Put the job into the queue, in the current transaction: it exists only if that commits. Returns its number.

        :raises PersonalDataInJob: when an argument may be text typed by or about a person.
        """
        if args:
            raise TypeError("a job takes keyword arguments only")
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("a job is put into the queue together with the change that needs it: open a transaction")
        plain = {name: _plain(name, value) for name, value in kwargs.items()}
        deferrer = self._task.configure()
        deferrer.job_manager = IN_TRANSACTION
        return int(deferrer.defer(**plain))


def job(
    *,
    cron: str | None = None,
    queue: str = "default",
    lock: str | None = None,
    priority: int = 0,
    in_transaction: bool = True,
) -> Callable[[Callable[P, None]], Job[P]]:
    """Declare a job in a room's `jobs.py`.

    :param cron: five fields, UTC; the job then also runs by itself, once for the whole installation.
    :param in_transaction: False for a job that goes through many things and opens a transaction for each by itself.
    :param lock: jobs with one lock run one after the other. A killed job holds its lock until the sweep (30 s).
    """

    def declare(function: Callable[P, None]) -> Job[P]:
        name = f"{function.__module__.removeprefix('caasis.')}.{function.__name__}"
        return Job(function, name, cron=cron, in_transaction=in_transaction, queue=queue, lock=lock, priority=priority)

    return declare


def stop_requested() -> bool:
    """Whether the worker is to stop: a long job asks between two steps, defers itself again and returns."""
    return _stop.is_set()


def set_stop_requested(value: bool) -> None:
    """Told by the worker to its jobs."""
    _stop.set() if value else _stop.clear()


def _runner(function: Callable[..., None], in_transaction: bool) -> Callable[..., None]:
    takes = inspect.signature(function).parameters
    from_text = {name: _reader(parameter.annotation) for name, parameter in takes.items()}

    @functools.wraps(function)
    def run(**arguments: Any) -> None:
        # A periodic job is told for which moment it runs; most don't care.
        if "timestamp" not in takes:
            arguments.pop("timestamp", None)
        read = {name: from_text[name](value) if name in from_text else value for name, value in arguments.items()}
        with system_transaction() if in_transaction else nullcontext():
            function(**read)

    return run


def _reader(annotation: Any) -> Callable[[Any], Any]:
    if annotation in (UUID, "UUID"):
        return UUID
    if annotation in ("UUID | None", UUID | None):
        return lambda value: None if value is None else UUID(value)
    if annotation in (date, "date"):
        return date.fromisoformat
    return lambda value: value


def _plain(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(name, item) for item in value]
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise PersonalDataInJob(f"the argument {name} is neither an id, a number, a day nor a code")
