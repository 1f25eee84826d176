"""The transaction that every request and job opens, with the actor's scope for row-level security.

Scope travels in `set_config(…, true)`, which ends with the transaction. A session-level setting would stay on the
pooled connection and leak to its next user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from caasis.kernel.actor import SYSTEM, Actor


def set_scope(actor: Actor) -> None:
    """Tell the database, until the end of this transaction, who acts and for which centre."""
    if not connection.in_atomic_block:
        raise RuntimeError("the scope belongs to a transaction: open one first")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('caasis.scope', %s, true), set_config('caasis.centre', %s, true),"
            " set_config('caasis.actor', %s, true)",
            _scope_of(actor),
        )


@contextmanager
def actor_transaction(actor: Actor) -> Iterator[None]:
    """A transaction in the actor's scope. Inside another transaction the outer scope comes back at the end."""
    if not connection.in_atomic_block:
        with transaction.atomic():
            set_scope(actor)
            yield
        return
    with transaction.atomic():
        before = _change_scope(_scope_of(actor))
        yield
        # A transaction that is marked for rollback takes no more statements, and its scope ends with it.
        if before != _scope_of(actor) and not connection.needs_rollback:
            _change_scope(before)


@contextmanager
def system_transaction() -> Iterator[None]:
    """A transaction of the system itself: relay, jobs, sealer, public intake after its checks."""
    with actor_transaction(SYSTEM):
        yield


def _scope_of(actor: Actor) -> tuple[str, str, str]:
    scope = "system" if actor.is_system else "national" if actor.is_national else "centre" if actor.centre_id else "public"
    return scope, str(actor.centre_id or ""), str(actor.id or "")


def _change_scope(scope: tuple[str, str, str]) -> tuple[str, str, str]:
    """Set the scope; returns the one before. One statement: the subselect is materialised before anything is set."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH before AS MATERIALIZED (SELECT current_setting('caasis.scope', true) AS scope,"
            " current_setting('caasis.centre', true) AS centre, current_setting('caasis.actor', true) AS actor)"
            " SELECT scope, centre, actor, set_config('caasis.scope', %s, true), set_config('caasis.centre', %s, true),"
            " set_config('caasis.actor', %s, true) FROM before",
            scope,
        )
        row = cursor.fetchone()
    return row[0] or "", row[1] or "", row[2] or ""
