"""What the switchboard works with: where agents can be reached, timers, orders to the engine, requests of the desk."""

from __future__ import annotations

from django.db import models

from caasis.platform.models import Record
from caasis.privacy.sealed import SealedField
from caasis.telephony.vocabulary import RequestKind


class Station(Record):
    """Where one agent can be rung: a registered phone (`user`), or a browser whose leg is connected already."""

    agent_id = models.UUIDField(unique=True)
    centre_id = models.UUIDField()
    user = models.CharField(max_length=64, unique=True)
    #: A desk phone of this name is registered.
    online = models.BooleanField(default=False)
    device = models.CharField(max_length=80, blank=True, default="")
    #: The browser's leg, and whether its sound flows.
    leg = models.CharField(max_length=64, blank=True, default="", db_index=True)
    leg_ready = models.BooleanField(default=False)

    class Meta:
        db_table = "telephony_station"


class Timer(Record):
    """Something that is due at a moment: one of each kind for a call, or for a call and a leg."""

    call = models.ForeignKey("Call", on_delete=models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=64, blank=True, default="")
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "telephony_timer"
        constraints = [models.UniqueConstraint(fields=["call", "kind", "name"], name="timer_once")]


class Cursor(models.Model):
    """How far the switchboard has read: one row, locked by whoever applies a signal."""

    name = models.CharField(max_length=20, primary_key=True)
    boot = models.CharField(max_length=64, blank=True, default="")
    seq = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "telephony_cursor"


class Order(Record):
    """A command to the engine, saved with the steps that it follows from and sent after the commit.

    `command` is the wire's JSON, sealed: it may hold a number to call or keys to press. Sent again after a crash when the
    engine still lives the same life; its id makes that harmless.
    """

    command_id = models.CharField(max_length=64, unique=True)
    call = models.ForeignKey("Call", null=True, on_delete=models.CASCADE, related_name="orders")
    record_key_id = models.UUIDField()
    centre_id = models.UUIDField(null=True)
    boot = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    leg = models.CharField(max_length=64, blank=True, default="")
    command = SealedField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=30, blank=True, default="")

    class Meta:
        db_table = "telephony_order"
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["created_at"], condition=models.Q(sent_at=None), name="order_unsent")]


class DeskRequest(Record):
    """Somebody at the desk asks for something; the switchboard does it or says in a sentence why not.

    `target_id` is an agent or a queue; what else is needed (a number, keys, a browser's offer) is sealed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "受け付けました"
        DONE = "done", "しました"
        REFUSED = "refused", "できませんでした"

    centre_id = models.UUIDField()
    actor_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in RequestKind])
    call = models.ForeignKey("Call", null=True, on_delete=models.CASCADE, related_name="requests")
    target_kind = models.CharField(max_length=10, blank=True, default="")
    target_id = models.UUIDField(null=True)
    option = models.CharField(max_length=20, blank=True, default="")
    record_key_id = models.UUIDField()
    words = SealedField()
    leg = models.CharField(max_length=64, blank=True, default="", db_index=True)
    idempotency_key = models.CharField(max_length=80, null=True, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    answer = models.CharField(max_length=200, blank=True, default="")
    #: A browser's answer to its offer.
    reply = SealedField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "telephony_desk_request"
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(state="waiting"), name="desk_request_waiting")
        ]
