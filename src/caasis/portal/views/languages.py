"""Articles in easy Japanese and in English: list, one article, search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from caasis.engines.japanese import normalise_text
from caasis.kernel.errors import NotFound
from caasis.knowledge import selectors as knowledge
from caasis.knowledge import translation_selectors as translated
from caasis.knowledge.rules.body import blocks, canonical_number
from caasis.knowledge.translation_models import ArticleTranslation
from caasis.portal.language_links import alternates, article_languages, indexes
from caasis.portal.languages import BY_PATH, Language
from caasis.portal.page import render_page
from caasis.portal.situations import SITUATIONS
from caasis.portal.views.articles import BY_DOCUMENT, QUERY_LIMIT


@require_safe
def index(request: HttpRequest, language: str) -> HttpResponse:
    """Every article of a language by what has happened, and how to get help."""
    here = BY_PATH[language]
    rows = list(translated.translations(here.code))
    groups: list[dict[str, Any]] = [
        {
            "code": item.code,
            "title": here.situations[item.code],
            "rows": [row for row in rows if row.article.situation == item.code],
        }
        for item in SITUATIONS
    ]
    known = {item.code for item in SITUATIONS}
    rest = [row for row in rows if row.article.situation not in known]
    if rest:
        groups.append({"code": "more", "title": here.label, "rows": rest})
    shown = [group for group in groups if group["rows"]]
    return _page(request, here, "index", {"groups": shown}, current="home", others=indexes(here))


@require_safe
def article(request: HttpRequest, language: str, number: str) -> HttpResponse:
    """One article. Where there is none in this language, the page says so in this language."""
    here = BY_PATH[language]
    try:
        found = translated.translation_by_number(number, here.code)
    except NotFound:
        return _missing(request, here, number)
    original = found.article
    codes = translated.languages_of(original)
    return _page(
        request,
        here,
        "article",
        {
            "translation": found,
            "article": original,
            "blocks": blocks(found.body, joint=" "),
            "outdated": translated.is_outdated(found),
            "calculator": original.sales_form in BY_DOCUMENT,
            "original_url": reverse("portal:article", args=[original.number]),
            "alternates": alternates(original.number, codes),
        },
        others=article_languages(original.number, codes, here),
        trail=[(found.title, "")],
    )


@require_safe
def search(request: HttpRequest, language: str) -> HttpResponse:
    """Articles of this language for a question in everyday words."""
    here = BY_PATH[language]
    query = normalise_text(request.GET.get("q", "")[:QUERY_LIMIT]).replace("\n", " ")
    hits: list[ArticleTranslation] = translated.search_translations(query, here.code) if query else []
    if len(hits) == 1 and hits[0].article.number == canonical_number(query):
        return HttpResponseRedirect(reverse(f"portal:{here.path}_article", args=[hits[0].article.number]))
    words = here.words
    return _page(
        request,
        here,
        "search",
        {
            "query": query,
            "hits": hits,
            "heading": words.results % query if query else words.search,
            "found": words.found % len(hits),
            "nothing": words.nothing % query,
        },
        others=indexes(here),
        trail=[(words.search, "")],
    )


def _missing(request: HttpRequest, here: Language, number: str) -> HttpResponse:
    try:
        original = knowledge.article_by_number(number)
    except NotFound:
        original_url = ""
    else:
        original_url = reverse("portal:article", args=[original.number])
    return _page(request, here, "missing", {"original_url": original_url}, others=indexes(here), status=404)


def _page(
    request: HttpRequest,
    here: Language,
    template: str,
    context: dict[str, Any],
    *,
    others: list[dict[str, str]],
    current: str = "",
    trail: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    home = reverse(f"portal:{here.path}")
    menu = {
        "here": here,
        "w": here.words,
        "language_home": home,
        "language_nav": [
            {"url": home, "label": here.words.home, "current": current == "home"},
            {"url": f"{home}#help", "label": here.words.help, "current": False},
        ],
        "others": others,
        "language_trail": [{"label": here.words.home, "url": home}, *({"label": a, "url": b} for a, b in trail or [])],
        "search_url": reverse(f"portal:{here.path}_search"),
        "article_url": f"portal:{here.path}_article",
        "write_url": reverse("portal:consult"),
        "offices_url": reverse("portal:offices"),
    }
    return render_page(request, f"portal/language_{template}.html", menu | context, status=status, cache=True)
