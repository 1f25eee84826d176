"""What the API's tests share: calls as a program makes them, and the shape of every error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

BASE = "/api/v1"


@pytest.fixture(autouse=True)
def _no_old_limits() -> None:
    cache.clear()


def call(client: Any, method: str, path: str, payload: Any = None, **headers: str) -> Any:
    """One request with a JSON body; `headers` with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if payload is None else json.dumps(payload).encode()
    return client.generic(method, f"{BASE}{path}", body, content_type="application/json", headers=named)


@pytest.fixture
def api(client_for: Callable[[str], Any]) -> Callable[..., Any]:
    """`api("counsellor", "POST", "/cases", {…}, Idempotency_Key="a")`."""
    clients: dict[str, Any] = {}

    def request(role: str, method: str, path: str, payload: Any = None, **headers: str) -> Any:
        client = clients.setdefault(role, client_for(role))
        return call(client, method, path, payload, **headers)

    return request


def assert_problem(response: Any, status: int, *, code: str = "", field: str = "") -> dict[str, Any]:
    """The answer is an RFC 9457 problem document that names the request, in words that a person can act on."""
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:caasis:problem:")
    assert body["title"] and "。" in body["detail"], body
    assert body["instance"] == f"urn:caasis:reference:{response['X-Reference']}"
    if code:
        assert body["type"] == f"urn:caasis:problem:{code}"
    if field:
        assert body["errors"][field], body
    return body
