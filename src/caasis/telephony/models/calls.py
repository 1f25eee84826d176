"""Calls, who is in them, what happened, and what was recorded."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField
from caasis.telephony.vocabulary import CallPhase, Direction, MonitorMode, Part, Presentation, Role


class Call(Record):
    """One call from its first moment. `call` is its name in the engine and the name of its room.

    The caller's number, and whatever was keyed into the flow, are sealed. `centre_id` is where the call is now; a call
    to a number that nobody owns has none. `callback_for` names the Callback that this call keeps the promise of.
    """

    call = models.CharField(max_length=64, unique=True)
    boot = models.CharField(max_length=64, blank=True, default="")
    centre_id = models.UUIDField(null=True)
    #: Every centre to which it was offered; all of them count it, only the present one may open the number.
    offered_to = models.JSONField(default=list)
    record_key_id = models.UUIDField()
    number = models.ForeignKey("Number", null=True, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=10, default=Direction.INBOUND.value)
    caller = SealedField()
    caller_index = models.BinaryField(null=True)
    index_version = models.PositiveSmallIntegerField(default=1)
    presentation = models.CharField(max_length=12, default=Presentation.UNAVAILABLE.value)
    #: The call came by way of another number, such as 188.
    diverted = models.BooleanField(default=False)
    phase = models.CharField(max_length=10, default=CallPhase.NEW.value)
    flow_version = models.ForeignKey("FlowVersion", null=True, on_delete=models.PROTECT, related_name="+")
    flow_state = SealedField()
    #: What the flow noted: [moment, kind, box, detail], codes and keys only.
    flow_notes = models.JSONField(default=list)
    #: The play that the flow waits for, and the music of waiting or hold.
    play = models.CharField(max_length=64, blank=True, default="")
    music_play = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=8, default="ja")
    queue_id = models.UUIDField(null=True)
    #: Since when it keeps its place; a transfer, an overflow or an agent who does not answer never takes the place away.
    waiting_since = models.DateTimeField(null=True)
    #: A stay in a queue is open in the log, and since when: nobody was connected since it was entered.
    in_stay = models.BooleanField(default=False)
    entered_queue_at = models.DateTimeField(null=True)
    #: Why it goes before others (queues.vocabulary.PriorityReason).
    priority_reasons = models.JSONField(default=list)
    required_skills = models.JSONField(default=dict)
    #: The caller has pressed the key for whoever is about to pay.
    emergency = models.BooleanField(default=False)
    agent_id = models.UUIDField(null=True)
    callback_for = models.UUIDField(null=True)
    #: The person of a follow-up list who is called by it.
    follow_up_for = models.UUIDField(null=True)
    #: The talk by video whose sound this is.
    talk_id = models.UUIDField(null=True)
    on_hold = models.BooleanField(default=False)
    records = models.BooleanField(default=True)
    recording_refused = models.BooleanField(default=False)
    help_wanted = models.BooleanField(default=False)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_cause = models.CharField(max_length=20, blank=True, default="")
    #: What became of it at the centre where it ended (rules.call_record.Outcome); "" while it goes on and for outbound.
    outcome = models.CharField(max_length=20, blank=True, default="")
    #: What its last agent said that it came to (CallResult); "" is 未入力.
    result = models.CharField(max_length=20, blank=True, default="")
    #: How many steps and commands were written, so that each has a number of its own.
    steps_written = models.PositiveIntegerField(default=0)
    last_step_at = models.DateTimeField(null=True)
    orders_written = models.PositiveIntegerField(default=0)
    #: rules.call_record.CallRecord as JSON, when it has ended; written anew when a wrap-up ends.
    record = models.JSONField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "telephony_call"
        indexes = [
            models.Index(fields=["centre_id", "-began_at"], name="call_of_centre"),
            models.Index(fields=["centre_id", "caller_index"], name="call_of_caller"),
            models.Index(fields=["began_at"], name="call_began"),
            models.Index(fields=["phase"], condition=~models.Q(phase="ended"), name="call_living"),
        ]


class Participant(Record):
    """Somebody's part in a call: the customer, an agent, whoever is consulted, somebody outside, a supervisor.

    `leg` is the engine's; an agent's browser has one leg for all its calls. `agreed_at`: an agent has pressed answer.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="participants")
    leg = models.CharField(max_length=64, db_index=True)
    part = models.CharField(max_length=10, choices=[(part.value, part.value) for part in Part])
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role])
    agent_id = models.UUIDField(null=True)
    #: The browser's leg stays when its part in the call is over.
    standing = models.BooleanField(default=False)
    called_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    #: In the room, hearing and being heard by the rules of `rules.audibility`.
    joined = models.BooleanField(default=False)
    #: Counted in the call's record: the customer was connected to them.
    connected_at = models.DateTimeField(null=True)
    muted = models.BooleanField(default=False)
    #: What the engine was told last: roles heard, a bar, roles by which it is heard.
    audible = models.CharField(max_length=120, blank=True, default="")
    mode = models.CharField(max_length=8, blank=True, default="", choices=[(m.value, m.label) for m in MonitorMode])
    gone_at = models.DateTimeField(null=True)
    #: An agent's wrap-up lasts from gone_at until this.
    wrapped_up_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "telephony_participant"
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["agent_id"], condition=models.Q(gone_at=None), name="participant_present"),
            models.Index(fields=["agent_id", "-called_at"], name="participant_of_agent"),
            models.Index(
                fields=["gone_at"],
                condition=models.Q(
                    gone_at__isnull=False, connected_at__isnull=False, wrapped_up_at=None, agent_id__isnull=False
                ),
                name="participant_to_wrap_up",
            ),
        ]


class CallStep(Record):
    """One line of a call's log (`rules.call_log.Happened`). Written once: the database refuses changes and deletions."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="steps")
    counter = models.PositiveIntegerField()
    step = models.CharField(max_length=20)
    at = models.DateTimeField()
    centre = models.CharField(max_length=40, blank=True, default="")
    queue = models.CharField(max_length=40, blank=True, default="")
    agent = models.CharField(max_length=40, blank=True, default="")
    detail = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "telephony_call_step"
        ordering = ["counter"]
        constraints = [models.UniqueConstraint(fields=["call", "counter"], name="call_step_once")]


class Recording(Record):
    """Sound of a call, sealed by the engine under a key of its own, so that it can go while the call's record stays.

    `paused` lists [from, to] in ISO 8601; `to` is None while it lasts.
    """

    recording = models.CharField(max_length=64, unique=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="recordings")
    centre_id = models.UUIDField(null=True)
    record_key_id = models.UUIDField(db_index=True)
    leg = models.CharField(max_length=64)
    file = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    seconds = models.FloatField(null=True)
    failed = models.CharField(max_length=120, blank=True, default="")
    started_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    paused = models.JSONField(default=list)
    #: Spoken by the caller to nobody, to be called back.
    is_message = models.BooleanField(default=False)
    #: The caller refused it while it ran: its key is destroyed, nobody can hear what was recorded so far.
    refused = models.BooleanField(default=False)
    keep_until = models.DateField(null=True)
    legal_hold = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "telephony_recording"
        ordering = ["started_at", "id"]
