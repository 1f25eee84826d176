"""Reads: what the portal tells the world by itself — warnings, accidents, administrative actions, revised articles."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import F

from caasis.knowledge.models import Article
from caasis.knowledge.rules.regions import concerns
from caasis.knowledge.selectors import published

#: Kinds of an announcement by their codes, as they are called on the page.
ANNOUNCED = {"alert": "注意喚起", "accident": "事故情報", "action": "行政処分"}
#: A list that is longer than this is cut: nobody reads on, and a feed carries what is new.
LIMIT = 200


def announcements(*, kind: str = "", prefecture: str = "", limit: int = LIMIT) -> list[Article]:
    """Published announcements, the newest first.

    :param kind: one of `ANNOUNCED`; all of them when empty or unknown.
    :param prefecture: short name; leaves out what is said to concern other places only.
    """
    kinds = [kind] if kind in ANNOUNCED else list(ANNOUNCED)
    rows = published().filter(kind__in=kinds).order_by(F("published_on").desc(nulls_last=True), "number")
    if not prefecture:
        return list(rows[:limit])
    return [row for row in rows if concerns(row.region, prefecture)][:limit]


def announcements_between(
    *, since: date, before: date, kinds: Collection[str] = tuple(ANNOUNCED), prefecture: str = ""
) -> list[Article]:
    """What was announced from a day to the day before another, the newest first; `prefecture` as above."""
    rows = published().filter(kind__in=list(kinds), published_on__gte=since, published_on__lt=before)
    found = rows.order_by("-published_on", "number")[:LIMIT]
    return [row for row in found if not prefecture or concerns(row.region, prefecture)]


def kinds_announced() -> list[str]:
    """The kinds of which anything is published, in the order of the page."""
    there = set(published().filter(kind__in=list(ANNOUNCED)).order_by().values_list("kind", flat=True).distinct())
    return [kind for kind in ANNOUNCED if kind in there]


def revised_articles(limit: int = 30) -> list[Article]:
    """The public's articles without the announcements, the last revised first."""
    rows = published().exclude(kind__in=list(ANNOUNCED))
    return list(rows.order_by(F("published_on").desc(nulls_last=True), "number")[:limit])


def public_pages() -> list[tuple[str, str, object]]:
    """Number, kind and day of every published article, for lists that machines read."""
    return list(published().order_by("number").values_list("number", "kind", "published_on"))
