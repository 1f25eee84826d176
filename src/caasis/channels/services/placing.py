"""Which centre answers for whoever wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caasis.kernel.errors import Invalid
from caasis.organisations.models import Centre, Jurisdiction
from caasis.organisations.selectors import centre_for_postcode, centre_for_prefecture

NO_CENTRE = "受け付ける窓口が見つかりません。お手数ですが、188へお電話ください。"


def responsible_centre(answers: Mapping[str, Any]) -> Centre:
    """The centre of the postcode, else of the prefecture, else the national back-up centre.

    :raises Invalid: when nobody answers, not even nationally.
    """
    if answers.get("postcode"):
        found = centre_for_postcode(str(answers["postcode"]))
        if found is not None:
            return found
    if answers.get("prefecture"):
        found = centre_for_prefecture(str(answers["prefecture"]))
        if found is not None:
            return found
    found = national_centre()
    if found is None:
        raise Invalid(NO_CENTRE)
    return found


def national_centre() -> Centre | None:
    """The centre that answers for whoever can't name a place: the first whose jurisdiction names none."""
    row = (
        Jurisdiction.objects.filter(municipality_code="", prefecture_code="", centre__closed_on=None)
        .select_related("centre")
        .order_by("rank", "centre__code")
        .first()
    )
    return row.centre if row else None
