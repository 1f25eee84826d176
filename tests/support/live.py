"""The product on a port: uvicorn with the ASGI application and the relay, in threads of the test process.

One for each file: a relay that outlived its file would number the events of other files' tests. The transactional
tests that use it empty the tables between them.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Live:
    """Where the product answers."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def _live_processes(django_db_setup: None, django_db_blocker) -> Iterator[Live]:  # type: ignore[no-untyped-def]
    import uvicorn
    from django.conf import settings
    from django.db import connections

    with django_db_blocker.unblock():
        from caasis.config import asgi, streaming
        from caasis.platform.outbox import relay

        # The hub reads the settings when it connects, and they still name the database outside the tests.
        settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"]
        before, asgi.stream_application = asgi.stream_application, streaming.new_hub()
        port = _free_port()
        server = uvicorn.Server(
            uvicorn.Config(
                asgi.uncached,
                host="127.0.0.1",
                port=port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        )
        stop = threading.Event()

        def follow() -> None:
            try:
                relay.run(stop)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=server.run, daemon=True), threading.Thread(target=follow, daemon=True)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.started, "the server did not start"
        yield Live(port)
        stop.set()
        server.should_exit = True
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "a part of the product did not stop"
        asgi.stream_application = before


#: Tables whose rows a migration made, or which count on: they stay between tests.
_KEPT = {"django_migrations", "django_content_type", "auth_permission", "platform_outbox_head", "organisations_municipality"}


def empty_tables() -> None:
    """Delete all rows of the product.

    pytest-django empties databases that are no mirrors, and the application's database is one (of the owner's).
    """
    from django.db import OperationalError, connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall() if name not in _KEPT and not name.startswith("procrastinate_")]
        for _ in range(20):
            try:
                cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
                return
            except OperationalError:
                # The relay or a last request held some of the tables in another order; the database chose us.
                time.sleep(0.2)
    raise AssertionError("the tables could not be emptied")


@pytest.fixture
def live(_live_processes: Live, transactional_db: None) -> Iterator[Live]:
    """The running product over an empty database."""
    empty_tables()
    yield _live_processes
    empty_tables()


@pytest.fixture
def live_town(live: Live):  # type: ignore[no-untyped-def]
    """The cast, committed, with a password that can be typed."""
    from django.contrib.auth.hashers import make_password

    from tests.support.cast import PASSWORD, make_town

    town = make_town()
    hashed = make_password(PASSWORD)
    for user in town.users.values():
        user.password = hashed
        user.save(update_fields=["password"])
    return town
