"""Telling what happens, on a thread of its own: whoever listens may take his time, and no tick waits for him."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from caasis.telephony.adapters.embedded.media.happenings import MediaHappening

log = logging.getLogger(__name__)


class Teller:
    """Tells happenings one after another. As long as the thread was not started, it tells at once."""

    def __init__(self, on_happening: Callable[[MediaHappening], None]) -> None:
        self._on_happening = on_happening
        self._waiting: queue.SimpleQueue[MediaHappening | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="media-happenings", daemon=True)
        self._started = False

    def start(self) -> None:
        """Start the thread."""
        self._started = True
        self._thread.start()

    def stop(self) -> None:
        """Tell what waits, and end the thread."""
        self._waiting.put(None)
        if self._started:
            self._thread.join()

    def tell(self, happening: MediaHappening) -> None:
        """Something happened."""
        if self._started:
            self._waiting.put(happening)
        else:
            self._tell(happening)

    def _run(self) -> None:
        while (happening := self._waiting.get()) is not None:
            self._tell(happening)

    def _tell(self, happening: MediaHappening) -> None:
        try:
            self._on_happening(happening)
        except Exception:
            log.exception("a happening was not taken")
