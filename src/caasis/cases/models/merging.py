"""統合: which case went into which, and what of the survivor's rows that changed, so that it can be taken apart again."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record


class CaseMerge(Record):
    """One merge. Rows of the merged case stay where they are and are read through the survivor.

    `changes` names rows of the survivor: `{table: {row id: {column: [before, after]}}}`, with whole rows under
    `created`. It holds codes, amounts, days, texts of the card and ids, never a sealed value.
    """

    survivor = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="merges")
    merged = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="merged_by")
    centre_id = models.UUIDField()
    #: State and dates of the merged case as they stood.
    before = models.JSONField()
    changes = models.JSONField(default=dict)
    #: Fields of the card whose value came from the merged case.
    chosen = models.JSONField(default=list)
    merged_by = models.UUIDField(null=True)
    merged_at = models.DateTimeField()
    undone_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_merge"
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=models.Q(undone_at=None), name="merged_once"),
        ]
