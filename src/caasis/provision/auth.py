"""Who calls the API: a member of staff by session (with the CSRF token), nobody else yet."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import SessionAuth

from caasis.kernel.actor import Actor


class StaffAuth(SessionAuth):
    """The session of a logged-in member of staff. Unsafe methods need the CSRF token, as on any page."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


def actor_from(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]
