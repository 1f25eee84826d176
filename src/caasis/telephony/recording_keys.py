"""The keys of recordings, for the engines that write them."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import record_key_bytes


def recording_key(name: str) -> bytes:
    """The key of a recording by its name, the record key's id in hexadecimal. Raises LookupError."""
    try:
        key_id = UUID(hex=name)
    except ValueError:
        raise LookupError(name) from None
    try:
        with system_transaction():
            return record_key_bytes(key_id)
    finally:
        # Asked on an engine's own thread, seldom: nobody else could use the connection meanwhile.
        connection.close()
