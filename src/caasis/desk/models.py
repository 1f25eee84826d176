"""The desk's own table: who has which case open. It holds ids of staff and nothing about consumers."""

from __future__ import annotations

from django.db import models

from caasis.kernel.ids import uuid7


class Presence(models.Model):
    """One member of staff who has a case on the screen; written by the page's heartbeat, forgotten within a minute."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_id = models.UUIDField()
    centre_id = models.UUIDField()
    user_id = models.UUIDField()
    editing = models.BooleanField(default=False)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "desk_presence"
        constraints = [models.UniqueConstraint(fields=["case_id", "user_id"], name="presence_once")]
