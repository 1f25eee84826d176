"""Who owns personal data: each model registers its sealed fields, its centre, and how its rows are erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from caasis.kernel.actor import Actor, Purpose


@dataclass(frozen=True, slots=True)
class PersonalData:
    """How one model's personal data are treated.

    `fields` maps a sealed field to its Japanese label. `centre_of` gives the centre inside which they may be opened.
    `may_open(obj, actor, purpose)` narrows further; None means every member of the centre with a stated purpose.
    """

    model: type
    kind: str
    fields: dict[str, str]
    centre_of: Callable[[Any], UUID | None]
    key_of: Callable[[Any], UUID]
    may_open: Callable[[Any, Actor, Purpose], bool] | None = None


_registered: dict[str, PersonalData] = {}


def register_personal_data(entry: PersonalData) -> None:
    label = entry.model._meta.label  # type: ignore[attr-defined]
    if label in _registered:
        raise ValueError(f"{label} registers its personal data twice")
    _registered[label] = entry


def personal_data_of(obj_or_model: Any) -> PersonalData:
    """The registration of a model; a model with sealed fields and none is a programming error."""
    return _registered[obj_or_model._meta.label]


def registrations() -> list[PersonalData]:
    return [_registered[label] for label in sorted(_registered)]
