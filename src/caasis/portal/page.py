"""What every page of the portal shares: menu, foot, caching, and where a request comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from caasis.portal.languages import LANGUAGES

#: How long a page without personal data may be kept by browsers and by a CDN in front.
PUBLIC_CACHE = "public, max-age=5, stale-if-error=86400"

_NAV = (("search", "調べる"), ("consult", "相談する"), ("offices", "窓口"), ("alerts", "注意喚起"))
_FOOT = (
    ("guide", "相談でできること・できないこと"),
    ("offline", "インターネットを使わない相談"),
    ("watch", "周りの方が心配なとき"),
    ("cross_border", "海外の事業者とのトラブル"),
    ("events", "講座・催し"),
    ("materials", "教材"),
    ("statistics", "相談の統計"),
    ("privacy", "個人情報の取り扱い"),
    ("accessibility", "使いやすさへの取り組み"),
    ("about", "このサイトについて"),
    ("receipt", "送った相談の状況を見る"),
)


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    current: str = "",
    breadcrumb: list[tuple[str, str]] | None = None,
    status: int = 200,
    cache: bool = False,
) -> HttpResponse:
    """A page with the menu, where `current` is the menu's entry. `breadcrumb` is (label, URL) after the top page; the
    last has no URL. With `cache` the page holds nothing of a person and may be kept by everybody's browser and proxy."""
    page: dict[str, Any] = {
        "home_url": reverse("portal:top"),
        "nav": [{"url": reverse(f"portal:{name}"), "label": label, "current": name == current} for name, label in _NAV],
        "languages": [
            {"url": reverse(f"portal:{item.path}"), "code": item.lang, "label": item.label} for item in LANGUAGES
        ],
        "footer_links": [{"url": reverse(f"portal:{name}"), "label": label} for name, label in _FOOT],
    }
    if breadcrumb:
        page["breadcrumb"] = [{"label": "トップ", "url": page["home_url"]}] + [
            {"label": label, "url": url} for label, url in breadcrumb
        ]
    if cache:
        # Questions and filters are ways to a page, not pages of their own.
        page["canonical"] = request.build_absolute_uri(request.path)
    if not (cache and status == 200):
        return render(request, template, page | (context or {}), status=status)
    return shared(request, lambda: render(request, template, page | (context or {}), status=status))


def shared(request: HttpRequest, make: Callable[[], HttpResponse]) -> HttpResponse:
    """An answer that may be kept for everybody: `Vary: Cookie` is left out, for with it a cache keeps one copy for each
    visitor.

    The session is looked into before any view runs, to find out who acts, and the session's middleware therefore varies
    every answer. Whether *this page* depends on the visitor is measured instead: it is shared only when making it
    neither looked into the session nor showed a message nor needed a token.
    """
    session = request.session
    looked_before, session.accessed = session.accessed, False
    response = make()
    # The middleware takes back the cookie of a session that is over, and a copy for everybody carries no cookie.
    over = settings.SESSION_COOKIE_NAME in request.COOKIES and session.is_empty()
    own = session.accessed or session.modified or over or getattr(get_messages(request), "used", False)
    if own or "CSRF_COOKIE_NEEDS_UPDATE" in request.META:
        session.accessed = session.accessed or looked_before
        return response
    response["Cache-Control"] = PUBLIC_CACHE
    return response


def client_of(request: HttpRequest) -> str:
    """The address that sends, for limits only; it is hashed before it is kept. Behind a proxy the proxy's word counts."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
        if forwarded:
            # The last entry is the one that our own proxy wrote.
            return forwarded.rsplit(",", 1)[-1].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def address_in(scope: dict[str, Any]) -> str:
    """The same as `client_of`, out of an ASGI scope."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = next((value for name, value in scope["headers"] if name == b"x-forwarded-for"), b"")
        if forwarded:
            return str(forwarded.decode("latin-1")).rsplit(",", 1)[-1].strip()[:64]
    return str((scope.get("client") or ("",))[0])[:64]
