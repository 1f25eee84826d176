"""One transaction a request. It opens in the public's scope; the actor's scope is set once the actor is known."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from caasis.kernel.actor import PUBLIC
from caasis.platform.transactions import set_scope

#: Answered without a database, so that they work while it is away.
_WITHOUT = ("/static/", "/healthz")


class RequestTransactionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_WITHOUT):
            return self.get_response(request)
        with transaction.atomic():
            set_scope(PUBLIC)
            response = self.get_response(request)
            if response.status_code >= 500 or getattr(request, "undo_transaction", False):
                # Nothing half-written: an answer that failed leaves no trace but its log line.
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        request.undo_transaction = True  # type: ignore[attr-defined]
