"""What the room's tests share: answers as a consumer would give them, and small files of each kind."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from caasis.kernel.clock import day_in_japan


@pytest.fixture
def answers() -> dict[str, Any]:
    """A complete form: a visit two days ago, with a document, nothing that takes the right to cancel away."""
    day = (day_in_japan(timezone.now()) - timedelta(days=2)).isoformat()
    return {
        "topic": "cancel",
        "injury": "no",
        "money_moving": "soon",
        "who": "self",
        "story": "給湯器の点検だと言って来て、その日のうちに契約してしまいました。",
        "wish": "契約をやめたいです。",
        "how": "visit",
        "product": "給湯器",
        "business": "あおぞら設備",
        "contracted_on": day,
        "document": "yes",
        "document_on": day,
        "exceptions": ["none"],
        "amount": 480000,
        "paid": "none",
        "name": "見本 花子",
        "age": 72,
        "postcode": "9800811",
        "reply_by": "phone",
        "phone": "090-1234-5678",
    }


def png(width: int = 2, height: int = 2) -> bytes:
    """A real, tiny PNG picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xff\x00\x00" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture(autouse=True)
def _light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as in the product, but with little memory: the tests try hundreds of secrets."""
    for name, value in (("memory_cost", 64), ("time_cost", 1), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
