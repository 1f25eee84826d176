"""One ``caasis up`` per home.

The lock is a kernel lock on an open file: it ends with its holders, whatever kills them. The supervisor inherits it, so
that it stays held as long as anything of the installation runs.
"""

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: the process of ``caasis up``, its port, and its address in a browser."""

    pid: int
    port: int
    url: str = ""


class AlreadyRunning(Exception):
    """Somebody else holds the lock."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__()
        self.holder = holder

    def __str__(self) -> str:
        if self.holder is None:
            return "すでに動いています。"
        return f"すでに動いています（ポート{self.holder.port}、pid {self.holder.pid}）。"


class UpLock:
    """The lock of one home. ``take`` either holds it until this process ends or raises ``AlreadyRunning``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take(self, holder: Holder) -> None:
        """Take the lock and write who holds it."""
        # Opened for appending: a loser must not empty what the holder has written.
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise AlreadyRunning(read_holder(self.path)) from None
        self._file = file
        self.note(holder)

    def note(self, holder: Holder) -> None:
        """Write who holds the lock."""
        if self._file is None:
            raise RuntimeError("the lock isn't held")
        self._file.truncate(0)
        self._file.write(json.dumps(vars(holder)))
        self._file.flush()

    def fileno(self) -> int:
        """Return the descriptor that the supervisor inherits."""
        if self._file is None:
            raise RuntimeError("the lock isn't held")
        return self._file.fileno()


def read_holder(path: Path) -> Holder | None:
    """Return what the holder wrote, or None when it isn't readable (yet)."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    with contextlib.closing(os.fdopen(descriptor)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
