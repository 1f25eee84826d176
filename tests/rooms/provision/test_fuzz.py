"""Generated requests against the API, as the schema allows them and as it forbids them.

Whatever comes, there is no server error, every status is a declared one, and every answer has the declared media type and
shape. `CAASIS_FUZZ_EXAMPLES=1000` looks longer and elsewhere; without it the examples are the same in every run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from caasis.provision.api import api as the_api
from tests.support.scene import Scene, make_scene

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(1200)]

SNAPSHOT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
OPERATIONS = [
    (path, method.upper())
    for path, methods in json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"].items()
    for method in methods
]
LONGER = int(os.environ.get("CAASIS_FUZZ_EXAMPLES", "0"))
EXAMPLES = LONGER or 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
TOKEN = "f" * 32


@pytest.fixture
def scene(town: Any) -> Scene:
    return make_scene(town)


@pytest.fixture
def schema() -> Any:
    loaded = schemathesis.openapi.from_dict(json.loads(json.dumps(the_api.get_openapi_schema(), default=str)))
    loaded.app = get_wsgi_application()
    return loaded


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("role", ["counsellor", "public"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_generated_requests(
    path: str, method: str, mode: GenerationMode, role: str, scene: Scene, schema: Any, client_for: Any
) -> None:
    operation = schema[path][method]
    cookies = {"caasis_csrf": TOKEN}
    client = client_for(role)
    if "caasis_session" in client.cookies:
        cookies["caasis_session"] = client.cookies["caasis_session"].value
    headers = {"X-CSRFToken": TOKEN, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    known = {"case_id": str(scene.open_case.id), "receipt_number": scene.receipt_number}
    real = {name: value for name, value in known.items() if "{" + name + "}" in path}
    strategy = operation.as_strategy(generation_mode=mode)
    if real:
        # Ids that exist, beside invented ones: else nothing behind the look-up would ever be tried.
        strategy = st.one_of(strategy, operation.as_strategy(generation_mode=mode, path_parameters=real))
    tried: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=not LONGER,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(case=strategy)
    def run(case: Any) -> None:
        cache.clear()
        before = transaction.savepoint()
        try:
            response = case.call(headers=headers)
            tried.append(response.status_code)
            case.validate_response(response, checks=CHECKS)
            assert response.status_code < 400 or response.headers["content-type"] == ["application/problem+json"]
        finally:
            transaction.savepoint_rollback(before)

    run()
    assert tried
    if mode is GenerationMode.POSITIVE and role == "counsellor" and not real:
        assert any(status < 400 for status in tried), sorted(set(tried))
