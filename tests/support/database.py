"""Pytest plugin: one throw-away PostgreSQL cluster for the whole run, started before Django reads its settings.

Load it with ``-p tests.support.database``. It sets ``DATABASE_URL`` (role ``caasis_app``) and ``DATABASE_OWNER_URL``
(role ``caasis_owner``, which may create databases). Workers of pytest-xdist inherit the environment of the controller
and so use its cluster. When both variables are set beforehand, the named server is used and nothing is started.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from caasis.platform.database import EmbeddedCluster
from caasis.platform.database.processes import process_exists

APPLICATION_VARIABLE = "DATABASE_URL"
OWNER_VARIABLE = "DATABASE_OWNER_URL"
HOME_PREFIX = "caasis-tests-"

# Nothing has to survive a power cut. Commits still wait for their record (synchronous_commit is left on): the order in
# which commits become visible is part of what is tested.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "idle_in_transaction_session_timeout": "0",
}

_running: dict[str, EmbeddedCluster] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the cluster before pytest-django, whose hook of this name imports the settings."""
    if _needs_a_server(early_config):
        start()
    try:
        return (yield)
    except BaseException:
        end()
        raise


def pytest_unconfigure() -> None:
    """End the cluster and delete its data."""
    end()


def pytest_report_header() -> str:
    """Say which server the run uses."""
    if _running:
        return "database: throw-away embedded cluster"
    return "database: from the environment" if APPLICATION_VARIABLE in os.environ else "database: none"


def start() -> None:
    """Start the cluster unless the environment names a server; set both variables."""
    if _running or (os.environ.get(APPLICATION_VARIABLE) and os.environ.get(OWNER_VARIABLE)):
        return
    sweep()
    home = Path(tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-"))
    cluster = EmbeddedCluster(home, settings=SETTINGS, owner_may_create_databases=True, durable=False)
    _running["cluster"] = cluster
    try:
        cluster.prepare()
        cluster.start()
        cluster.wait_ready(timeout=30)
        cluster.ensure_roles_and_database()
    except BaseException:
        end()
        raise
    os.environ[APPLICATION_VARIABLE] = cluster.dsn("app")
    os.environ[OWNER_VARIABLE] = cluster.dsn("owner")


def end() -> None:
    """End the cluster that this process started, if any."""
    cluster = _running.pop("cluster", None)
    if cluster is not None:
        os.environ.pop(APPLICATION_VARIABLE, None)
        os.environ.pop(OWNER_VARIABLE, None)
        _discard(cluster)


def sweep() -> None:
    """Delete clusters of earlier runs that were killed: their home carries the number of a process that is gone."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOME_PREFIX}*"):
        number = home.name.removeprefix(HOME_PREFIX).partition("-")[0]
        if number.isdigit() and not process_exists(int(number)) and home.stat().st_uid == os.geteuid():
            with contextlib.suppress(OSError):
                _discard(EmbeddedCluster(home))


def _discard(cluster: EmbeddedCluster) -> None:
    try:
        cluster.destroy()
    finally:
        shutil.rmtree(cluster.home, ignore_errors=True)


def _needs_a_server(config: pytest.Config) -> bool:
    """Whether this run can touch the database: not when it only lists tests or only runs those of the engines."""
    options = config.known_args_namespace
    if options.collectonly or options.help or options.version:
        return False
    paths = [Path(str(name).partition("::")[0]).absolute() for name in options.file_or_dir or []]
    engines = config.rootpath / "tests" / "engines"
    return not paths or not all(path.is_relative_to(engines) for path in paths)
