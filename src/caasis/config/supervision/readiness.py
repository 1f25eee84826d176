"""Has a process only been started, or is it at work?

The supervisor knows that a process lives. One that dies while it imports its libraries, again and again, looks alive
most of the time. So each process notes its number when it begins its work.
"""

import contextlib
import dataclasses
import os

from caasis.config.supervision.configuration import POSTGRES
from caasis.config.supervision.home import Home
from caasis.config.supervision.remote import RUNNING, ProgramState, Supervisor


def note_ready(home: Home, name: str) -> None:
    """Note that this process, known to the supervisor as ``name``, begins its work."""
    with contextlib.suppress(OSError):  # Without the note the process is shown as starting; it still works.
        (home.run / f"{name}.ready").write_text(f"{os.getpid()}\n", encoding="ascii")


def program_states(home: Home) -> list[ProgramState]:
    """Return all supervised programs; one that lives but hasn't begun its work is STARTING.

    Raises ``SupervisorUnreachable``.
    """
    return [_corrected(home, state) for state in Supervisor(home.supervisor_socket).states()]


def _corrected(home: Home, state: ProgramState) -> ProgramState:
    if state.state != RUNNING or state.name == POSTGRES.name:
        return state
    try:
        noted = int((home.run / f"{state.name}.ready").read_text(encoding="ascii"))
    except (OSError, ValueError):
        noted = 0
    return state if noted == state.pid else dataclasses.replace(state, state="STARTING")
