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
    scope = "system" if actor.is_system else "national" if actor.is_national else "centre" if actor.centre_id else "public"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('caasis.scope', %s, true), set_config('caasis.centre', %s, true),"
            " set_config('caasis.actor', %s, true)",
            [scope, str(actor.centre_id or ""), str(actor.id or "")],
        )


@contextmanager
def actor_transaction(actor: Actor) -> Iterator[None]:
    """A transaction in the actor's scope. Inside another transaction the outer scope comes back at the end."""
    outer = connection.in_atomic_block
    before = _current_scope() if outer else None
    with transaction.atomic():
        set_scope(actor)
        yield
        # A transaction that is marked for rollback takes no more statements, and its scope ends with it.
        if before is not None and not connection.needs_rollback:
            _restore_scope(before)


@contextmanager
def system_transaction() -> Iterator[None]:
    """A transaction of the system itself: relay, jobs, sealer, public intake after its checks."""
    with actor_transaction(SYSTEM):
        yield


def _current_scope() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('caasis.scope', true), current_setting('caasis.centre', true),"
            " current_setting('caasis.actor', true)"
        )
        row = cursor.fetchone()
    return (row[0] or "", row[1] or "", row[2] or "")


def _restore_scope(scope: tuple[str, str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('caasis.scope', %s, true), set_config('caasis.centre', %s, true),"
            " set_config('caasis.actor', %s, true)",
            list(scope),
        )
