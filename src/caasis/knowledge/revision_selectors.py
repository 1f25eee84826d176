"""Reads of those who write: all articles, their revisions, what is due, and what nobody found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound
from caasis.knowledge.models import Article
from caasis.knowledge.revision_models import ArticleRevision, SearchMiss
from caasis.knowledge.revision_services import AT_WORK, may_write
from caasis.knowledge.rules.body import canonical_number

#: Articles without a day of their own are looked at again after a year.
OLD_AFTER = timedelta(days=365)
#: From so many votes on the share of 「はい」 says something.
ENOUGH_VOTES = 10
#: Below this share of 「はい」 an article is rated badly.
BAD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Due:
    """An article that somebody has to look at, and why."""

    article: Article
    reasons: tuple[str, ...]


def articles_for_writers(
    *, actor: Actor, words: str = "", kind: str = "", state: str = "", mine: bool = False
) -> QuerySet[Article]:
    """Every article, the latest change first; nobody's for those who may not write.

    :param state: a state of the article, or "at_work" for those that are being written. :param mine: whose owner the actor is.
    """
    if not may_write(actor):
        return Article.objects.none()
    rows = Article.objects.all()
    number = canonical_number(words)
    if number:
        rows = rows.filter(number=number)
    else:
        for word in words.split()[:5]:
            rows = rows.filter(
                Q(title__icontains=word) | Q(lead__icontains=word) | Q(search_words__icontains=word)
                | Q(revisions__title__icontains=word, revisions__state__in=AT_WORK)
            )  # fmt: skip
    if kind in Article.Kind.values:
        rows = rows.filter(kind=kind)
    if state == "at_work":
        rows = rows.filter(revisions__state__in=AT_WORK)
    elif state in Article.State.values:
        rows = rows.filter(state=state)
    if mine:
        rows = rows.filter(owner_id=actor.id)
    return rows.distinct().order_by("-updated_at")


def at_work_of(articles: list[Article]) -> dict[UUID, ArticleRevision]:
    """The revision that is being written of each, by the article's id."""
    rows = ArticleRevision.objects.filter(article__in=articles, state__in=AT_WORK)
    return {row.article_id: row for row in rows}


def get_article(*, actor: Actor, article_id: UUID) -> Article:
    """:raises NotFound: hidden and absent alike."""
    found = Article.objects.filter(id=article_id).first() if may_write(actor) else None
    if found is None:
        raise NotFound("この記事は見つかりません。一覧を開き直してください。")
    return found


def revisions_of(article: Article) -> list[ArticleRevision]:
    """Its writings, the newest first."""
    return list(article.revisions.all())


def get_revision(*, actor: Actor, revision_id: UUID) -> ArticleRevision:
    """:raises NotFound: hidden and absent alike."""
    found = ArticleRevision.objects.select_related("article").filter(id=revision_id).first() if may_write(actor) else None
    if found is None:
        raise NotFound("この下書きは見つかりません。一覧を開き直してください。")
    return found


def due_articles(*, actor: Actor, today: date) -> list[Due]:
    """Public articles that are to be looked at again: their day has come, their law is unchecked or was long ago, or readers
    say that they don't help."""
    if not may_write(actor):
        return []
    old = today - OLD_AFTER
    votes = F("useful_votes") + F("not_useful_votes")
    rows = Article.objects.filter(state=Article.State.PUBLISHED).annotate(votes=votes)
    rows = rows.filter(
        Q(review_by__lte=today)
        | Q(review_by=None, published_on__lte=old)
        | (~Q(law="") & (Q(law_verified=False) | Q(law_checked_on__lte=old) | Q(law_checked_on=None)))
        | Q(votes__gte=ENOUGH_VOTES, useful_votes__lt=F("votes") * BAD_SHARE)
        | Q(valid_until__lte=today + timedelta(days=14))
    )
    return [Due(row, tuple(_reasons(row, today, old))) for row in rows.order_by("review_by", "number")]


def _reasons(row: Any, today: date, old: date) -> list[str]:
    found = []
    if row.review_by and row.review_by <= today:
        found.append("見直しの日がきた")
    if row.review_by is None and row.published_on and row.published_on <= old:
        found.append("1年より前に公開した")
    if row.law and not row.law_verified:
        found.append("法律が要確認のまま")
    elif row.law and (row.law_checked_on is None or row.law_checked_on <= old):
        found.append("法律を確かめてから1年たった")
    if row.votes >= ENOUGH_VOTES and row.useful_votes < row.votes * BAD_SHARE:
        found.append(f"役に立った {row.useful_votes}件／{row.votes}件")
    if row.valid_until and row.valid_until <= today + timedelta(days=14):
        found.append("公開の期限が近い")
    return found


def misses(*, actor: Actor, since: date, limit: int = 100) -> list[tuple[str, int]]:
    """Words for which nothing was found since a day, and how often, the most frequent first."""
    if not may_write(actor):
        return []
    rows = SearchMiss.objects.filter(month__gte=since.replace(day=1)).values("words").annotate(sum=Sum("times"))
    return [(row["words"], int(row["sum"])) for row in rows.order_by("-sum", "words")[:limit]]
