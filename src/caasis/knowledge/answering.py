"""The article guide: a message and what is answered, out of the published articles of the public alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from caasis.engines.masking import find_personal, mask
from caasis.knowledge.models import Article
from caasis.knowledge.rules.answering import (
    CHOICES,
    LONGEST_MESSAGE,
    Quote,
    Reply,
    best_part,
    choose,
    language_of,
    what_it_is,
)
from caasis.knowledge.rules.ruby import without_ruby
from caasis.knowledge.selectors import search_articles
from caasis.knowledge.translation_models import ArticleTranslation
from caasis.knowledge.translation_selectors import search_translations, translations

#: The portal's code of a language → that of the translations; Japanese has none.
TRANSLATED = {"easy": "ja-easy", "en": "en"}


@dataclass(frozen=True, slots=True)
class Source:
    """An article as the guide shows it, in the reader's language where it has been translated."""

    number: str
    title: str
    lead: str
    language: str = "ja"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `message` is what was asked, masked: nothing else is ever kept or shown again."""

    message: str
    masked: bool
    language: str
    reply: Reply
    source: Source | None = None
    quote: Quote | None = None
    others: list[Source] = field(default_factory=list)


def answer(message: str, language: str = "ja") -> Answer:
    """Answer one message.

    :param language: "ja", "easy" or "en", as the page stands; a message in Latin letters is answered in English.
    """
    text = message[:LONGEST_MESSAGE].strip()
    spans = find_personal(text, read_names=True)
    text = mask(text, spans)
    if language == "ja" and language_of(text) == "en":
        language = "en"
    kind = what_it_is(text)
    if kind is not None:
        return Answer(text, bool(spans), language, kind)
    if language == "en":
        return _in_english(text, bool(spans))
    hits = [hit for hit in search_articles(text, limit=CHOICES) if hit.article.kind != Article.Kind.ALERT]
    reply = choose([hit.score for hit in hits])
    if reply is Reply.HANDOVER:
        return Answer(text, bool(spans), language, reply)
    known = _translated([hit.article for hit in hits], language)
    sources = [_source(hit.article, known.get(hit.article.number)) for hit in hits]
    if reply is Reply.CHOICES:
        return Answer(text, bool(spans), language, reply, others=sources)
    best = hits[0].article
    translation = known.get(best.number)
    quote = None if translation else best_part(text, best.body)
    return Answer(text, bool(spans), language, reply, sources[0], quote, sources[1:3])


def _in_english(text: str, masked: bool) -> Answer:
    """English is found by words alone and without a measure of how well: the reader chooses, unless one alone was found."""
    rows = search_translations(text, "en", limit=CHOICES)
    sources = [_source(row.article, row) for row in rows]
    if not sources:
        return Answer(text, masked, "en", Reply.HANDOVER)
    if len(sources) == 1:
        return Answer(text, masked, "en", Reply.ANSWER, sources[0])
    return Answer(text, masked, "en", Reply.CHOICES, others=sources)


def _translated(articles: list[Article], language: str) -> dict[str, ArticleTranslation]:
    code = TRANSLATED.get(language)
    if code is None:
        return {}
    return {row.article.number: row for row in translations(code).filter(article__in=articles)}


def _source(article: Article, translation: ArticleTranslation | None) -> Source:
    if translation is None:
        return Source(article.number, article.title, article.lead)
    language = "en" if translation.language == "en" else "easy"
    return Source(article.number, without_ruby(translation.title), without_ruby(translation.lead), language)
