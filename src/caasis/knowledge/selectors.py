"""Reads: published articles and alerts, by number, by situation, by question."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Extract

from caasis.engines.japanese import normalise_text
from caasis.kernel.actor import CENTRE_ROLES, Actor, Role
from caasis.kernel.errors import NotFound
from caasis.knowledge.models import Article, Phrase, PhraseVersion
from caasis.knowledge.rules.body import canonical_number
from caasis.knowledge.rules.matching import ArticleIndex, Document, Parts, parts_of


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


def articles_for_situation(situation: str, limit: int = 100) -> list[Article]:
    """Articles for one of the situations of the top page."""
    rows = published().filter(situation=situation).exclude(kind=Article.Kind.ALERT).order_by("number")
    return list(rows[:limit])


def titles_of(numbers: list[str]) -> dict[str, str]:
    """The titles of published articles by their numbers; those that are not public are missing."""
    return dict(Article.objects.filter(state=Article.State.PUBLISHED, number__in=numbers).values_list("number", "title"))


def related_articles(article: Article, limit: int = 4) -> list[Article]:
    """Other articles of the same situation, those of the same sales form first."""
    rows = articles_for_situation(article.situation)
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
    ranked = _index().find(text, limit * 3)
    # Asked for anew, and not out of the index: what was withdrawn a moment ago, or is for others, is not shown.
    rows = published(actor=actor).in_bulk([id_ for id_, _ in ranked])
    return [SearchHit(rows[id_], score) for id_, score in ranked if id_ in rows][:limit]


#: The latest change tells nearly always that there is something new. One that was committed late may be older than it, and
#: is found by looking at the times of all, this often.
_ALL_TIMES_SECONDS = 30.0
#: Count of the published articles and sum of the times of their changes.
_Times = tuple[int, Any]


@dataclass(slots=True)
class _Kept:
    """The index of this process, and by what it is known whether it is still right."""

    index: ArticleIndex
    newest: datetime | None
    times: _Times
    look_again_at: float
    #: What was read out of each text, by article and time of its change: reading costs milliseconds a text.
    parts: dict[tuple[UUID, datetime], Parts]


_lock = threading.Lock()
_kept: _Kept | None = None


def _index() -> ArticleIndex:
    """The index of all published articles, made anew when one of them has changed."""
    global _kept
    newest = Article.objects.order_by("-updated_at").values_list("updated_at", flat=True).first()
    with _lock:
        now = time.monotonic()
        if _kept is None or _kept.newest != newest or (now > _kept.look_again_at and _kept.times != _times()):
            _kept = _made(newest, _kept.parts if _kept else {})
        elif now > _kept.look_again_at:
            _kept.look_again_at = now + _ALL_TIMES_SECONDS
        return _kept.index


def _times() -> _Times:
    found = Article.objects.filter(state=Article.State.PUBLISHED).aggregate(
        count=Count("id"), times=Sum(Extract("updated_at", "epoch"))
    )
    return found["count"], found["times"]


def _made(newest: datetime | None, known: dict[tuple[UUID, datetime], Parts]) -> _Kept:
    times = _times()
    # A lesson answers no question: it would only stand before the answer. It has a list of its own (`materials`).
    rows = list(Article.objects.filter(state=Article.State.PUBLISHED).exclude(kind=Article.Kind.MATERIAL))
    changed = {row.pk: row.updated_at for row in rows}
    parts: dict[tuple[UUID, datetime], Parts] = {}

    def read(document: Document) -> Parts:
        mark = (document.id, changed[document.id])
        parts[mark] = known.get(mark) or parts_of(document)
        return parts[mark]

    index = ArticleIndex(
        (
            Document(row.pk, {"title": row.title, "words": row.search_words, "lead": row.lead, "body": row.body})
            for row in rows
        ),
        read,
    )
    return _Kept(index, newest, times, time.monotonic() + _ALL_TIMES_SECONDS, parts)


#: The centre's texts are written by these.
PHRASE_WRITERS = (Role.SUPERVISOR, Role.OFFICIAL)


def phrases_for(*, actor: Actor, kind: str = "") -> list[Phrase]:
    """What the actor's centre uses: its own, and those of the nation that it has not rewritten. Others see none."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return []
    rows = Phrase.objects.filter(Q(centre_id=None) | Q(centre_id=actor.centre_id))
    if kind:
        rows = rows.filter(kind=kind)
    found = list(rows.order_by("kind", "use", "number", "title"))
    rewritten = {row.number for row in found if row.centre_id is not None and row.number and row.retired_at is None}
    return [
        row
        for row in found
        if row.retired_at is None and not (row.centre_id is None and row.number in rewritten)
    ]


def get_phrase(*, actor: Actor, phrase_id: UUID) -> Phrase:
    """One phrase of the nation or of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    phrase = Phrase.objects.filter(id=phrase_id).first()
    if phrase is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotFound("この文は見つかりません。一覧を開き直してください。")
    if phrase.centre_id not in (None, actor.centre_id):
        raise NotFound("この文は見つかりません。一覧を開き直してください。")
    return phrase


def may_write_phrases(actor: Actor) -> bool:
    """The centre's texts are written by its supervisors and officials."""
    return actor.centre_id is not None and actor.works_for(actor.centre_id) and actor.has(*PHRASE_WRITERS)


def phrase_versions(phrase: Phrase) -> list[PhraseVersion]:
    """What a phrase said before, the newest first; of the nation's text too, when the centre has rewritten it."""
    return list(PhraseVersion.objects.filter(phrase=phrase).order_by("-number"))


def national_text(phrase: Phrase) -> Phrase | None:
    """The nation's phrase that a centre's own one replaces, or None."""
    if phrase.centre_id is None or not phrase.number:
        return None
    return Phrase.objects.filter(centre_id=None, number=phrase.number).first()
