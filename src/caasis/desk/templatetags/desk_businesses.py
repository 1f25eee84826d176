"""The strip under the business's name in the workspace."""

from __future__ import annotations

from typing import Any

from django import template

from caasis.cases.business_record import confirmed_business
from caasis.cases.models import Case

register = template.Library()


@register.inclusion_tag("desk/businesses/cand.html")
def business_strip(case: Case) -> dict[str, Any]:
    """The confirmed business of a case; suggestions are asked for by the page itself, after it has loaded."""
    return {"case": case, "confirmed": confirmed_business(case), "found": [], "heard": {}, "waiting": True}


@register.inclusion_tag("desk/businesses/link.html")
def business_link(case: Case) -> dict[str, Any]:
    """A line with the confirmed business, for pages that are only read."""
    return {"confirmed": confirmed_business(case)}
