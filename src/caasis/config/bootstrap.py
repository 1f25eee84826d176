"""The environment in which settings are read: home, addresses of the database, and Django itself.

Imports Django only inside functions.
"""

import os
from dataclasses import dataclass

import click

from caasis.config.secrets import read_secret
from caasis.config.supervision.home import Home, current_home, current_port
from caasis.platform.database import DatabaseProblem, EmbeddedCluster

SETTINGS = "caasis.config.settings"


@dataclass(frozen=True)
class Addresses:
    """Addresses of the database for the application's role and for the owner of the tables."""

    application: str
    owner: str
    embedded: bool


def _secret(name: str) -> str:
    try:
        return read_secret(name)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error


def external_addresses() -> Addresses | None:
    """Return the server that the environment names, if any. Without an owner's address the one address serves both."""
    application = _secret("DATABASE_URL")
    if not application:
        return None
    return Addresses(application, _secret("DATABASE_OWNER_URL") or application, embedded=False)


def embedded_addresses(cluster: EmbeddedCluster) -> Addresses:
    """Return the addresses of the embedded server."""
    return Addresses(cluster.dsn("app"), cluster.dsn("owner"), embedded=True)


def addresses(home: Home) -> Addresses | None:
    """Return where the database of this installation is, or None when ``caasis up`` has never made one."""
    if (external := external_addresses()) is not None:
        return external
    if not EmbeddedCluster.exists(home.path):
        return None
    return embedded_addresses(EmbeddedCluster(home.path))


def set_environment(home: Home, found: Addresses) -> None:
    """Set what the settings read: home, port and both addresses of the database."""
    os.environ["CAASIS_HOME"] = str(home.path)
    os.environ["DATABASE_URL"] = found.application
    os.environ["DATABASE_OWNER_URL"] = found.owner
    os.environ.setdefault("CAASIS_PORT", str(current_port()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)


def start_django(*, need_database: bool = True) -> Home:
    """Set the environment and Django up for a sub-command; return the home.

    With ``need_database`` a database that doesn't answer ends the command with a message that says what to do.
    """
    home = current_home()
    try:
        found = addresses(home)
    except DatabaseProblem as problem:
        raise click.ClickException(str(problem)) from problem
    if found is None:
        raise click.ClickException("まだデータがありません。先に caasis up を実行してください。")
    if need_database:
        require_database(found)
    set_environment(home, found)
    import django

    django.setup()
    return home


def require_database(found: Addresses) -> None:
    """Raise a message for the operator unless the database answers."""
    import psycopg

    try:
        psycopg.connect(found.application, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        remedy = "caasis up を実行してください。" if found.embedded else "DATABASE_URLを確かめてください。"
        raise click.ClickException(f"データベースにつながりません。{remedy}\n{error}".strip()) from error
