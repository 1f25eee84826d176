"""A reference number for each request: on error pages, in log lines and in the access log."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from caasis.platform.logs import request_reference

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class ReferenceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        request.reference = reference  # type: ignore[attr-defined]
        token = request_reference.set(reference)
        try:
            response = self.get_response(request)
        finally:
            request_reference.reset(token)
        response["X-Reference"] = reference
        return response
