"""Limits and alarms of a centre's telephone: set by its leaders, watched by the switchboard, acknowledged by a person."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.organisations.schedules import schedules_of
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues.models import AgentStatus, Queue
from caasis.queues.models.queue import TARGET_SECONDS
from caasis.queues.vocabulary import AgentState
from caasis.telephony.events import AlarmBegan, AlarmEnded, AlarmLimitsChanged, AlarmSeen
from caasis.telephony.models import Alarm, AlarmLimit, Call
from caasis.telephony.rules.alarms import LEAST_CALLS, LEVEL_SPAN, Standing, judge, limit_error
from caasis.telephony.rules.figures import centre_figures, queue_figures
from caasis.telephony.selectors import with_records
from caasis.telephony.vocabulary import AlarmKind, CallPhase, Direction

log = logging.getLogger(__name__)

#: (kind, queue or None for the whole centre)
Place = tuple[AlarmKind, UUID | None]


def set_alarm_limits(*, actor: Actor, limits: Mapping[Place, int], sound: bool = False) -> list[AlarmLimit]:
    """The centre's limits from now on: these and no others. Alarms of limits that are gone end.

    :param sound: whether the wallboard may sound when an alarm begins.
    :raises Invalid: a limit that can't be, at `kind` or `kind-queue`. :raises NotAllowed: neither supervisor nor official.
    """
    centre_id = _led_centre(actor, "知らせる値を決められるのは、主任とセンターの職員です。")
    with actor_transaction(actor):
        known = set(Queue.objects.filter(centre_id=centre_id).values_list("id", flat=True))
        errors: dict[str, list[str]] = {}
        for (kind, queue_id), limit in limits.items():
            sentence = limit_error(kind, limit, of_queue=queue_id is not None)
            if queue_id is not None and queue_id not in known:
                sentence = "この列は見つかりません。開き直してください。"
            if sentence:
                errors[field_of((kind, queue_id))] = [sentence]
        if errors:
            raise Invalid(fields=errors)
        old = {
            (AlarmKind(row.kind), row.queue_id): row
            for row in AlarmLimit.objects.select_for_update().filter(centre_id=centre_id)
        }
        for place, row in old.items():
            if place not in limits:
                row.delete()
        kept = [_keep(old.get(place), centre_id, place, limit, sound) for place, limit in limits.items()]
        for alarm in Alarm.objects.select_for_update().filter(centre_id=centre_id, ended_at=None):
            if (AlarmKind(alarm.kind), alarm.queue_id) not in limits:
                _end(alarm, timezone.now())
        record_access(
            actor=actor, action="set_alarm_limits", object_kind="telephony_alarm_limit", object_id=centre_id,
            centre_id=centre_id, reason=f"{len(kept)}",
        )  # fmt: skip
        publish(AlarmLimitsChanged(subject=centre_id, centre_id=centre_id), actor=actor)
        return kept


def field_of(place: Place) -> str:
    """The name of a limit in a form and in errors."""
    kind, queue_id = place
    return kind.value if queue_id is None else f"{kind.value}-{queue_id}"


def _keep(row: AlarmLimit | None, centre_id: UUID, place: Place, limit: int, sound: bool) -> AlarmLimit:
    row = row or AlarmLimit(centre_id=centre_id, kind=place[0].value, queue_id=place[1])
    row.limit, row.sound = limit, sound
    row.save()
    return row


def acknowledge_alarm(*, actor: Actor, alarm_id: UUID) -> Alarm:
    """Say that one takes care of an alarm; it goes on until its reading is well again. The first who says so stands.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither supervisor nor official.
    """
    centre_id = _led_centre(actor, "知らせに応じられるのは、主任とセンターの職員です。")
    with actor_transaction(actor):
        alarm = Alarm.objects.select_for_update().filter(id=alarm_id, centre_id=centre_id).first()
        if alarm is None:
            raise NotFound("この知らせは見つかりません。画面を開き直してください。")
        if alarm.acknowledged_at is None:
            alarm.acknowledged_by, alarm.acknowledged_at = actor.id, timezone.now()
            alarm.save(update_fields=["acknowledged_by", "acknowledged_at", "updated_at"])
            record_access(
                actor=actor, action="acknowledge_alarm", object_kind="telephony_alarm", object_id=alarm.id,
                centre_id=centre_id,
            )  # fmt: skip
            publish(AlarmSeen(subject=alarm.id, centre_id=centre_id), actor=actor)
        return alarm


def _led_centre(actor: Actor, sentence: str) -> UUID:
    centre_id = actor.centre_id
    if centre_id is None or not actor.works_for(centre_id) or not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        raise NotAllowed(sentence)
    return centre_id


# --- watching ---------------------------------------------------------------------------------------------------------


def watch_alarms(*, now: datetime, levels: bool = True) -> int:
    """Read every centre that has limits and begin or end its alarms; returns how many began or ended.

    The switchboard calls it every few seconds. Five queries for the whole installation, and with `levels` two for each
    centre that has a limit on its service level.
    """
    with system_transaction():
        limits = list(AlarmLimit.objects.select_for_update().order_by("centre_id", "id"))
        if not limits:
            return 0
        readings = _Readings({row.centre_id for row in limits}, now)
        standing = {(row.centre_id, row.kind, row.queue_id): row for row in Alarm.objects.filter(ended_at=None)}
        changed = 0
        for limit in limits:
            kind = AlarmKind(limit.kind)
            if kind is AlarmKind.SERVICE_LEVEL and not levels:
                continue
            alarm = standing.get((limit.centre_id, limit.kind, limit.queue_id))
            changed += _judge(limit, kind, readings.of(limit, kind), alarm, now)
        return changed


def _judge(limit: AlarmLimit, kind: AlarmKind, reading: float | None, alarm: Alarm | None, now: datetime) -> int:
    was = Standing(limit.met_since, alarm.began_at if alarm else None)
    after = judge(kind, limit.limit, reading, was, now)
    if after.met_since != limit.met_since:
        limit.met_since = after.met_since
        limit.save(update_fields=["met_since", "updated_at"])
    if alarm is None:
        if after.began_at is None or reading is None:
            return 0
        alarm = Alarm.objects.create(
            centre_id=limit.centre_id, queue_id=limit.queue_id, kind=limit.kind, limit=limit.limit, sound=limit.sound,
            first_reading=reading, last_reading=reading, began_at=after.began_at,
        )  # fmt: skip
        log.info("an alarm of the telephone began", extra={"check": limit.kind})
        publish(
            AlarmBegan(subject=alarm.id, centre_id=alarm.centre_id, kind=alarm.kind, queue=alarm.queue_id), actor=SYSTEM
        )
        return 1
    if after.began_at is None:
        _end(alarm, now)
        return 1
    if reading is not None and reading != alarm.last_reading:
        alarm.last_reading = reading
        alarm.save(update_fields=["last_reading", "updated_at"])
    return 0


def _end(alarm: Alarm, now: datetime) -> None:
    alarm.ended_at = max(now, alarm.began_at)
    alarm.save(update_fields=["ended_at", "updated_at"])
    log.info("an alarm of the telephone ended", extra={"check": alarm.kind})
    publish(
        AlarmEnded(subject=alarm.id, centre_id=alarm.centre_id, kind=alarm.kind, queue=alarm.queue_id), actor=SYSTEM
    )


class _Readings:
    """What the limits of some centres are compared with, at one moment. In the system's scope."""

    def __init__(self, centres: set[UUID], now: datetime) -> None:
        self._now = now
        waiting = (
            Call.objects.filter(centre_id__in=centres, phase__in=[CallPhase.WAITING.value, CallPhase.RINGING.value])
            .filter(direction=Direction.INBOUND.value)
            .exclude(queue_id=None)
            .order_by()
            .values_list("centre_id", "queue_id")
            .annotate(count=Count("id"), first=Min("waiting_since"))
        )
        self._waiting = {(centre, queue): (count, first) for centre, queue, count, first in waiting}
        self._queues = dict(Queue.objects.filter(centre_id__in=centres).values_list("id", "target_seconds"))
        self._default = dict(
            Queue.objects.filter(centre_id__in=centres, is_default=True).values_list("centre_id", "target_seconds")
        )
        free = AgentStatus.objects.filter(centre_id__in=centres, state=AgentState.AVAILABLE.value)
        self._free = set(free.values_list("centre_id", flat=True))
        self._open = {centre for centre, plan in schedules_of(centres).items() if plan.is_open(now)}
        self._calls: dict[UUID, list] = {}  # type: ignore[type-arg]

    def of(self, limit: AlarmLimit, kind: AlarmKind) -> float | None:
        """The reading in the unit of the kind; None where nothing can be said."""
        if kind is AlarmKind.NOBODY_AVAILABLE:
            return float(limit.centre_id in self._open and limit.centre_id not in self._free)
        if kind is AlarmKind.SERVICE_LEVEL:
            return self._level(limit)
        found = [
            seen
            for (centre, queue), seen in self._waiting.items()
            if centre == limit.centre_id and limit.queue_id in (None, queue)
        ]
        if kind is AlarmKind.WAITING:
            return float(sum(count for count, _ in found))
        first = min((moment for _, moment in found if moment is not None), default=None)
        return max(0.0, (self._now - first).total_seconds()) if first else 0.0

    def _level(self, limit: AlarmLimit) -> float | None:
        centre_id = limit.centre_id
        if centre_id not in self._calls:
            rows = Call.objects.filter(centre_id=centre_id, began_at__gte=self._now - LEVEL_SPAN)
            self._calls[centre_id] = with_records(list(rows.order_by("began_at")))
        calls = self._calls[centre_id]
        if limit.queue_id is not None:
            target = self._queues.get(limit.queue_id, TARGET_SECONDS)
            figures = queue_figures(calls, str(limit.queue_id), target_s=float(target))
            counted, level = figures.entered, figures.service_level
        else:
            target = self._default.get(centre_id, TARGET_SECONDS)
            whole = centre_figures(calls, str(centre_id), target_s=float(target))
            counted, level = whole.offered, whole.service_level
        return None if level is None or counted < LEAST_CALLS else level * 100
