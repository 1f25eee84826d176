"""Articles that may help with a card, from the knowledge room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from caasis.cases.code_lists import label
from caasis.kernel.actor import Actor
from caasis.knowledge.selectors import search_articles

#: As many as the pane shows at a fixed height.
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One article, with the words of the card that led to it."""

    number: str
    title: str
    lead: str
    why: str
    url: str


def articles_for(card: Mapping[str, Any], *, actor: Actor) -> list[Suggestion]:
    """Up to three articles for the product, the sales form and the title of a card; without any of them, none.

    Only these short, coded or public words are looked up, never the consumer's own text.
    """
    product = label("product", str(card.get("product") or "")) or str(card.get("product_text") or "")
    sales_form = label("sales_form", str(card.get("sales_form") or "")) if card.get("sales_form") != "unknown" else ""
    words = [word for word in (product, sales_form, str(card.get("title") or "")[:60]) if word]
    if not words:
        return []
    why = "・".join(word for word in (product, sales_form) if word)[:24] or "件名から"
    return [
        Suggestion(hit.article.number, hit.article.title, hit.article.lead, why, _url(hit.article.number))
        for hit in search_articles(" ".join(words), limit=SHOWN, actor=actor)
    ]


def _url(number: str) -> str:
    try:
        return reverse("portal:article", kwargs={"number": number})
    except NoReverseMatch:
        return ""
