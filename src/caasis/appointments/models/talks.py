"""Talks by video, and what their browsers say to each other."""

from __future__ import annotations

from django.db import models

from caasis.appointments.vocabulary import (
    Consent,
    Side,
    SignalKind,
    TalkState,
)
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField


class VideoTalk(VersionedRecord):
    """A talk by video, booked or at once. Whoever has its link is let in as the consumer until `expires_at`.

    The link's secret is found by its hash; it is kept sealed beside it, so that the counsellor can give it again.
    `case_id` and `call_id` name what lives in rooms above.
    """

    centre_id = models.UUIDField()
    case_id = models.UUIDField(null=True, db_index=True)
    agent_id = models.UUIDField()
    made_by = models.UUIDField()
    record_key_id = models.UUIDField()
    #: For the counsellor: with whom, and where the link is sent to.
    name = SealedField()
    contact = SealedField()
    #: How the consumer wants to be called; written by her.
    shown_name = SealedField()
    secret = SealedField()
    secret_hash = models.CharField(max_length=64, unique=True)
    begins_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=30)
    at_once = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=TalkState.choices(), default="booked")
    consent = models.CharField(max_length=8, blank=True, default="", choices=Consent.choices())
    entered_at = models.DateTimeField(null=True)
    #: When the consumer's page asked last; a page that is gone asks no more.
    seen_at = models.DateTimeField(null=True)
    call_id = models.UUIDField(null=True)
    #: Files that the consumer sent during it, ids of the case's evidence.
    files = models.JSONField(default=list)
    signals_written = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_video_talk"
        indexes = [
            models.Index(fields=["centre_id", "begins_at"], name="video_talk_of_centre"),
            models.Index(fields=["agent_id", "begins_at"], name="video_talk_of_agent"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=["booked", "waiting", "talking"]),
                name="video_talk_to_expire",
            ),
            models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="video_talk_to_forget"),
        ]


class VideoSignal(Record):
    """What one browser of a talk tells the other about the picture. Holds addresses of both, so it goes with the talk."""

    talk = models.ForeignKey(VideoTalk, on_delete=models.CASCADE, related_name="signals")
    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    number = models.PositiveIntegerField()
    side = models.CharField(max_length=8, choices=Side.choices())
    kind = models.CharField(max_length=8, choices=SignalKind.choices())
    body = SealedField()

    class Meta:
        db_table = "appointments_video_signal"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["talk", "number"], name="video_signal_once")]
