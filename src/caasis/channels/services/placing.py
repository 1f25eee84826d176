"""Which centre answers for whoever wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caasis.engines.japanese import normalise_text
from caasis.kernel.errors import Invalid
from caasis.organisations.models import Centre, Jurisdiction
from caasis.organisations.selectors import centre_for_postcode, centre_for_prefecture, centres_of_municipality
from caasis.platform.geography import municipalities

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


def centre_of_area(prefecture_code: str, area: str) -> Centre:
    """The centre of a municipality that somebody wrote in words (「仙台市青葉区…」), else of the prefecture, else the national
    back-up centre.

    :raises Invalid: when nobody answers, not even nationally.
    """
    code = _municipality_in(prefecture_code, area)
    found = centres_of_municipality(code, prefecture_code) if prefecture_code else []
    return found[0] if found else responsible_centre({})


def _municipality_in(prefecture_code: str, area: str) -> str:
    """The code of the municipality whose name the words begin with; the longest name wins, so that a ward goes before its
    city. Empty when none does."""
    words = "".join(normalise_text(area).split())
    best, code = "", ""
    for place in municipalities(prefecture_code) if prefecture_code and words else ():
        for name in {place.name, place.name_in_address}:
            if len(name) > len(best) and words.startswith(name):
                best, code = name, place.code
    return code


def national_centre() -> Centre | None:
    """The centre that answers for whoever can't name a place: the first whose jurisdiction names none."""
    row = (
        Jurisdiction.objects.filter(municipality_code="", prefecture_code="", centre__closed_on=None)
        .select_related("centre")
        .order_by("rank", "centre__code")
        .first()
    )
    return row.centre if row else None
