"""What knowledge tells. Ids and printed numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePublished(Event):
    """The article `subject` says something new to the public, or is public for the first time."""

    topic: ClassVar[str] = "knowledge.article_published"
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleWithdrawn(Event):
    """The article `subject` is public no more."""

    topic: ClassVar[str] = "knowledge.article_withdrawn"
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleVoted(Event):
    """Somebody said whether the article `subject` was useful. Nothing of who."""

    topic: ClassVar[str] = "knowledge.article_voted"
    number: str = ""
    useful: bool = False
