"""Checks requests and events against the shapes of Asterisk's REST interface (`ari_schema.json`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "ari_schema.json").read_text(encoding="utf-8"))
_PLAIN: dict[str, tuple[type, ...]] = {"string": (str,), "int": (int,), "float": (int, float), "boolean": (bool,)}


class Violation(Exception):
    """What was sent is not in the published interface."""


@dataclass(frozen=True)
class Route:
    """A resource that was asked for: its template and what stands in the braces."""

    name: str
    arguments: dict[str, str]
    returns: str
    errors: tuple[int, ...]


def check_request(method: str, path: str, query: Mapping[str, list[str]], body: bytes) -> Route:
    """The resource of a request. Raises Violation for an unknown one, and for wrong, missing or unknown parameters."""
    name, arguments, entry = _find(method, path)
    declared = entry.get("query", {})
    for parameter, values in query.items():
        if parameter not in declared:
            raise Violation(f"{name} has no parameter {parameter}")
        if len(values) != 1:
            raise Violation(f"{name}: {parameter} was told twice")
        _check_word(f"{name}: {parameter}", declared[parameter], values[0])
    missing = [one for one, kind in declared.items() if kind.endswith("!") and one not in query]
    if missing:
        raise Violation(f"{name} needs {missing}")
    if body:
        _check_body(name, entry, body)
    return Route(name, arguments, entry.get("returns", ""), tuple(entry["errors"]))


def check_event(event: Mapping[str, Any]) -> None:
    """Raises Violation for an event that Asterisk does not send like this."""
    fields = SCHEMA["event"] | SCHEMA["events"][event["type"]]
    _check_fields(event["type"], fields, event)


def check_value(where: str, kind: str, value: Any) -> None:
    """Raises Violation for a value that is not of this type."""
    kind = kind.removesuffix("!")
    if kind.startswith("["):
        if not isinstance(value, list):
            raise Violation(f"{where} is a list")
        for one in value:
            check_value(where, kind[1:-1], one)
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind != "boolean"):
            raise Violation(f"{where} is a {kind}, not {value!r}")
    elif kind == "date":
        datetime.fromisoformat(value)
    elif kind in SCHEMA["models"]:
        _check_fields(where, SCHEMA["models"][kind], value)
    elif kind != "any" and value not in kind.split("|"):
        raise Violation(f"{where} is one of {kind}, not {value!r}")


def _find(method: str, path: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    # A path without braces is more precise than one with: /channels/externalMedia is no channel's name.
    for name in sorted(SCHEMA["resources"], key=lambda one: one.count("{")):
        verb, template = name.split(" ")
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
        if verb == method and found:
            return name, found.groupdict(), SCHEMA["resources"][name]
    raise Violation(f"there is no {method} {path}")


def _check_word(where: str, kind: str, value: str) -> None:
    kind = kind.removesuffix("!")
    if kind == "int":
        if not re.fullmatch(r"-?[0-9]+", value):
            raise Violation(f"{where} is a number, not {value!r}")
    elif kind == "boolean":
        if value not in ("true", "false"):
            raise Violation(f"{where} is true or false, not {value!r}")
    elif kind.endswith("*"):
        for one in value.split(","):
            check_value(where, kind.removesuffix("*"), one)
    else:
        check_value(where, kind, value)


def _check_body(name: str, entry: Mapping[str, Any], body: bytes) -> None:
    told = json.loads(body)
    if "body" not in entry or set(told) != {entry["body"]}:
        raise Violation(f"{name} takes no such body: {sorted(told)}")
    if not all(isinstance(value, str) for value in told[entry["body"]].values()):
        raise Violation(f"{name}: variables are words")


def _check_fields(where: str, fields: Mapping[str, str], value: Any) -> None:
    if not isinstance(value, dict):
        raise Violation(f"{where} is an object")
    for name in value:
        if name not in fields:
            raise Violation(f"{where} has no field {name}")
    for name, kind in fields.items():
        if name in value:
            check_value(f"{where}.{name}", kind, value[name])
        elif kind.endswith("!"):
            raise Violation(f"{where} needs {name}")
