"""Security headers. The content security policy has no `unsafe-` anywhere."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
    ]
)


class SecurityHeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        # A page that shows a talk by video says so; everywhere else there is no camera.
        camera = "(self)" if getattr(request, "uses_camera", False) else "()"
        response.setdefault("Permissions-Policy", f"camera={camera}, geolocation=(), microphone=(self), payment=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            # Nothing of a person stays on the terminal (F132): only pages that say so themselves may be kept.
            response.setdefault("Cache-Control", "no-store")
        return response
