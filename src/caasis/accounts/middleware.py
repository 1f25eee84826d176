"""Puts the actor on the request, sets the transaction's scope, and turns domain errors into answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.audit.services import current_reference
from caasis.kernel.actor import PUBLIC
from caasis.kernel.errors import DomainError
from caasis.platform.errors import domain_error_response
from caasis.platform.transactions import set_scope


class ActorMiddleware:
    def __init__(self, get_response) -> None:  # type: ignore[no-untyped-def]
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = PUBLIC  # type: ignore[attr-defined]
        if request.path.startswith("/static/") or request.path == "/healthz":
            return self.get_response(request)
        user = request.user
        if isinstance(user, User) and user.is_authenticated:
            request.actor = actor_of(user)  # type: ignore[attr-defined]
            set_scope(request.actor)  # type: ignore[attr-defined]
        token = current_reference.set(getattr(request, "reference", ""))
        try:
            return self.get_response(request)
        finally:
            current_reference.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            # Whatever was written before the rule said no goes back.
            request.undo_transaction = True  # type: ignore[attr-defined]
            return domain_error_response(request, exception)
        return None
