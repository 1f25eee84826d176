"""Lists for calling people after their case ended, who stands on them, and numbers that are never called again."""

from __future__ import annotations

from django.db import models

from caasis.appointments.rules.follow_ups import CallDays, Limits
from caasis.appointments.vocabulary import EntryState, FollowUpResult, ListState, NoticeChannel, WorkMode
from caasis.platform.models import Record, VersionedRecord
from caasis.privacy.sealed import SealedField
from caasis.queues.models import Queue


class FollowUpList(VersionedRecord):
    """Whom a centre calls for one purpose. Title, purpose, question and notice are words of the centre, about nobody."""

    centre_id = models.UUIDField()
    #: In which queue it is worked: the agents of the queue are those who are rung.
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)
    purpose = models.CharField(max_length=200, blank=True, default="")
    #: What is asked, as it is read to the person.
    question = models.CharField(max_length=300)
    mode = models.CharField(max_length=12, choices=WorkMode.choices(), default=WorkMode.PREVIEW.value)
    #: Which number of the centre is shown, E.164; empty for the one that the centre always shows.
    shown_number = models.CharField(max_length=20, blank=True, default="")
    #: Weekday 0 (Monday) … 6 as text → [first, last], "HH:MM"; a weekday that is absent has no calls.
    hours = models.JSONField(default=dict)
    on_holidays = models.BooleanField(default=False)
    max_tries = models.PositiveSmallIntegerField(default=3)
    pause_minutes = models.PositiveIntegerField(default=24 * 60)
    notice_channel = models.CharField(max_length=10, choices=NoticeChannel.choices(), default=NoticeChannel.NONE.value)
    notice_text = models.CharField(max_length=500, blank=True, default="")
    #: So long after its notice went out somebody may be called.
    notice_hours = models.PositiveSmallIntegerField(default=48)
    state = models.CharField(max_length=10, choices=ListState.choices(), default=ListState.DRAFT.value)
    created_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_follow_up_list"
        indexes = [models.Index(fields=["centre_id", "state", "-created_at"], name="follow_up_list_of_centre")]

    @property
    def days(self) -> CallDays:
        """When people of this list may be called, as the rules know it."""
        return CallDays.read(self.hours, on_holidays=self.on_holidays)

    @property
    def limits(self) -> Limits:
        return Limits(most=self.max_tries, pause_minutes=self.pause_minutes)

    @property
    def wants_notice(self) -> bool:
        return self.notice_channel != NoticeChannel.NONE


class FollowUpEntry(VersionedRecord):
    """One person of a list, for one case, on the consent `consent_id`.

    `agent_id` with `held_at` but no `call_id`: somebody looks at it and is about to call. A centre has one open entry for
    a number at most.
    """

    of_list = models.ForeignKey(FollowUpList, on_delete=models.CASCADE, related_name="entries")
    centre_id = models.UUIDField()
    #: Ids only: cases lie above this room.
    case_id = models.UUIDField()
    person_id = models.UUIDField()
    consent_id = models.UUIDField()
    consent_on = models.DateField()
    record_key_id = models.UUIDField()
    number = SealedField()
    number_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    name = SealedField()
    #: How to ask for the person without harm.
    note = SealedField()
    #: What the person said.
    answers = SealedField()
    state = models.CharField(max_length=14, choices=EntryState.choices(), default=EntryState.WAITING.value)
    result = models.CharField(max_length=14, blank=True, default="", choices=FollowUpResult.choices())
    #: Why nobody is called (vocabulary.NotCalled), or "removed".
    skipped_because = models.CharField(max_length=20, blank=True, default="")
    tries_made = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    noticed_at = models.DateTimeField(null=True)
    agent_id = models.UUIDField(null=True)
    held_at = models.DateTimeField(null=True)
    call_id = models.UUIDField(null=True)
    #: A work item stands for it in the queue.
    in_queue = models.BooleanField(default=False)
    result_by = models.UUIDField(null=True)
    result_at = models.DateTimeField(null=True)
    #: State, moment and count before the last result, so that it can be taken back.
    before = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_follow_up_entry"
        constraints = [
            models.UniqueConstraint(
                fields=["centre_id", "number_index"],
                condition=models.Q(state__in=["waiting", "calling", "asked"]),
                name="one_open_follow_up_for_a_number",
            ),
            models.UniqueConstraint(fields=["of_list", "case_id"], name="case_once_on_a_list"),
        ]
        indexes = [
            models.Index(fields=["of_list", "state", "due_at"], name="follow_up_of_list"),
            models.Index(fields=["centre_id", "number_index"], name="follow_up_of_number"),
            models.Index(fields=["case_id"], name="follow_up_of_case"),
            models.Index(fields=["agent_id"], condition=~models.Q(agent_id=None), name="follow_up_of_agent"),
            models.Index(fields=["done_at"], condition=models.Q(erased_at=None), name="follow_up_to_forget"),
        ]


class FollowUpTry(Record):
    """One call to somebody of a list. `result` is empty while it goes on."""

    entry = models.ForeignKey(FollowUpEntry, on_delete=models.CASCADE, related_name="tries")
    centre_id = models.UUIDField()
    call_id = models.UUIDField()
    agent_id = models.UUIDField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=14, blank=True, default="", choices=FollowUpResult.choices())

    class Meta:
        db_table = "appointments_follow_up_try"
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["entry", "call_id"], name="follow_up_try_once")]


class NoCallNumber(Record):
    """Somebody said that this number is not to be called any more. It stands apart from the lists, so that it outlives
    them: a refusal that is forgotten is no refusal."""

    centre_id = models.UUIDField()
    record_key_id = models.UUIDField()
    number = SealedField()
    number_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    since = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "appointments_no_call_number"
        constraints = [models.UniqueConstraint(fields=["centre_id", "number_index"], name="no_call_number_once")]
