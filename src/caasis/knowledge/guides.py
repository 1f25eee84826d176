"""Reads: the guides of the package, and the published articles that an end of one names."""

from __future__ import annotations

from functools import cache
from importlib import resources

from caasis.kernel.errors import NotFound
from caasis.knowledge.models import Article
from caasis.knowledge.rules.guides import End, Guide, parse_guide
from caasis.knowledge.selectors import published


@cache
def guides() -> tuple[Guide, ...]:
    """All guides in their order.

    :raises GuideError: naming the file and what is wrong.
    """
    folder = resources.files("caasis.knowledge").joinpath("data", "guides")
    found = [
        parse_guide(file.read_text(encoding="utf-8"), file.name) for file in folder.iterdir() if file.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda guide: (guide.order, guide.id)))


def get_guide(guide_id: str) -> Guide:
    """:raises NotFound: no such guide."""
    found = next((guide for guide in guides() if guide.id == guide_id), None)
    if found is None:
        raise NotFound("この手引きは見つかりません。一覧から選んでください。")
    return found


def articles_of(end: End) -> list[Article]:
    """The articles that an end names and that are public now, in its order."""
    rows = {row.number: row for row in published().filter(number__in=end.articles)}
    return [rows[number] for number in end.articles if number in rows]
