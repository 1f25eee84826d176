"""Promises to call back, and what came of each try."""

from __future__ import annotations

from django.db import models

from caasis.appointments.rules.hours import Window
from caasis.appointments.vocabulary import AskedBy, CallbackState, CancelReason, TryResult
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
