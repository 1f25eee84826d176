"""Puts the actor on the request, sets the transaction's scope, and turns domain errors into answers."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of, must_set_up_second_factor
from caasis.audit.services import current_reference
from caasis.kernel.actor import PUBLIC
from caasis.kernel.errors import DomainError, NotAllowed
from caasis.platform.errors import domain_error_response
from caasis.platform.transactions import set_scope

#: What somebody who must still set up a second factor may open: the way there, and the way out.
_OPEN = ("/accounts/", "/readyz", "/metrics")
SET_UP_FIRST = "続けるには、二段階認証を設定してください。"


def _send_to_second_factor(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        return domain_error_response(request, NotAllowed(SET_UP_FIRST))
    messages.warning(request, SET_UP_FIRST)
    return HttpResponseRedirect(reverse("mfa_index"))


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = PUBLIC  # type: ignore[attr-defined]
        if request.path.startswith("/static/") or request.path == "/healthz":
            return self.get_response(request)
        user = request.user
        if isinstance(user, User) and user.is_authenticated:
            request.actor = actor_of(user)  # type: ignore[attr-defined]
            set_scope(request.actor)  # type: ignore[attr-defined]
            if not request.path.startswith(_OPEN) and must_set_up_second_factor(user, request.actor):  # type: ignore[attr-defined]
                return _send_to_second_factor(request)
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
