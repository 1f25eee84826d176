"""What a process that carries sound sets for itself, once, when everything is loaded."""

from __future__ import annotations

import gc
import resource
import sys

#: Seconds that another thread may keep the interpreter from the one that ticks; Python's own 5 ms are a quarter of a tick.
_SWITCH_S = 0.0005


def tune_process() -> None:
    """Let ticks be on time: quick turns among threads, no search for garbage among what is loaded, enough descriptors.

    For the engine's own process, at the end of its start; it changes the whole interpreter.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
