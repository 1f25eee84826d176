"""The sound of a telephone: 8,000 samples a second, carried in frames of 20 ms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Samples a second.
RATE = 8_000
#: Samples in a frame.
FRAME = 160
#: Seconds that a frame lasts, and between two ticks of the engine.
TICK_S = FRAME / RATE

#: 16-bit samples; one frame a row where there are two axes.
Samples = npt.NDArray[np.int16]
#: Codes of G.711.
Codes = npt.NDArray[np.uint8]
#: Numbers of places: where in its arrays the engine keeps what belongs to a leg.
Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
AnyArray = npt.NDArray[Any]
