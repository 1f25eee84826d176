"""An engine in a process of its own for the tests, set up by a line of JSON."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

from caasis.telephony.adapters.embedded.process import serve
from caasis.telephony.adapters.embedded.settings import EngineSettings, Phone, Trunk

KEY = bytes(range(32))


def main() -> None:
    told = json.loads(sys.argv[1])
    folder = Path(told.pop("folder"))
    phones = {user: Phone(user=user, **more) for user, more in told.pop("phones", {}).items()}
    trunks = {}
    for name, more in told.pop("trunks", {}).items():
        trunks[name] = Trunk(name=name, address=tuple(more.pop("address")), **more)  # type: ignore[arg-type]
    first, last = told.pop("rtp_ports")
    lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    settings = EngineSettings(
        rtp_ports=range(first, last), socket=folder / "engine.sock", prompts=folder / "prompts",
        recordings=folder / "recordings", phones=phones, trunks=trunks, **{**told, **lists},
    )  # fmt: skip
    import faulthandler

    faulthandler.register(signal.SIGUSR1, all_threads=True)
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    serve(settings, stop, keys=lambda name: KEY)


if __name__ == "__main__":
    main()
