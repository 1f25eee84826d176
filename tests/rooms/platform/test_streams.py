"""Browser streams: the real application under uvicorn, many clients, filtered, caught up, re-checked, cleaned up."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from django.db import connection
from django.test import Client

from caasis.accounts.services import end_role
from caasis.kernel.actor import Role
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.outbox.relay import number_committed_events
from caasis.platform.streams import hub as hub_module
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


class Stream:
    """One browser's event stream over a raw socket, so that nothing between hides what was sent."""

    def __init__(self, port: int, cookie: str, after: int | None = None) -> None:
        self.events: list[dict[str, str]] = []
        self.beats = 0
        self.status = 0
        self.ended = threading.Event()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        last = f"Last-Event-ID: {after}\r\n" if after is not None else ""
        request = f"GET /desk/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n{last}\r\n"
        self._socket.sendall(request.encode())
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as file:
                self.status = int(file.readline().split()[1])
                while file.readline().strip():
                    pass
                fields: dict[str, str] = {}
                while line := file.readline():
                    text = line.decode().rstrip("\r\n")
                    if text.startswith(":"):
                        self.beats += 1
                    elif ": " in text:
                        name, _, value = text.partition(": ")
                        fields[name] = value
                    elif not text and "event" in fields:
                        self.events.append(fields)
                        fields = {}
        except OSError:
            pass
        finally:
            self.ended.set()

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def positions(self) -> list[int]:
        return [int(event["id"]) for event in self.events if event["event"] == "change"]

    def kinds(self) -> list[str]:
        return [event["event"] for event in self.events]

    @property
    def ready(self) -> bool:
        return "hello" in self.kinds()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def head_at_zero(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE platform_outbox_head SET last_position = 0")


class Running:
    """The ASGI application of the product, served by uvicorn in a thread, with a hub of its own."""

    def __init__(self) -> None:
        from caasis.config import asgi, streaming

        self.hub = streaming.new_hub()
        self._before, asgi.stream_application = asgi.stream_application, self.hub
        self.server = uvicorn.Server(
            uvicorn.Config(
                asgi.application, host="127.0.0.1", port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1
            )
        )
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.server.started)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.streams: list[Stream] = []

    def open(self, cookie: str, after: int | None = None) -> Stream:
        stream = Stream(self.port, cookie, after)
        self.streams.append(stream)
        wait_until(lambda: stream.ready or stream.ended.is_set())
        return stream

    def stop(self) -> None:
        from caasis.config import asgi

        for stream in self.streams:
            stream.close()
        self.server.should_exit = True
        self.thread.join(15)
        asgi.stream_application = self._before
        assert not self.thread.is_alive()


@pytest.fixture
def running() -> Iterator[Running]:
    server = Running()
    yield server
    server.stop()


@pytest.fixture
def cookie(town: Any) -> Callable[[str], str]:
    def make(role: str) -> str:
        client = Client()
        client.force_login(town.users[role], backend="allauth.account.auth_backends.AuthenticationBackend")
        return f"caasis_session={client.cookies['caasis_session'].value}"

    return make


def tell(centre_id: UUID | None, topic: str = "cases.received", subject: UUID | None = None) -> None:
    with system_transaction():
        OutboxEvent.objects.create(
            topic=topic, subject=subject or uuid7(), centre_id=centre_id, payload={"secret": "値"}
        )


def publish(count: int, centre_id: UUID | None, topic: str = "cases.received") -> None:
    with system_transaction():
        OutboxEvent.objects.bulk_create(
            [OutboxEvent(topic=topic, subject=uuid7(), centre_id=centre_id) for _ in range(count)]
        )
    while number_committed_events():
        pass


def test_fifty_clients_get_what_their_centre_may_see_once_and_in_order(
    running: Running, cookie: Any, town: Any
) -> None:
    roles = {role: cookie(role) for role in ("counsellor", "outsider", "ncac", "admin")}
    streams = {role: [running.open(roles[role]) for _ in range(12)] for role in roles}
    streams["counsellor"] += [running.open(roles["counsellor"]) for _ in range(2)]
    for _ in range(20):
        tell(town.centre_a.id)
        tell(town.centre_b.id)
        tell(town.centre_a.id, "cases.registered")
        number_committed_events()
    a = set(OutboxEvent.objects.filter(centre_id=town.centre_a.id).values_list("position", flat=True))
    b = set(OutboxEvent.objects.filter(centre_id=town.centre_b.id).values_list("position", flat=True))
    registered = set(OutboxEvent.objects.filter(topic="cases.registered").values_list("position", flat=True))
    for role, expected in (("counsellor", a), ("outsider", b), ("ncac", registered), ("admin", set())):
        for stream in streams[role]:
            wait_until(lambda stream=stream, expected=expected: len(stream.positions()) >= len(expected))
    time.sleep(0.3)
    for role, expected in (("counsellor", a), ("outsider", b), ("ncac", registered), ("admin", set())):
        for stream in streams[role]:
            assert stream.positions() == sorted(expected), role
    event = streams["counsellor"][0].events[1]
    assert set(json.loads(event["data"])) == {"topic", "subject", "actor"}, "what changed, never with what content"


def test_nobody_hears_without_a_session(running: Running, cookie: Any) -> None:
    for text in ("", "caasis_session=nonsense", "caasis_session", "x" * 3000):
        stream = running.open(text)
        assert stream.status == 401, text
    good = running.open(cookie("counsellor"))
    assert good.status == 200


def test_who_comes_back_gets_what_was_missed(running: Running, cookie: Any, town: Any) -> None:
    first = running.open(cookie("counsellor"))
    publish(3, town.centre_a.id)
    wait_until(lambda: first.positions() == [1, 2, 3])
    first.close()
    publish(2, town.centre_a.id)
    publish(2, town.centre_b.id)
    publish(1, town.centre_a.id)
    second = running.open(cookie("counsellor"), after=3)
    wait_until(lambda: second.positions() == [4, 5, 8])
    publish(1, town.centre_a.id)
    wait_until(lambda: second.positions() == [4, 5, 8, 9])
    assert (second.events[0]["id"], second.events[0]["event"]) == ("3", "hello"), "told nothing yet, so the place stays"


def test_after_a_restart_the_ring_is_filled_from_the_outbox(cookie: Any, town: Any, monkeypatch: Any) -> None:
    publish(30, town.centre_a.id)
    monkeypatch.setattr(hub_module.StreamHub, "_read", counting := _counting(hub_module.StreamHub._read))
    server = Running()
    try:
        own = cookie("counsellor")
        streams = [server.open(own, after=10) for _ in range(10)]
        for stream in streams:
            wait_until(lambda stream=stream: stream.positions() == list(range(11, 31)))
        assert counting.calls < 10, "ten browsers came back, and the outbox was not read for each"
    finally:
        server.stop()


def _counting(original: Any) -> Any:
    async def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        read.calls += 1  # type: ignore[attr-defined]
        return await original(self, *args, **kwargs)

    read.calls = 0  # type: ignore[attr-defined]
    return read


def test_when_the_ring_is_too_short_the_outbox_is_asked(cookie: Any, town: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(hub_module, "RING", 5)
    monkeypatch.setattr(hub_module, "PREFILL", 5)
    publish(40, town.centre_a.id)
    server = Running()
    try:
        stream = server.open(cookie("counsellor"), after=10)
        wait_until(lambda: stream.positions() == list(range(11, 41)))
    finally:
        server.stop()


def test_what_is_no_longer_kept_makes_the_page_load_anew(cookie: Any, town: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(hub_module, "RING", 5)
    monkeypatch.setattr(hub_module, "PREFILL", 5)
    monkeypatch.setattr(hub_module, "CATCH_UP_LIMIT", 20)
    publish(60, town.centre_a.id)
    OutboxEvent.objects.filter(position__lte=30).delete()
    server = Running()
    try:
        gone = server.open(cookie("counsellor"), after=10)
        wait_until(lambda: gone.kinds() == ["hello", "reload"])
        assert gone.events[1]["id"] == "60"
        kept = server.open(cookie("counsellor"), after=45)
        wait_until(lambda: kept.positions() == list(range(46, 61)))
        future = server.open(cookie("counsellor"), after=999)
        wait_until(lambda: future.kinds() == ["hello", "reload"])
        publish(1, town.centre_a.id)
        for stream in (gone, kept, future):
            wait_until(lambda stream=stream: stream.positions()[-1:] == [61])
    finally:
        server.stop()


def test_a_role_that_ends_is_heard_at_once_and_nothing_more_leaks(running: Running, cookie: Any, town: Any) -> None:
    mine, others = running.open(cookie("counsellor")), running.open(cookie("counsellor2"))
    publish(1, town.centre_a.id)
    wait_until(lambda: mine.positions() == [1] and others.positions() == [1])
    end_role(actor=town.admin, user_id=town.users["counsellor"].pk, role=Role.COUNSELLOR, centre_id=town.centre_a.id)
    tell(town.centre_a.id)
    tell(town.centre_a.id)
    # All are numbered at once, so that the events behind the change are ready before anybody could ask anew.
    assert number_committed_events() == 3
    wait_until(lambda: others.positions() == [1, 2, 3, 4])
    time.sleep(0.5)
    assert mine.positions() == [1]


def test_a_session_that_ends_ends_the_stream(running: Running, cookie: Any, town: Any) -> None:
    from django.contrib.sessions.models import Session

    own = cookie("counsellor")
    stream = running.open(own)
    Session.objects.filter(session_key=own.partition("=")[2]).delete()
    tell(town.centre_a.id, "accounts.sessions_ended", town.users["counsellor"].pk)
    tell(town.centre_a.id)
    number_committed_events()
    wait_until(stream.ended.is_set)
    assert stream.kinds() == ["hello", "login"]


def test_a_new_password_ends_the_stream_at_the_next_look(
    running: Running, cookie: Any, town: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(hub_module, "RECHECK_SECONDS", 0.0)
    stream = running.open(cookie("counsellor"))
    town.users["counsellor"].set_password("あたらしい あいことば")
    town.users["counsellor"].save()
    publish(1, town.centre_a.id)
    wait_until(stream.ended.is_set)
    assert stream.kinds() == ["hello", "login"]


def test_an_idle_stream_beats(running: Running, cookie: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(hub_module, "HEARTBEAT_SECONDS", 0.1)
    stream = running.open(cookie("counsellor"))
    wait_until(lambda: stream.beats >= 2)


def test_clients_that_go_leave_nothing_behind(running: Running, cookie: Any, town: Any) -> None:
    own = cookie("counsellor")
    streams = [running.open(own) for _ in range(10)]
    wait_until(lambda: len(running.hub._clients) == 10)
    for stream in streams:
        stream.close()
    wait_until(lambda: len(running.hub._clients) == 0)


def test_a_lost_database_connection_loses_no_event(running: Running, cookie: Any, town: Any) -> None:
    stream = running.open(cookie("counsellor"))
    publish(2, town.centre_a.id)
    wait_until(lambda: stream.positions() == [1, 2])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    publish(3, town.centre_a.id)
    wait_until(lambda: stream.positions() == [1, 2, 3, 4, 5])
    assert running.open(cookie("counsellor")).status == 200, "the threads that ask for permission recover as well"


def test_too_slow_a_client_is_let_go_and_catches_up_later() -> None:
    """On the hub itself: a client that reads nothing must not fill this process's memory."""
    centre = uuid7()

    async def scenario() -> tuple[int, bool]:
        hub = hub_module.StreamHub(str, _never)
        client = hub_module._Client(hub_module.Viewer("x", lambda event: True))
        hub._clients.add(client)
        for position in range(1, hub_module.QUEUE_LIMIT + 10):
            hub._hand_out(hub_module.StreamEvent(position, "cases.received", "s", centre, None))
        return client.queue.qsize(), client in hub._clients

    assert asyncio.run(scenario()) == (1, False), "only the sign to end is left"


async def _never(cookies: str) -> None:
    return None
