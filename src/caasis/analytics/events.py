"""What the analytics room tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsChanged(Event):
    """A registered case was counted or its counted values changed: live dashboards fetch their figures anew."""

    topic: ClassVar[str] = "analytics.facts_changed"
