"""The server's process: is it ours, is it alive, and what is left of one that was killed."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import psutil

PID_FILE = "postmaster.pid"
PR_SET_PDEATHSIG = 1


def recorded_pid(lock: Path) -> int | None:
    """Return the process id in one of the server's lock files, or None when there is no usable one."""
    try:
        first = lock.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        return abs(int(first))
    except (OSError, ValueError):
        return None


def server_pid(data: Path) -> int | None:
    """Return the id of the living server of this data folder.

    The lock file alone proves nothing: after ``kill -9`` it stays, and its number may belong to another process by now.
    A server's working directory is its data folder.
    """
    pid = recorded_pid(data / PID_FILE)
    return pid if pid is not None and _works_in(pid, data) else None


def leftover_pids(data: Path) -> list[int]:
    """Return every living process whose working directory is the data folder (the server and its back ends)."""
    return [process.pid for process in psutil.process_iter() if _works_in(process.pid, data)]


def clear_stale_locks(data: Path, socket_lock: Path, *, patience: float = 10.0) -> None:
    """Remove lock files that would hinder the next start although their server is dead.

    PostgreSQL itself copes with lock files whose process is gone. It refuses to start when the number has meanwhile
    been given to another process of the same account. The files also guard back ends that outlive a killed server (they
    may still write), so they are removed only after the last of them has left; ``patience`` is in seconds.
    """
    pid = recorded_pid(data / PID_FILE)
    if pid is not None and _works_in(pid, data):
        return
    deadline = time.monotonic() + patience
    while leftover_pids(data):
        if time.monotonic() > deadline:
            return  # The server decides: it checks the shared memory segment named in the file.
        time.sleep(0.05)
    for lock in (data / PID_FILE, socket_lock):
        number = recorded_pid(lock)
        # No number: the machine went down while the file was written.
        if number is None or psutil.pid_exists(number):
            lock.unlink(missing_ok=True)


def process_exists(pid: int) -> bool:
    """Whether any process has this number now."""
    return bool(psutil.pid_exists(pid))


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send ``number`` to this process when its parent ends (Linux; elsewhere nothing happens).

    A child must not outlive the process that watches over it, however that one dies.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def end_with_supervisor(number: signal.Signals = signal.SIGTERM) -> None:
    """Like ``end_with_parent`` for a child of supervisord, which may have died before this call: then end at once.

    Does nothing in a process that supervisord (which marks its children) hasn't started.
    """
    if not os.environ.get("SUPERVISOR_ENABLED"):
        return
    end_with_parent(number)
    if sys.platform == "linux" and not _is_supervisor(os.getppid()):
        os.kill(os.getpid(), number)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal, ignoring that the process may have left already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _works_in(pid: int, folder: Path) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False


def _is_supervisor(pid: int) -> bool:
    try:
        return any("supervisor" in part for part in psutil.Process(pid).cmdline())
    except psutil.Error:
        return False
