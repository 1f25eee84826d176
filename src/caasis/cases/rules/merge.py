"""Two people on one card: what merges by itself, and what a person must decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Merge:
    """`apply` can be saved at once; `overlaps` maps a field to (mine, theirs)."""

    apply: dict[str, Any]
    overlaps: dict[str, tuple[Any, Any]]

    @property
    def clean(self) -> bool:
        return not self.overlaps


def merge_changes(*, mine: Mapping[str, Any], current: Mapping[str, Any], changed_since: frozenset[str]) -> Merge:
    """Merge my changes into a card that others saved since I opened it.

    A field that only I changed is taken. A field that both changed to the same value is no conflict. The rest overlaps.
    """
    apply: dict[str, Any] = {}
    overlaps: dict[str, tuple[Any, Any]] = {}
    for name, value in mine.items():
        if name in changed_since and current.get(name) != value:
            overlaps[name] = (value, current.get(name))
        elif current.get(name) != value:
            apply[name] = value
    return Merge(apply, overlaps)
