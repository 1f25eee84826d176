"""An engine whose time the test makes pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms.telephony.media.telephone import Exchange


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """A media engine that is not started: each `tick` is one of its."""
    made = Exchange(tmp_path)
    yield made
    made.close()
