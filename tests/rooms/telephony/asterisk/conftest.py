"""An Asterisk with the adapter, and one alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rooms.telephony.asterisk.server import Server
from tests.rooms.telephony.contract.asterisk_world import AsteriskWorld, asterisk
from tests.rooms.telephony.contract.talk import Talk


@pytest.fixture
def talk() -> Iterator[Talk]:
    with asterisk() as made:
        yield Talk(made)


@pytest.fixture
def world(talk: Talk) -> AsteriskWorld:
    assert isinstance(talk.world, AsteriskWorld)
    return talk.world


@pytest.fixture
def server() -> Iterator[Server]:
    """An Asterisk alone."""
    made = Server(sounds={})
    yield made
    made.kill()
    assert not made.violations, made.violations
