"""Writing articles, in the thinnest form: the seed, and votes."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib import resources
from typing import Any

from django.db.models import F

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed
from caasis.knowledge.models import Article
from caasis.knowledge.selectors import article_by_number
from caasis.platform.transactions import actor_transaction, system_transaction

#: Fields of an article that the data file may set.
_FIELDS = (
    "kind", "audience", "title", "lead", "body", "search_words", "situation", "sales_form", "product", "law",
    "law_checked_on", "law_verified", "published_on", "region",
)  # fmt: skip


def load_seed_articles(*, actor: Actor, alerts: bool = False) -> int:
    """Load the articles that come with the package; with `alerts` also the invented alerts of the demonstration.

    Safe to run again: an article is written only where the file says something else, and one that somebody has edited
    since (its version is above 1) stays. Returns how many were written.

    :raises NotAllowed: only an administrator or the system may.
    """
    if not (actor.is_system or actor.has(Role.ADMIN)):
        raise NotAllowed
    entries = _read("articles.toml")
    if alerts:
        entries += [entry | {"is_demo": True} for entry in _read("demo_alerts.toml")]
    written = 0
    with actor_transaction(actor):
        known = Article.objects.in_bulk(field_name="number")
        for entry in entries:
            article = known.get(entry["number"])
            if article is not None and article.version > 1:
                continue
            values = {name: entry[name] for name in _FIELDS if name in entry} | {
                "state": Article.State.PUBLISHED.value,
                "is_demo": entry.get("is_demo", False),
            }
            if article is None:
                Article.objects.create(number=entry["number"], **values)
            elif any(getattr(article, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(article, name, value)
                article.save()
            else:
                continue
            written += 1
        if written:
            record_access(
                actor=actor, action="load_seed_articles", object_kind="article", object_id=None, reason=f"{written}"
            )
    return written


def _read(name: str) -> list[dict[str, Any]]:
    text = resources.files("caasis.knowledge").joinpath("data", name).read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["article"]
    for entry in entries:
        entry["search_words"] = " ".join(entry.get("search_words", []))
        entry["body"] = entry["body"].strip()
        if not isinstance(entry.get("published_on"), date):
            raise ValueError(f"{name}: {entry['number']} has no day of publication")
    return entries


def vote_on_article(*, number: str, useful: bool) -> Article:
    """Count a reader's vote (K2). Nothing of the reader is kept; the caller limits how often one address votes.

    :raises NotFound: no such article.
    """
    article = article_by_number(number)
    field = "useful_votes" if useful else "not_useful_votes"
    with system_transaction():
        # Not through save(): a vote is no edit, and must not disturb the index or the version.
        Article.objects.filter(pk=article.pk).update(**{field: F(field) + 1})
    return article
