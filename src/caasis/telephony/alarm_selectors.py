"""Reads of limits and alarms: inside the own centre."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, QuerySet

from caasis.kernel.actor import Actor
from caasis.telephony.models import Alarm, AlarmLimit


def _own(actor: Actor) -> UUID | None:
    return actor.centre_id if actor.works_for(actor.centre_id) else None


def standing_alarms(*, actor: Actor) -> QuerySet[Alarm]:
    """Alarms of the actor's centre that have not ended, those that nobody took care of first, then the oldest."""
    own = _own(actor)
    if own is None:
        return Alarm.objects.none()
    return Alarm.objects.filter(centre_id=own, ended_at=None).order_by(F("acknowledged_at").desc(nulls_first=True), "began_at")


def past_alarms(*, actor: Actor) -> QuerySet[Alarm]:
    """Alarms of the actor's centre that ended, the newest first."""
    own = _own(actor)
    if own is None:
        return Alarm.objects.none()
    return Alarm.objects.filter(centre_id=own).exclude(ended_at=None)


def alarm_limits(*, actor: Actor) -> QuerySet[AlarmLimit]:
    """The limits of the actor's centre."""
    own = _own(actor)
    return AlarmLimit.objects.none() if own is None else AlarmLimit.objects.filter(centre_id=own)
