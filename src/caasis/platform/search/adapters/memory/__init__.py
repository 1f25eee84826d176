"""The plain index in memory: the same contract, naively, for tests of other rooms and tiny installations."""

from caasis.platform.search.adapters.memory.index import MemoryIndex

__all__ = ["MemoryIndex"]
