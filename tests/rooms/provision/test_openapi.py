"""docs/openapi.json is what the API says of itself, and says it honestly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from caasis.provision.api import api as the_api

SNAPSHOT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
UNSAFE = ("post", "patch", "put", "delete")


@pytest.fixture
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(the_api.get_openapi_schema(), default=str))
    return loaded


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in schema["paths"].items() for method, one in methods.items()]


def test_the_committed_snapshot_is_the_schema(schema: dict[str, Any]) -> None:
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == schema, "run bin/openapi and read the difference"


def test_it_is_served_where_it_was_promised(client: Any, db: None, schema: dict[str, Any]) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200 and answer.json() == schema


def test_every_operation_says_what_it_is(schema: dict[str, Any]) -> None:
    found = operations(schema)
    assert len(found) >= 9
    names = [one["operationId"] for _, _, one in found]
    assert len(set(names)) == len(names)
    for path, method, one in found:
        assert one["summary"] and one["description"], (path, method)


def test_errors_are_declared_as_problem_documents(schema: dict[str, Any]) -> None:
    for path, method, one in operations(schema):
        errors = {status: answer for status, answer in one["responses"].items() if int(status) >= 400}
        assert "400" in errors, (path, method)
        if one.get("security"):
            assert {"401", "403"} <= errors.keys(), (path, method)
        if "{" in path:
            assert "404" in errors, (path, method)
        if method in UNSAFE:
            assert {"413", "415", "422"} <= errors.keys(), (path, method)
        for status, answer in errors.items():
            assert list(answer["content"]) == ["application/problem+json"], (path, method, status)
            shape = answer["content"]["application/problem+json"]["schema"]
            assert shape == {"$ref": "#/components/schemas/Problem"}, (path, method, status)


def test_problem_requires_what_rfc_9457_names(schema: dict[str, Any]) -> None:
    problem = schema["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail"} <= set(problem["required"])
    assert {"instance", "errors"} <= problem["properties"].keys()
