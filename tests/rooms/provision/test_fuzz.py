"""Generated requests against the API, as the schema allows them and as it forbids them.

Whatever comes, there is no server error, every status is a declared one, and every answer has the declared media type and
shape. `CAASIS_FUZZ_EXAMPLES=1000` looks longer and elsewhere; without it the examples are the same in every run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from caasis.provision.api import api as the_api
from tests.support.scene import Scene, client_of, scene, taken_back  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SNAPSHOT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
OPERATIONS = [
    (path, method.upper())
    for path, methods in json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"].items()
    for method in methods
]
LONGER = int(os.environ.get("CAASIS_FUZZ_EXAMPLES", "0"))
EXAMPLES = LONGER or 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
TOKEN = "f" * 32


@pytest.fixture
def schema() -> Iterator[Any]:
    """The schema over the WSGI application in this thread, on the connection that holds the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    loaded = schemathesis.openapi.from_dict(json.loads(json.dumps(the_api.get_openapi_schema(), default=str)))
    loaded.app = get_wsgi_application()
    yield loaded
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("role", ["counsellor", "public"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_generated_requests(
    path: str,
    method: str,
    mode: GenerationMode,
    role: str,
    scene: Scene,  # noqa: F811
    schema: Any,
) -> None:
    operation = schema[path][method]
    cookies = {"caasis_csrf": TOKEN}
    client = client_of(scene.town, role)
    if "caasis_session" in client.cookies:
        cookies["caasis_session"] = client.cookies["caasis_session"].value
    headers = {"X-CSRFToken": TOKEN, "Accept-Encoding": "identity"}
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
        with taken_back():
            # The schema names the session's cookie, and a made-up one would be nobody's.
            case.cookies = dict(cookies)
            response = case.call(headers=headers)
            tried.append(response.status_code)
            case.validate_response(response, checks=CHECKS)
            assert response.status_code < 400 or response.headers["content-type"] == ["application/problem+json"]

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE and not operation.body
        pytest.skip("any text is a possible number and secret: nothing that this operation takes can be wrong")
    assert tried
    if mode is GenerationMode.POSITIVE and role == "counsellor" and not real:
        assert any(status < 400 for status in tried), sorted(set(tried))
