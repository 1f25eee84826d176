"""Reads: published articles in another language, by number, by question."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from caasis.engines.japanese import normalise_text, reading
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound
from caasis.knowledge.models import Article
from caasis.knowledge.rules.body import canonical_number
from caasis.knowledge.rules.english import EnglishIndex
from caasis.knowledge.rules.matching import ArticleIndex, Document
from caasis.knowledge.rules.ruby import spoken, without_ruby
from caasis.knowledge.rules.translation_file import ENGLISH, digest_of
from caasis.knowledge.selectors import published
from caasis.knowledge.translation_models import ArticleTranslation


def translations(language: str, *, actor: Actor | None = None) -> QuerySet[ArticleTranslation]:
    """Those of a language whose article the reader may read, by number, each with its article."""
    readable = published(actor=actor)
    rows = ArticleTranslation.objects.filter(language=language, article__in=readable).select_related("article")
    return rows.order_by("article__number")


def translation_by_number(number: str, language: str, *, actor: Actor | None = None) -> ArticleTranslation:
    """An article's translation by its printed number.

    :raises NotFound: no such article, withdrawn, not for this reader, or not translated.
    """
    wanted = canonical_number(number)
    found = translations(language, actor=actor).filter(article__number=wanted).first() if wanted else None
    if found is None:
        raise NotFound("この記事は見つかりません。番号を確かめてください。")
    return found


def languages_of(article: Article) -> set[str]:
    """The languages besides Japanese in which an article can be read."""
    return set(ArticleTranslation.objects.filter(article=article).values_list("language", flat=True))


def is_outdated(translation: ArticleTranslation) -> bool:
    """Whether the Japanese text says something else than when it was translated."""
    article = translation.article
    return translation.original_digest != digest_of(article.title, article.lead, article.body)


def search_translations(
    query: str, language: str, *, limit: int = 12, actor: Actor | None = None
) -> list[ArticleTranslation]:
    """Translations that answer a question in everyday words, the best first; a printed number leads to its article."""
    text = normalise_text(query[:400])
    if not text:
        return []
    try:
        return [translation_by_number(text, language, actor=actor)]
    except NotFound:
        pass
    if language != ENGLISH:
        text = _together(text)
    ranked = [id_ for id_, _ in _index(language).find(text, limit * 3)]
    # Asked anew each time: a withdrawn article is gone at once, whatever the index still holds.
    rows = translations(language, actor=actor).in_bulk(ranked)
    return [rows[id_] for id_ in ranked if id_ in rows][:limit]


def _together(text: str) -> str:
    """Easy Japanese without its readings and without the blanks between its words, as the index reads Japanese."""
    return without_ruby(text).replace(" ", "").replace("　", "")


_lock = threading.Lock()
_cached: dict[str, tuple[Any, ArticleIndex | EnglishIndex]] = {}


def _index(language: str) -> ArticleIndex | EnglishIndex:
    """The index of a language, made anew when one of its texts has changed."""
    rows = ArticleTranslation.objects.filter(language=language)
    state: dict[str, int | datetime | None] = rows.aggregate(count=Count("id"), newest=Max("updated_at"))
    key = (state["count"], state["newest"])
    with _lock:
        known = _cached.get(language)
        if known is None or known[0] != key:
            make = EnglishIndex if language == ENGLISH else ArticleIndex
            known = _cached[language] = (key, make(_document(row) for row in rows))
        return known[1]


def _document(row: ArticleTranslation) -> Document:
    texts = {"title": row.title, "lead": row.lead, "body": row.body}
    words = row.search_words
    if row.language != ENGLISH:
        # Who can't write the kanji types what is heard: the readings of the text, and of the rest those of the dictionary.
        heard = {place: spoken(text) if place == "body" else reading(text) for place, text in texts.items()}
        texts = {place: _together(f"{text}\n{heard[place]}") for place, text in texts.items()}
        words = f"{words} {reading(words)}"
    return Document(row.pk, texts | {"words": words})
