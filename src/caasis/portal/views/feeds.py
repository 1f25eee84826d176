"""Feeds of warnings and of revised articles (F7, F26): Atom, RSS and JSON Feed 1.1, the same entries in each."""

from __future__ import annotations

import json
from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.views.decorators.http import require_safe

from caasis.appointments.education_selectors import PublicEvent, latest_events
from caasis.appointments.education_vocabulary import Audience, EventState
from caasis.kernel.clock import JST
from caasis.knowledge.announcing import ANNOUNCED, announcements, revised_articles
from caasis.knowledge.models import Article
from caasis.knowledge.rules.body import Block, blocks
from caasis.portal.page import shared

FORMS = ("atom", "rss", "json")
#: What there is a feed of: the title, what it holds, and the page that shows the same.
FEEDS = {
    "alerts": ("消費生活ポータル　注意喚起・事故情報・行政処分", "いま増えている手口と、そのときにすることです。", "portal:alerts"),
    "articles": ("消費生活ポータル　見直した記事", "新しくした記事、見直した記事です。", "portal:search"),
    "events": ("消費生活ポータル　講座・催し", "消費生活センターの講座や催しのお知らせです。", "portal:events"),
}
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
#: As many as a reader that looks in once a week needs.
_ENTRIES = 30
_AUTHOR = "消費生活ポータル"


def links(what: str) -> list[dict[str, str]]:
    """Where the feeds of something are, for a page's head and for its readers."""
    names = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
    return [
        {
            "url": reverse(f"portal:feed_{what}_{form}"),
            "type": TYPES[form],
            "label": names[form],
            "title": f"{FEEDS[what][0]}（{names[form]}）",
        }
        for form in FORMS
    ]


@require_safe
def feed(request: HttpRequest, what: str, form: str) -> HttpResponse:
    """The newest entries. What was withdrawn is gone with the next request: only caches keep it, for some seconds."""
    kind = request.GET.get("kind", "") if what == "alerts" else ""
    return shared(request, lambda: _answer(request, what, form, kind if kind in ANNOUNCED else ""))


def _answer(request: HttpRequest, what: str, form: str, kind: str) -> HttpResponse:
    query = f"?kind={kind}" if kind else ""
    title, description, page = FEEDS[what]
    head = {
        "title": f"{title}（{ANNOUNCED[kind]}）" if kind else title,
        "description": description,
        "link": request.build_absolute_uri(reverse(page)) + query,
        "feed_url": request.build_absolute_uri(request.path) + query,
    }
    if what == "events":
        entries = [_event_entry(request, one) for one in latest_events(_ENTRIES)]
    else:
        rows = announcements(kind=kind, limit=_ENTRIES) if what == "alerts" else revised_articles(_ENTRIES)
        entries = [_entry(request, row) for row in rows]
    text = _json(head, entries) if form == "json" else _xml(Atom1Feed if form == "atom" else Rss201rev2Feed, head, entries)
    return HttpResponse(text, content_type=f"{TYPES[form]}; charset=utf-8")


def _entry(request: HttpRequest, row: Article) -> dict[str, Any]:
    """An article as all three forms need it. Its id is the row's own: it stays when the site's address changes."""
    shown = datetime.combine(row.published_on, time(), JST) if row.published_on else row.updated_at.astimezone(JST)
    return {
        "id": f"urn:uuid:{row.pk}",
        "title": f"{row.title}（見本）" if row.is_demo else row.title,
        "link": request.build_absolute_uri(reverse("portal:article", args=[row.number])),
        "summary": row.lead,
        "text": "\n\n".join([row.lead, *map(plain, blocks(row.body))]),
        "published": shown,
        "updated": max(shown, row.updated_at.astimezone(JST).replace(microsecond=0)),
        "tags": [tag for tag in (str(row.get_kind_display()), row.region, "見本" if row.is_demo else "") if tag],
    }


def _event_entry(request: HttpRequest, one: PublicEvent) -> dict[str, Any]:
    """An education event as all three forms need it."""
    row = one.event
    starts, changed = row.starts_at.astimezone(JST), row.updated_at.astimezone(JST).replace(microsecond=0)
    cancelled = row.state == EventState.CANCELLED
    when = f"{starts.year}年{starts.month}月{starts.day}日 {starts:%H:%M}から、{row.place}。{one.centre}"
    return {
        "id": f"urn:uuid:{row.pk}",
        "title": ("【中止】" if cancelled else "") + (f"{row.title}（見本）" if row.is_demo else row.title),
        "link": request.build_absolute_uri(reverse("portal:event", args=[row.pk])),
        "summary": when,
        "text": "\n\n".join([when, *map(plain, blocks(row.summary))]),
        "published": row.created_at.astimezone(JST).replace(microsecond=0),
        "updated": changed,
        "tags": [tag for tag in (Audience.words(row.audience), "見本" if row.is_demo else "") if tag],
    }


def plain(block: Block) -> str:
    """A block of an article as text."""
    if block.items:
        marks = (f"{number}. " for number in range(1, len(block.items) + 1)) if block.kind == "steps" else iter(())
        return "\n".join(
            f"{next(marks, '・')}{item.title}{'　' if item.title and item.text else ''}{item.text}" for item in block.items
        )
    return block.text


def _xml(make: type[SyndicationFeed], head: dict[str, str], entries: list[dict[str, Any]]) -> str:
    feed = make(
        title=head["title"],
        link=head["link"],
        description=head["description"],
        feed_url=head["feed_url"],
        language="ja",
        author_name=_AUTHOR,
    )
    for entry in entries:
        feed.add_item(
            title=entry["title"],
            link=entry["link"],
            description=entry["summary"],
            unique_id=entry["id"],
            unique_id_is_permalink=False,
            pubdate=entry["published"],
            updateddate=entry["updated"],
            categories=entry["tags"],
        )
    return feed.writeString("utf-8")


def _json(head: dict[str, str], entries: list[dict[str, Any]]) -> str:
    items = [
        {
            "id": entry["id"],
            "url": entry["link"],
            "title": entry["title"],
            "summary": entry["summary"],
            "content_text": entry["text"],
            "date_published": entry["published"].isoformat(),
            "date_modified": entry["updated"].isoformat(),
            "tags": entry["tags"],
        }
        for entry in entries
    ]
    page = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head["title"],
        "description": head["description"],
        "home_page_url": head["link"],
        "feed_url": head["feed_url"],
        "language": "ja",
        "authors": [{"name": _AUTHOR}],
        "items": items,
    }
    return json.dumps(page, ensure_ascii=False, indent=1)
