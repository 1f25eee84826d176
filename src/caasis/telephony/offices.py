"""The directory of offices to which flows send callers. It lies in a room on this floor, which this one doesn't know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from caasis.engines.ivr.happenings import Office

Directory = Callable[[UUID], Mapping[str, tuple[str, str]]]
_directory: list[Directory] = []


def register_offices(directory: Directory) -> None:
    """Register who knows the offices of a centre: code → (name, number as it is written)."""
    _directory[:] = [directory]


def knows_offices() -> bool:
    """Whether a directory is registered."""
    return bool(_directory)


def offices_of(centre_id: UUID) -> Mapping[str, Office]:
    """The offices to which flows of the centre can send callers, by code."""
    found = _directory[0](centre_id) if _directory else {}
    return {code: Office(name, number) for code, (name, number) in found.items()}
