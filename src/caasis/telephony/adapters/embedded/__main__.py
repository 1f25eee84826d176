"""`python -m caasis.telephony.adapters.embedded`: the engine alone, as the environment says, until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from caasis.telephony.adapters.embedded.process import run
from caasis.telephony.adapters.embedded.settings import BadSettings


def main() -> int:
    """Run; 2 where the settings are wrong or a port is taken."""
    logging.basicConfig(level=os.environ.get("CAASIS_LOG_LEVEL", "INFO"), stream=sys.stderr)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(stop)
    except (BadSettings, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
