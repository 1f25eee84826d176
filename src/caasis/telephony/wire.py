"""Commands and signals as JSON: one object each, `kind` names the class, moments are ISO 8601 with their offset.

The engine is another process, and may be another programme on another machine; what passes between it and the
switchboard is therefore text that can be kept, replayed and compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

Message = TypeVar("Message")


class NotOurs(ValueError):
    """The text is no message of this family: not JSON, of an unknown kind, or with a wrong, missing or unknown field."""


def to_wire(message: Any) -> dict[str, Any]:
    """A command or a signal as JSON values, with its class's name as `kind`."""
    plain: dict[str, Any] = _shape(type(message)).dump_python(message, mode="json", warnings="error")
    return {"kind": type(message).__name__} | plain


def dump(message: Any) -> bytes:
    """A command or a signal as one line of JSON, without the line's end."""
    return to_json(to_wire(message))


def load(line: str | bytes, family: Mapping[str, type[Message]]) -> Message:
    """The message of this line, if it belongs to the family (name → class). Raises NotOurs."""
    try:
        data = from_json(line)
    except ValueError as error:
        raise NotOurs("not JSON") from error
    return from_wire(data, family)


def from_wire(data: Any, family: Mapping[str, type[Message]]) -> Message:
    """The message of these JSON values. Raises NotOurs."""
    if not isinstance(data, dict) or not isinstance(kind := data.get("kind"), str) or kind not in family:
        raise NotOurs("of an unknown kind")
    given = {name: value for name, value in data.items() if name != "kind"}
    try:
        message: Message = _shape(family[kind]).validate_json(to_json(given), strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise NotOurs(f"{kind}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return message


#: One reader and writer for each kind of message; making one takes milliseconds.
_SHAPES: dict[type[Any], TypeAdapter[Any]] = {}


def _shape(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _SHAPES:
        _SHAPES[kind] = TypeAdapter(kind)
    return _SHAPES[kind]
