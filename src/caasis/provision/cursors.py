"""Cursors of lists: the place after the last row, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from caasis.kernel.errors import Invalid


def encode_cursor(at: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def decode_cursor(text: str) -> tuple[datetime, UUID]:
    """The place that a cursor names.

    :raises Invalid: the text was never a cursor of ours.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        at_text, _, id_text = raw.partition("|")
        at = datetime.fromisoformat(at_text)
        if at.tzinfo is None:
            raise ValueError
        return at, UUID(id_text)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        raise Invalid(fields={"cursor": ["続きの位置が読めません。最初から取り直してください。"]}) from None
