"""The engines over which the suite runs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from caasis.telephony.ports import TelephonyPort
from tests.rooms.telephony.contract.talk import Talk
from tests.rooms.telephony.contract.world import Setting, UnderTest, World


def _memory() -> Setting:
    from tests.rooms.telephony.contract.memory_world import memory

    return memory()


def _asterisk() -> Setting:
    from tests.rooms.telephony.contract.asterisk_world import asterisk

    return asterisk()


def _embedded() -> Setting:
    if find_spec("caasis.telephony.adapters.embedded") is None or find_spec(CLIENT) is None:
        pytest.skip(f"there is no {CLIENT} yet")
    # Here the engine of our own is plugged in: `embedded()` as `memory()` above, in a file of its own.
    from tests.rooms.telephony.contract.embedded_world import embedded

    return embedded()


CLIENT = "caasis.telephony.adapters.embedded.client"
SETTINGS = {"memory": _memory, "asterisk": _asterisk, "embedded": _embedded}


@pytest.fixture(params=["memory", *(pytest.param(one, marks=pytest.mark.slow) for one in ("asterisk", "embedded"))])
def under_test(request: pytest.FixtureRequest) -> Iterator[UnderTest]:
    """A fresh engine with its world."""
    with SETTINGS[request.param]() as made:
        yield made


@pytest.fixture
def port(under_test: UnderTest) -> TelephonyPort:
    return under_test.port


@pytest.fixture
def world(under_test: UnderTest) -> World:
    return under_test.world


@pytest.fixture
def talk(under_test: UnderTest) -> Talk:
    return Talk(under_test)
