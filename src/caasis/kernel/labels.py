"""Codes with their Japanese label, for terms that are the product's own (official lists are data)."""

from __future__ import annotations

from enum import StrEnum


class LabelledCode(StrEnum):
    """A code that is stored, and `label`, the words that people read: `PHONE = "phone", "電話"`."""

    label: str

    def __new__(cls, code: str, label: str = "") -> LabelledCode:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """(code, label) in the order of the class, for forms."""
        return [(member.value, member.label) for member in cls]

    @classmethod
    def words(cls, code: str) -> str:
        """The label of a code; an unknown code is shown as it is, never dropped."""
        return cls(code).label if code in cls._value2member_map_ else code
