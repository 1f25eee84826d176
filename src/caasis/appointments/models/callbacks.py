"""Promises to call back with what came of each try, and talks by video."""

from __future__ import annotations

from django.db import models

from caasis.appointments.rules.hours import Window
from caasis.appointments.vocabulary import (
    AskedBy,
    CallbackState,
    CancelReason,
    Consent,
    Side,
    SignalKind,
    TalkState,
    TryResult,
)
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField
from caasis.queues.models import Queue


class Callback(VersionedRecord):
    """A promise to call somebody back. Its work item keeps the place of `arrived_at`, when the person first called.

    Number, name and note are sealed. A centre has one open promise for a number at most.
    """

    centre_id = models.UUIDField()
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    record_key_id = models.UUIDField()
    number = SealedField()
    number_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    name = SealedField()
    #: What it is about, and how to ask for the person without harm.
    note = SealedField()
    asked_by = models.CharField(max_length=10, choices=AskedBy.choices())
    #: The member of staff who took it down.
    asked_by_id = models.UUIDField(null=True)
    arrived_at = models.DateTimeField()
    promised_at = models.DateTimeField()
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    #: The person wants it also outside of the usual hours.
    any_hour = models.BooleanField(default=False)
    required_skills = models.JSONField(default=dict)
    priority_reasons = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=CallbackState.choices(), default="waiting")
    #: From when on it is tried (again).
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    #: A work item stands for it in the queue.
    in_queue = models.BooleanField(default=False)
    #: Tries that count: those at which a telephone rang.
    tries_made = models.PositiveSmallIntegerField(default=0)
    #: Who is calling now, and in which call.
    agent_id = models.UUIDField(null=True)
    call_id = models.UUIDField(null=True)
    cancelled_because = models.CharField(max_length=10, blank=True, default="", choices=CancelReason.choices())
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_callback"
        constraints = [
            models.UniqueConstraint(
                fields=["centre_id", "number_index"],
                condition=models.Q(state__in=["waiting", "calling"]),
                name="one_open_callback_for_a_number",
            )
        ]
        indexes = [
            models.Index(fields=["centre_id", "state", "due_at"], name="callback_of_centre"),
            models.Index(
                fields=["due_at"], condition=models.Q(state="waiting", in_queue=False), name="callback_to_queue"
            ),
            models.Index(fields=["expires_at"], condition=models.Q(state="waiting"), name="callback_to_expire"),
            models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="callback_to_forget"),
        ]

    @property
    def window(self) -> Window:
        """What was agreed, as the rules know it."""
        return Window(self.window_from, self.window_to, self.any_hour)


class CallbackTry(Record):
    """One call to keep a promise. `result` is empty while it goes on."""

    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="tries")
    centre_id = models.UUIDField()
    call_id = models.UUIDField()
    agent_id = models.UUIDField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=12, blank=True, default="", choices=TryResult.choices())

    class Meta:
        db_table = "appointments_callback_try"
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["callback", "call_id"], name="callback_try_once")]


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
