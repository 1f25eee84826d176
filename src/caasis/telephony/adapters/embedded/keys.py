"""Keys of recordings, as long as the engine lives: never on a disk, never told again."""

from __future__ import annotations

from collections import OrderedDict

LENGTH = 32
_KEPT = 10_000


class NoSuchKey(KeyError):
    """Nobody has given the key of this name."""


class Keys:
    """Keys by their names. The one that was given longest ago goes when there are too many."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, bytes] = OrderedDict()

    def give(self, name: str, key: bytes) -> None:
        """Keep a key. Raises ValueError for another length than 32 octets."""
        if len(key) != LENGTH:
            raise ValueError("a key has 32 octets")
        self._of[name] = key
        self._of.move_to_end(name)
        if len(self._of) > _KEPT:
            self._of.popitem(last=False)

    def of(self, name: str) -> bytes:
        """A key. Raises NoSuchKey."""
        try:
            return self._of[name]
        except KeyError:
            raise NoSuchKey(name) from None
