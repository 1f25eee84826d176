"""The index in memory keeps the contract."""

from __future__ import annotations

import pytest

from caasis.platform.search.adapters.memory import MemoryIndex
from tests.rooms.platform.search.contract import SearchContract
from tests.rooms.platform.search.documents import TODAY


class TestMemoryIndex(SearchContract):
    @pytest.fixture
    def index(self) -> MemoryIndex:
        return MemoryIndex(today=lambda: TODAY)
