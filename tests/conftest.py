"""Fixtures that every test may use: the cast, and a database whose application role is walled in."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

pytest_plugins = ["tests.support.cast", "tests.support.live"]


@pytest.fixture(scope="session")
def home() -> Path:
    """CAASIS_HOME of this run."""
    return Path(os.environ["CAASIS_HOME"])


@pytest.fixture(scope="session", autouse=True)
def _keyring(home: Path) -> Iterator[None]:
    from caasis.platform.crypto.keyring import create_keyring

    create_keyring(home)
    yield


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> None:
    """Passwords and receipt secrets are hashed by `tests.support.hashing`; tests of whole commands use the product's."""
    from django.conf import settings
    from django.contrib.auth.hashers import get_hashers, get_hashers_by_algorithm

    settings.PASSWORD_HASHERS = ["tests.support.hashing.QuickArgon2", *settings.PASSWORD_HASHERS[1:]]
    get_hashers.cache_clear()
    get_hashers_by_algorithm.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _tones_for_speech() -> None:
    """Nobody waits for speech where a test is about something else; `test_prompts_open_jtalk` is about speech."""
    from django.conf import settings

    settings.TELEPHONY_SPEECH = "caasis.telephony.prompts.Tones"


@pytest.fixture(autouse=True)
def _empty_access_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Django empties the tables of its models after a test with transactions of its own. The access log is none of them."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        return
    from django.db import connections

    settings = connections["owner"].settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    where = {name: str(settings[key]) for key, name in names.items() if settings.get(key)}
    # A last request of a page may hold the log still: then its rows stay, as they did before.
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(**where, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '3s'")
        connection.execute("TRUNCATE audit_access")


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker, django_db_modify_db_settings):  # type: ignore[no-untyped-def]
    """One test database, made by its owner; the application's connection is a mirror with a lower role.

    pytest-django would set up the aliases that tests name, and they name the application's only.
    """
    from django.db import connections
    from django.test.utils import setup_databases, teardown_databases

    keep = request.config.getvalue("reuse_db")
    with django_db_blocker.unblock():
        made = setup_databases(
            verbosity=0, interactive=False, aliases={"default", "owner"}, serialized_aliases=set(), keepdb=keep
        )
        with connections["owner"].cursor() as cursor:
            # In the product the application's role can't empty a table; transactional tests must.
            cursor.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO caasis_app")
        connections["owner"].close()
    yield
    if not keep:
        with django_db_blocker.unblock():
            connections.close_all()
            teardown_databases(made, verbosity=0)
