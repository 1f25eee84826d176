"""Reads: published articles and alerts, by number, by situation, by question."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from caasis.engines.japanese import normalise_text
from caasis.kernel.actor import CENTRE_ROLES, Actor
from caasis.kernel.errors import NotFound
from caasis.knowledge.models import Article
from caasis.knowledge.rules.body import canonical_number
from caasis.knowledge.rules.matching import ArticleIndex, Document


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A found article. `score` is for the order only."""

    article: Article
    score: float


def published(*, actor: Actor | None = None) -> QuerySet[Article]:
    """Published articles: the public's, and for staff also those for staff."""
    rows = Article.objects.filter(state=Article.State.PUBLISHED)
    if actor is None or not (actor.has_any(CENTRE_ROLES) or actor.is_national):
        rows = rows.filter(audience="public").exclude(kind=Article.Kind.MANUAL)
    return rows


def article_by_number(number: str, *, actor: Actor | None = None) -> Article:
    """A published article by its printed number, in any width and case.

    :raises NotFound: absent, withdrawn or not for this reader.
    """
    wanted = canonical_number(number)
    found = published(actor=actor).filter(number=wanted).first() if wanted else None
    if found is None:
        raise NotFound("この記事は見つかりません。番号を確かめてください。")
    return found


def alerts(limit: int | None = None) -> list[Article]:
    """注意喚起, the newest first."""
    rows = published().filter(kind=Article.Kind.ALERT).order_by("-published_on", "number")
    return list(rows[:limit] if limit else rows)


def articles_for_situation(situation: str, limit: int = 20) -> list[Article]:
    """Articles for one of the situations of the top page."""
    rows = published().filter(situation=situation).exclude(kind=Article.Kind.ALERT).order_by("number")
    return list(rows[:limit])


def related_articles(article: Article, limit: int = 4) -> list[Article]:
    """Other articles of the same situation, those of the same sales form first."""
    rows = articles_for_situation(article.situation, 50)
    rows = [row for row in rows if row.pk != article.pk]
    rows.sort(key=lambda row: (row.sales_form != article.sales_form, row.number))
    return rows[:limit]


def search_articles(query: str, *, limit: int = 10, actor: Actor | None = None) -> list[SearchHit]:
    """Articles that answer a question in everyday words, the best first; empty when none does.

    A printed number (`F-1042`) leads straight to its article.
    """
    text = normalise_text(query[:400])
    if not text:
        return []
    try:
        return [SearchHit(article_by_number(text, actor=actor), 100.0)]
    except NotFound:
        pass
    rows = {row.pk: row for row in published(actor=actor)}
    ranked = _index().find(text, limit * 3)
    return [SearchHit(rows[id_], score) for id_, score in ranked if id_ in rows][:limit]


_lock = threading.Lock()
_cached: dict[str, Any] = {}


def _index() -> ArticleIndex:
    """The index of all published articles, made anew when one of them has changed."""
    state: dict[str, int | datetime | None] = Article.objects.filter(state=Article.State.PUBLISHED).aggregate(
        count=Count("id"), newest=Max("updated_at")
    )
    key = (state["count"], state["newest"])
    with _lock:
        if _cached.get("key") != key:
            _cached["index"] = ArticleIndex(
                Document(
                    row.pk,
                    {"title": row.title, "words": row.search_words, "lead": row.lead, "body": row.body},
                )
                for row in Article.objects.filter(state=Article.State.PUBLISHED)
            )
            _cached["key"] = key
        index: ArticleIndex = _cached["index"]
        return index
