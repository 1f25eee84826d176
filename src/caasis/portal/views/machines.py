"""What search engines read: the list of pages, and what they may read."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from caasis.appointments.education_selectors import latest_events
from caasis.knowledge.announcing import public_pages
from caasis.knowledge.guides import guides
from caasis.knowledge.translation_selectors import translations
from caasis.portal.languages import LANGUAGES
from caasis.portal.page import shared

#: Pages that are the same for everybody and worth finding.
_PAGES = (
    "top", "easy", "en", "guide", "search", "guides", "alerts", "news", "events", "lecture", "materials", "offices", "cross_border",
    "offline", "watch", "statistics", "privacy", "accessibility", "about",
)  # fmt: skip
#: The sitemap protocol allows 50,000 addresses in one file.
_LIMIT = 50_000
_EVENTS = 1000
#: Nothing to find: pages of one person, of staff and of programs. (They ask for a session or a secret as well.)
_CLOSED = (
    "/accounts/", "/api/", "/consult/", "/desk/", "/events/my/", "/news/confirm/", "/news/stop/", "/phone/", "/receipt/",
    "/search/suggest/", "/video/", "/watch-report/done/", "/watch-report/member/",
)  # fmt: skip


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page with the day of its last revision (sitemaps.org 0.9)."""
    return shared(request, lambda: HttpResponse(_sitemap(request), content_type="application/xml; charset=utf-8"))


def _sitemap(request: HttpRequest) -> str:
    rows: list[tuple[str, object]] = [(reverse(f"portal:{name}"), None) for name in _PAGES]
    rows += [(reverse("portal:guide_step", args=[guide.id]), None) for guide in guides()]
    rows += [(reverse("portal:article", args=[number]), day) for number, _, day in public_pages()]
    rows += [(reverse("portal:event", args=[one.event.id]), None) for one in latest_events(_EVENTS)]
    for language in LANGUAGES:
        numbers = translations(language.code).values_list("article__number", flat=True)
        rows += [(reverse(f"portal:{language.path}_article", args=[number]), None) for number in numbers]
    lines = [
        f"<url><loc>{escape(request.build_absolute_uri(path))}</loc>"
        + (f"<lastmod>{day.isoformat()}</lastmod>" if isinstance(day, date) else "")
        + "</url>"
        for path, day in rows[:_LIMIT]
    ]
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">', *lines, "</urlset>", ""]
    )


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everybody may read everything public."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED), f"Sitemap: {request.build_absolute_uri(reverse('portal:sitemap'))}", ""]
    return shared(request, lambda: HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))
