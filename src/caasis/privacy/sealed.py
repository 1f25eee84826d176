"""Sealed values and the model field that holds them. A sealed attribute is never a `str`."""

from __future__ import annotations

from typing import Any

from django.db import models


class Sealed:
    """Ciphertext as it lies in the table. Shows as 「［封］」 wherever it is printed by mistake."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = bytes(data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __str__(self) -> str:
        return "［封］" if self.data else ""

    __repr__ = __str__


EMPTY = Sealed(b"")


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """A column of sealed text. Reads as Sealed; takes Sealed only, so that no clear text can slip in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", b"")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_default(self) -> Any:
        return EMPTY

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed:
        return Sealed(bytes(value or b""))

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Sealed) else Sealed(bytes(value or b""))

    def get_prep_value(self, value: Any) -> Any:
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.name} takes a Sealed value, not {type(value).__name__}: use privacy.services.seal")
        return value.data
