"""Structured logs: one JSON object a line, with the request's reference number and without personal data.

Only named fields are written. Exceptions are written as type and place; their messages may quote values typed by
people, so they stay out. Libraries are heard from WARNING on, and without the values that they put into their sentences.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_reference: ContextVar[str] = ContextVar("request_reference", default="")

#: Fields that callers may add with `extra=`; everything else is dropped.
_ALLOWED = ("consumer", "topic", "position", "attempt", "status", "method", "route", "job", "count", "seconds", "check")

#: A place for a value in a %-formatted message, as `%s`, `%(name)r` or `%.2f`; `%%` is a percent sign.
_PLACEHOLDER = re.compile(r"%(?:%|(?:\([^)]*\))?[#0\-+]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[hlL]?[diouxXeEfFgGcrsa])")


def is_own(record: logging.LogRecord) -> bool:
    """Whether the product itself wrote the record: its messages are constant texts and its arguments are known."""
    return record.name == "caasis" or record.name.startswith("caasis.")


class LibrariesOnlyWarn(logging.Filter):
    """Lets through what the product says, and of libraries what is a warning or worse.

    A library's INFO names addresses and requests; nobody decides here what they carry.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return is_own(record) or record.levelno >= logging.WARNING


def without_values(message: str) -> str:
    """A message with `…` where its values would stand."""
    return _PLACEHOLDER.sub(lambda found: "%" if found[0] == "%%" else "…", message)


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON. Messages of our own are constant texts; arguments are not interpolated for others."""

    def format(self, record: logging.LogRecord) -> str:
        own = is_own(record)
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # A library's message may carry values as arguments: only its constant part is kept.
            "message": record.getMessage() if own or not record.args else without_values(str(record.msg)),
        }
        reference = request_reference.get()
        if reference:
            line["reference"] = reference
        for name in _ALLOWED:
            if name in record.__dict__:
                line[name] = record.__dict__[name]
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-6:]
            line["error"] = record.exc_info[0].__name__
            line["where"] = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False, default=str)
