"""A case and those that were merged into it: rows stay where they are and are read through the one that goes on."""

from __future__ import annotations

from uuid import UUID

from caasis.cases.models import Case, CaseMerge


def family_ids(case: Case) -> list[UUID]:
    """The case itself and the cases merged into it. A merged case reads its own rows alone."""
    return [case.pk, *Case.objects.filter(merged_into_id=case.pk).values_list("pk", flat=True)]


def merged_cases(case: Case) -> list[Case]:
    """Cases that were merged into this one, the oldest first."""
    return list(Case.objects.filter(merged_into_id=case.pk).order_by("received_at"))


def standing_merge(case: Case) -> CaseMerge | None:
    """The merge by which this case went into another, or None where it stands on its own."""
    return CaseMerge.objects.filter(merged=case, undone_at=None).select_related("survivor").first()
