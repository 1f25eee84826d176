"""One transaction a request. It opens in the public's scope; the actor's scope is set once the actor is known."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from caasis.kernel.actor import PUBLIC, Actor
from caasis.platform.transactions import set_scope

#: Answered without a database, so that they work while it is away.
_WITHOUT = ("/static/", "/healthz")


class _RequestTransaction:
    """The transaction of a request. Work on many things commits between two of them, so that what is done holds."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._atomic: Any = None

    def begin(self, actor: Actor) -> None:
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            set_scope(actor)
        except BaseException:
            # The database went away just now. Left open, the block would refuse every later request of this thread.
            atomic.__exit__(*sys.exc_info())
            raise
        self._atomic = atomic

    def end(self, *error: Any) -> None:
        atomic, self._atomic = self._atomic, None
        if atomic is not None:
            atomic.__exit__(*(error or (None, None, None)))

    @property
    def is_open(self) -> bool:
        return self._atomic is not None

    def commit_so_far(self) -> None:
        """Commit what was done and begin anew for the request's actor. Not inside a transaction of one's own."""
        self.end()
        self.begin(getattr(self._request, "actor", PUBLIC))


class RequestTransactionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_WITHOUT):
            return self.get_response(request)
        work = _RequestTransaction(request)
        work.begin(PUBLIC)
        request.commit_so_far = work.commit_so_far  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            failed = response.status_code >= 500 or getattr(request, "undo_transaction", False)
            # There is none to undo when the database was lost between two parts of the work.
            if failed and work.is_open:
                # Nothing half-written: an answer that failed leaves no trace but its log line.
                transaction.set_rollback(True)
        except BaseException:
            work.end(*sys.exc_info())
            raise
        work.end()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        request.undo_transaction = True  # type: ignore[attr-defined]
