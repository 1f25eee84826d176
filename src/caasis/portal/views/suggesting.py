"""What may be meant, while somebody types into the search box."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from caasis.engines.japanese import normalise_text
from caasis.knowledge.guides import guides
from caasis.knowledge.rules.suggesting import QUERY_LIMIT, Entry, SuggestionIndex
from caasis.knowledge.suggestions import suggest_articles
from caasis.portal.page import shared
from caasis.portal.situations import QUICK, SITUATIONS

#: As many as stand above a phone's keyboard, and no more than somebody reads.
SUGGESTIONS = 8
#: Of those, at most so many that lead to a search or a situation; the rest are answers.
_WAYS = 2


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Up to eight entries as JSON: `{"items": [{"text", "url", "kind"}]}`. The question itself is kept nowhere."""
    query = normalise_text(request.GET.get("q", "")[:QUERY_LIMIT]).replace("\n", " ")
    return shared(request, lambda: JsonResponse({"items": _items(query)}, json_dumps_params={"ensure_ascii": False}))


def _items(query: str) -> list[dict[str, str]]:
    if not query:
        return []
    ways = [
        {"text": text, "url": url, "kind": kind}
        for text, url, kind in (hit.id for hit in _ways().find(query, _WAYS) if isinstance(hit.id, tuple))
    ]
    articles = [
        {"text": article.title, "url": reverse("portal:article", args=[article.number]), "kind": article.get_kind_display()}
        for article in suggest_articles(query, limit=SUGGESTIONS - len(ways))
    ]
    return ways + articles


@cache
def _ways() -> SuggestionIndex:
    """The words and the situations of the top page, and the guides."""
    search = reverse("portal:search")
    quick = [Entry((words, f"{search}?{urlencode({'q': words})}", "よく調べられていること"), words) for words in QUICK]
    situations = [
        Entry((one.title, f"{search}?{urlencode({'situation': one.code})}", "いまの状況"), one.title, [one.text])
        for one in SITUATIONS
    ]
    asking = [
        Entry((one.title, reverse("portal:guide_step", args=[one.id]), "質問に答えて調べる"), one.title) for one in guides()
    ]
    return SuggestionIndex(quick + situations + asking)
