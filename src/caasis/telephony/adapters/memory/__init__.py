"""An engine in memory for tests and drills: `MemoryEngine` is the port, `World` everybody at the other end of a line."""

from caasis.telephony.adapters.memory.engine import MemoryEngine
from caasis.telephony.adapters.memory.world import World

__all__ = ["MemoryEngine", "World"]
