"""The log: readable, one JSON object a line, nothing of a person in it, and libraries silent below WARNING."""

from __future__ import annotations

import io
import json
import logging
from logging.config import dictConfig
from typing import Any

import pytest
from django.conf import settings

from caasis.platform.logs import JsonFormatter, LibrariesOnlyWarn, without_values


@pytest.fixture
def written() -> Any:
    """The lines that the settings' own handler writes, without touching the loggers of the test run."""
    configuration = settings.LOGGING["handlers"]["standard"]
    assert configuration["filters"] == ["libraries"]
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(LibrariesOnlyWarn())

    def write(name: str, level: int, message: str, *args: object, **extra: object) -> dict[str, Any] | None:
        logger = logging.Logger(name, logging.DEBUG)
        logger.addHandler(handler)
        logger.log(level, message, *args, extra=extra or None)
        text = out.getvalue()
        out.truncate(0)
        out.seek(0)
        return json.loads(text) if text else None

    return write


@pytest.mark.parametrize("name", ["httpx", "httpcore", "uvicorn.error", "caasisish", "procrastinate.worker"])
def test_a_library_is_silent_below_warning(name: str, written: Any) -> None:
    assert written(name, logging.DEBUG, "connect %s", "host") is None
    assert written(name, logging.INFO, "HTTP Request: %s %s", "GET", "https://example.invalid/?name=hanako") is None
    assert written(name, logging.WARNING, "pool is full") is not None


def test_a_librarys_warning_is_readable_and_without_values(written: Any) -> None:
    line = written("httpx", logging.WARNING, 'HTTP Request: %s %s "%s %d"', "GET", "https://x.invalid/hanako", "no", 500)
    assert line["message"] == 'HTTP Request: … … "… …"'
    assert "hanako" not in json.dumps(line)


def test_own_information_is_written_with_its_named_fields(written: Any) -> None:
    line = written("caasis.accounts.jobs", logging.INFO, "expired sessions deleted", count=3, name_of_person="hanako")
    assert line["message"] == "expired sessions deleted" and line["count"] == 3
    assert "hanako" not in json.dumps(line)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("nothing to fill", "nothing to fill"),
        ("%(name)s took %.2f s, 50%% of %r", "… took … s, 50% of …"),
        ("100% sure", "100% sure"),
        ("%-10s|%+5d|%x", "…|…|…"),
    ],
)
def test_places_of_values_are_marked(message: str, expected: str) -> None:
    assert without_values(message) == expected


def test_the_settings_configure() -> None:
    """The dictionary names classes that exist; the run's own handlers come back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        dictConfig({**settings.LOGGING, "loggers": {}})
        [made] = [one for one in root.handlers if one not in before]
        assert isinstance(made.formatter, JsonFormatter)
        assert any(isinstance(one, LibrariesOnlyWarn) for one in made.filters)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
