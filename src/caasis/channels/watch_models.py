"""見守り情報: who may report with a link of their own, and what came in that way."""

from __future__ import annotations

from django.db import models

from caasis.channels.watch_terms import MEMBER_KINDS
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class WatchMember(VersionedRecord):
    """A person of a member of the council (消費者安全確保地域協議会) who reports by a link of their own.

    Only the hash of the link's secret is kept: the link is told once, and lost it is made anew.
    """

    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=[(term.code, term.label) for term in MEMBER_KINDS])
    organisation = models.CharField(max_length=80)
    name = SealedField()
    contact = SealedField()
    secret_hash = models.CharField(max_length=64, unique=True)
    #: The last day on which the link lets somebody in, in Japan.
    valid_until = models.DateField()
    made_by = models.UUIDField()
    renewed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "channels_watch_member"
        indexes = [
            models.Index(fields=["centre_id", "ended_at"], name="watch_member_of_centre"),
            models.Index(fields=["valid_until"], condition=models.Q(erased_at=None), name="watch_member_kept"),
        ]


class WatchReport(Record):
    """That a contact is a 見守り情報, and whose. What was written lies sealed in the contact's submission."""

    contact = models.OneToOneField("channels.Contact", on_delete=models.CASCADE, related_name="watch_report")
    centre_id = models.UUIDField()
    member = models.ForeignKey(WatchMember, null=True, on_delete=models.PROTECT, related_name="reports")

    class Meta:
        db_table = "channels_watch_report"
