"""Who owns personal data: each model registers its sealed fields, its centre, and how its rows are erased."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from caasis.kernel.actor import Actor, Purpose


@dataclass(frozen=True, slots=True)
class BlindIndex:
    """A column that finds a sealed field's value without showing it.

    `kind` is one of phone, mail, name, or a function that tells it from the row (a contact point is either).
    """

    sealed: str
    kind: str | Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """How one model's personal data are treated.

    `fields` maps a sealed field to its Japanese label. `centre_of` gives the centre inside which they may be opened.
    `may_open(obj, actor, purpose)` narrows further; None means every member of the centre with a stated purpose.
    `key_path` is the look-up from a row to its record key's id (`record_key_id`, `person__record_key_id`): by it erasure
    finds the rows and their history. `blind` maps an index column to what it indexes; such a model has `index_version`.
    `masks` maps a field to the function that makes the form for lists; a field without one is hidden there.
    `belongs_to(obj)` names other objects, as (kind, id), whose opening in an emergency opens this one too.
    """

    model: type
    kind: str
    fields: dict[str, str]
    centre_of: Callable[[Any], UUID | None]
    key_of: Callable[[Any], UUID]
    may_open: Callable[[Any, Actor, Purpose], bool] | None = None
    key_path: str = ""
    blind: Mapping[str, BlindIndex] = field(default_factory=dict)
    masks: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    belongs_to: Callable[[Any], Iterable[tuple[str, UUID]]] | None = None


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


# --- openings in an emergency -----------------------------------------------------------------------------------------
# Who may open in an emergency is decided above this room (accounts), which registers the question here.

EmergencyQuestion = Callable[[Actor, UUID | None, Iterable[tuple[str, UUID]]], bool]
_emergency: list[EmergencyQuestion] = []


def register_emergency_question(question: EmergencyQuestion) -> None:
    """Register who answers: does this actor hold an emergency access to one of these objects of that centre?"""
    _emergency[:] = [question]


def holds_emergency_access(actor: Actor, obj: Any) -> bool:
    """Whether an opening in an emergency holds for this object, or for one that it belongs to."""
    entry = personal_data_of(obj)
    objects = [(entry.kind, obj.pk), *(entry.belongs_to(obj) if entry.belongs_to else ())]
    return any(question(actor, entry.centre_of(obj), objects) for question in _emergency)
