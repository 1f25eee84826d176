"""Structured logs: one JSON object a line, with the request's reference number and without personal data.

Only named fields are written. Exceptions are written as type and place; their messages may quote values typed by
people, so they stay out.
"""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_reference: ContextVar[str] = ContextVar("request_reference", default="")

#: Fields that callers may add with `extra=`; everything else is dropped.
_ALLOWED = ("consumer", "topic", "position", "attempt", "status", "method", "route", "job", "count", "seconds", "check")


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON. Messages of our own are constant texts; arguments are not interpolated for others."""

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.startswith("caasis")
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # A library's message may carry values as arguments: only its constant part is kept.
            "message": record.getMessage() if own or not record.args else str(record.msg),
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
