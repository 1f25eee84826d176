"""Numbers that can be called, and the flows that answer them."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record, VersionedRecord
from caasis.telephony.vocabulary import Toll


class Flow(VersionedRecord):
    """An IVR flow of a centre. What callers hear is the version named by `published`; going back names an older one."""

    centre_id = models.UUIDField()
    name = models.CharField(max_length=60)
    published = models.ForeignKey("FlowVersion", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "telephony_flow"
        constraints = [models.UniqueConstraint(fields=["centre_id", "name"], name="flow_name_once_per_centre")]

    def __str__(self) -> str:
        return self.name


class FlowVersion(Record):
    """One state of a flow's document. Once it was published it is never changed: the database refuses it."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    centre_id = models.UUIDField()
    number = models.PositiveIntegerField()
    document = models.JSONField()
    #: Of a draft: what it was before the last save.
    before = models.JSONField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    written_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)

    class Meta:
        db_table = "telephony_flow_version"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_once")]


class MessageSwitch(VersionedRecord):
    """臨時メッセージ of a centre: flows tell it while it is on, in these words, or in the box's own where there are none."""

    centre_id = models.UUIDField()
    name = models.CharField(max_length=64)
    on = models.BooleanField(default=False)
    #: Language → words.
    words = models.JSONField(default=dict)
    set_by = models.UUIDField(null=True)

    class Meta:
        db_table = "telephony_message_switch"
        constraints = [models.UniqueConstraint(fields=["centre_id", "name"], name="message_switch_once")]


class Number(VersionedRecord):
    """A number that can be called (E.164). Without a flow its calls go straight to `queue_id`."""

    centre_id = models.UUIDField()
    number = models.CharField(max_length=20, unique=True)
    label = models.CharField(max_length=60)
    toll = models.CharField(max_length=20, default=Toll.ORDINARY.value)
    flow = models.ForeignKey(Flow, null=True, on_delete=models.PROTECT, related_name="numbers")
    queue_id = models.UUIDField(null=True)
    #: Prompt that is played while a caller waits or is on hold.
    music = models.CharField(max_length=80, default="hold_music")
    #: Whether calls to this number are recorded unless the caller refuses.
    records = models.BooleanField(default=True)
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "telephony_number"
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number
