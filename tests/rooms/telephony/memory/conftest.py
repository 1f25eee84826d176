"""A fresh engine for each test."""

from __future__ import annotations

import pytest

from tests.rooms.telephony.memory.line import Line


@pytest.fixture
def line() -> Line:
    return Line()
