"""Reads: centres, who is responsible, when it is open, its settings and flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from caasis.organisations.models import Centre, CentreSettings, Jurisdiction
from caasis.platform.geography import PostcodePlace, look_up_postcode


def centres() -> QuerySet[Centre]:
    return Centre.objects.filter(closed_on=None)


def get_centre(centre_id: UUID) -> Centre:
    return Centre.objects.get(id=centre_id)


def responsible_centres(place: PostcodePlace) -> list[Centre]:
    """Centres that answer for a place, the nearest first: its municipality, then its prefecture."""
    return centres_of_municipality(place.municipality_code, place.prefecture_code)


def centres_of_municipality(municipality_code: str, prefecture_code: str) -> list[Centre]:
    """The same for a municipality by its code; an empty one leaves the prefecture."""
    rows = (
        Jurisdiction.objects.filter(
            (Q(municipality_code=municipality_code) & ~Q(municipality_code=""))
            | Q(municipality_code="", prefecture_code=prefecture_code),
            centre__closed_on=None,
        )
        .select_related("centre")
        .order_by("-municipality_code", "rank")
    )
    found: list[Centre] = []
    for row in rows:
        if row.centre not in found:
            found.append(row.centre)
    return found


def centre_for_postcode(postcode: str) -> Centre | None:
    """The responsible centre of a postcode, or None when the postcode or the centre is unknown."""
    place = look_up_postcode(postcode)
    if place is None:
        return None
    found = responsible_centres(place)
    return found[0] if found else None


def centre_for_prefecture(prefecture_code: str) -> Centre | None:
    row = (
        Jurisdiction.objects.filter(municipality_code="", prefecture_code=prefecture_code, centre__closed_on=None)
        .select_related("centre")
        .order_by("rank")
        .first()
    )
    return row.centre if row else None


@dataclass(frozen=True, slots=True)
class CentrePolicy:
    """A centre's settings as plain values, with the defaults where nothing is set."""

    approval_steps: tuple[str, ...] = ("official",)
    approval_deputies: dict[str, str] = field(default_factory=lambda: {"official": "supervisor"})
    self_approval: bool = False
    light_path_for_inquiries: bool = False
    retention_years: int = 10


def policy_of(centre_id: UUID) -> CentrePolicy:
    row = CentreSettings.objects.filter(centre_id=centre_id).first()
    if row is None:
        return CentrePolicy()
    return CentrePolicy(
        approval_steps=tuple(row.approval_steps) or ("official",),
        approval_deputies=dict(row.approval_deputies),
        self_approval=row.self_approval,
        light_path_for_inquiries=row.light_path_for_inquiries,
        retention_years=row.retention_years,
    )


def is_enabled(flag: str, centre_id: UUID | None) -> bool:
    """A feature flag: the centre's own row wins over the row for all; absent means off."""
    with connection.cursor() as cursor:
        # Every request asks this: written out, because the ORM takes longer to compose it than the server to answer.
        cursor.execute(
            "SELECT enabled FROM organisations_feature_flag WHERE name = %s AND (centre_id = %s OR centre_id IS NULL)"
            " ORDER BY centre_id NULLS LAST LIMIT 1",
            (flag, centre_id),
        )
        row = cursor.fetchone()
    return bool(row and row[0])
