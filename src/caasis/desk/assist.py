"""Articles that may help with a card, from the knowledge room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caasis.cases.code_lists import label
from caasis.kernel.actor import Actor

#: As many as the pane shows at a fixed height.
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Article:
    """One article, with the words of the card that led to it."""

    number: str
    title: str
    lead: str
    why: str
    url: str


def articles_for(card: Mapping[str, Any], *, actor: Actor) -> list[Article]:
    """Up to three articles for the product and the sales form of a card, and where nothing is known, none."""
    return []
