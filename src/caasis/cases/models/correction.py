"""補正: the national centre's correction of coded fields of a registered case, and what followed."""

from __future__ import annotations

from django.db import models

from caasis.cases.models.case import Case
from caasis.platform.models import Record


class Correction(Record):
    """One correction. `before` and `after` are card values of the corrected fields, as JSON; never texts about a person.

    It holds at once; the centre may dispute it until `dispute_until` (included).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="corrections")
    #: The centre that handles the case and may dispute.
    centre_id = models.UUIDField()
    state = models.CharField(max_length=12, default="applied")
    before = models.JSONField()
    after = models.JSONField()
    #: Of the code lists, when the correction was made.
    codes_version = models.CharField(max_length=20)
    reason = models.TextField()
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    dispute_until = models.DateField()
    settled_at = models.DateTimeField(null=True)
    #: Corrections made together.
    batch_id = models.UUIDField(null=True, db_index=True)

    class Meta:
        db_table = "cases_correction"
        indexes = [
            models.Index(fields=["centre_id", "state", "-made_at"], name="correction_of_centre"),
            models.Index(fields=["state", "-made_at"], name="correction_by_state"),
        ]


class CorrectionStep(Record):
    """What somebody did with a correction, with their words: made, seen, disputed, upheld, withdrawn."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="steps")
    centre_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    words = models.TextField(blank=True, default="")
    #: Fields that could not be put back, because somebody changed them after the correction.
    kept = models.JSONField(default=list)

    class Meta:
        db_table = "cases_correction_step"
        ordering = ["at", "id"]
