"""What the API says of itself: every error that can occur is declared, as the problem document that it is.

Operations declare the errors that their own work can end in (409, 429). What any request can run into (a body that is no
JSON, a missing login, an absent object) is added here, in one place, so that nobody has to remember it.
"""

from __future__ import annotations

from http.client import responses
from typing import Any

from ninja import NinjaAPI

PROBLEM_TYPE = "application/problem+json"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


class DescribedAPI(NinjaAPI):
    """The API with an honest description."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path, methods in schema["paths"].items():
            for operation in methods.values():
                _declare_errors(path, operation)
        return schema


def _declare_errors(path: str, operation: dict[str, Any]) -> None:
    declared: dict[int, Any] = operation["responses"]
    codes = {status for status in declared if int(status) >= 400} | {400}
    if operation.get("security"):
        codes |= {401, 403}
    if "{" in path:
        codes.add(404)
    if operation.get("parameters") or "requestBody" in operation:
        codes.add(422)
    if "requestBody" in operation:
        codes |= {413, 415}
    for status in codes:
        declared[status] = {"description": responses[status], "content": {PROBLEM_TYPE: {"schema": _PROBLEM}}}
    operation["responses"] = {status: declared[status] for status in sorted(declared)}
