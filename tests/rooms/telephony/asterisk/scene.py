"""Short ways of the tests of the Asterisk adapter."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from caasis.telephony.adapters.asterisk import AsteriskEngine, AsteriskSetup
from caasis.telephony.ports import EngineUnreachable
from tests.rooms.telephony.asterisk.server import PASSWORD, USER, Server
from tests.rooms.telephony.contract.asterisk_world import AsteriskWorld


def setup(server: Server, folder: Path, **more: object) -> AsteriskSetup:
    plain = AsteriskSetup(url=server.url, user=USER, password=PASSWORD, recordings=folder, timeout_s=2.0)
    return replace(plain, **more)  # type: ignore[arg-type]


def soon(check: Callable[[], bool], within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < until
        time.sleep(0.01)


def reached(engine: AsteriskEngine) -> bool:
    try:
        engine.snapshot()
    except EngineUnreachable:
        return False
    return True


def ours(world: AsteriskWorld) -> tuple[int, int]:
    """How many snoops and bridges there are."""
    snoops = sum(one.technology == "Snoop" for one in world.asterisk.channels.values())
    return snoops, len(world.asterisk.bridges)
