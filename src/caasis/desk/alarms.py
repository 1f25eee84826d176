"""Alarms of the telephone in words, and the form of their limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.desk.phone_board import in_words, percent
from caasis.engines.japanese import normalise_text
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid
from caasis.queues.models import Queue
from caasis.telephony.alarm_selectors import standing_alarms
from caasis.telephony.board_selectors import PhoneBoard
from caasis.telephony.models import Alarm, AlarmLimit
from caasis.telephony.rules.alarms import OF_CENTRE_ONLY, RANGES
from caasis.telephony.services.alarms import Place, field_of
from caasis.telephony.vocabulary import AlarmKind

_ICONS = {
    AlarmKind.WAITING: "group",
    AlarmKind.LONGEST_WAIT: "timer",
    AlarmKind.SERVICE_LEVEL: "trending_up",
    AlarmKind.NOBODY_AVAILABLE: "headset_mic",
}
_WHOLE = "センター全体"


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    """One alarm. `who` has said that they take care of it; "" while nobody has."""

    alarm_id: UUID
    icon: str
    title: str
    place: str
    reading: str
    limit: str
    began_at: datetime
    ended_at: datetime | None
    who: str
    sound: bool


def shown_alarms(rows: Iterable[Alarm], queues: Mapping[UUID, str]) -> list[ShownAlarm]:
    """Alarms in words; one query for the names."""
    found = list(rows)
    people = {row.acknowledged_by for row in found if row.acknowledged_by}
    names = names_of(people) if people else {}
    return [_alarm(row, queues, names) for row in found]


def alarms_on(board: PhoneBoard, *, actor: Actor) -> list[ShownAlarm]:
    """The standing alarms of a centre, for its wallboard and for supervision."""
    return shown_alarms(standing_alarms(actor=actor), {one.queue_id: one.name for one in board.queues})


def _alarm(row: Alarm, queues: Mapping[UUID, str], names: Mapping[UUID, str]) -> ShownAlarm:
    kind = AlarmKind(row.kind)
    return ShownAlarm(
        alarm_id=row.id,
        icon=_ICONS[kind],
        title=_TITLES[kind],
        place=queues.get(row.queue_id, "いまはない列") if row.queue_id else _WHOLE,
        reading=_amount(kind, row.last_reading if row.ended_at is None else row.first_reading),
        limit=_limit(kind, row.limit),
        began_at=row.began_at,
        ended_at=row.ended_at,
        who=names.get(row.acknowledged_by, "") if row.acknowledged_by else "",
        sound=row.sound,
    )


_TITLES = {
    AlarmKind.WAITING: "待っている電話が多くなっています",
    AlarmKind.LONGEST_WAIT: "長く待っている人がいます",
    AlarmKind.SERVICE_LEVEL: "目安の時間内に出られていません",
    AlarmKind.NOBODY_AVAILABLE: "電話に出られる人がいません",
}


def _amount(kind: AlarmKind, reading: float) -> str:
    match kind:
        case AlarmKind.WAITING:
            return f"{reading:.0f}件"
        case AlarmKind.LONGEST_WAIT:
            return in_words(reading)
        case AlarmKind.SERVICE_LEVEL:
            return f"{percent(reading / 100)}％"
        case AlarmKind.NOBODY_AVAILABLE:
            return ""


def _limit(kind: AlarmKind, limit: int) -> str:
    match kind:
        case AlarmKind.WAITING:
            return f"{limit}件以上"
        case AlarmKind.LONGEST_WAIT:
            return f"{in_words(limit)}以上"
        case AlarmKind.SERVICE_LEVEL:
            return f"この1時間で{limit}％未満"
        case AlarmKind.NOBODY_AVAILABLE:
            return f"{in_words(limit)}続いたとき"


# --- the form ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitField:
    """One number to type; empty: not told."""

    name: str
    label: str
    unit: str
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class LimitGroup:
    """The limits of the centre, or of one queue."""

    key: str
    heading: str
    fields: list[LimitField]


def limit_groups(
    queues: Iterable[Queue],
    limits: Iterable[AlarmLimit],
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
) -> list[LimitGroup]:
    """The form: as it stands, or as it was typed."""
    saved = {field_of((AlarmKind(row.kind), row.queue_id)): str(row.limit) for row in limits}
    values = saved if typed is None else typed
    places: list[tuple[UUID | None, str]] = [(None, _WHOLE), *((queue.id, queue.name) for queue in queues)]
    return [
        LimitGroup(
            key=str(queue_id or "centre"),
            heading=heading,
            fields=[
                LimitField(
                    name=(name := field_of((kind, queue_id))),
                    label=kind.label,
                    unit=RANGES[kind][2],
                    value=values.get(name, ""),
                    error=" ".join((errors or {}).get(name, [])),
                )
                for kind in AlarmKind
                if queue_id is None or kind not in OF_CENTRE_ONLY
            ],
        )
        for queue_id, heading in places
    ]


def read_limits(typed: Mapping[str, str], queues: Iterable[Queue]) -> dict[Place, int]:
    """What was typed as limits; empty fields are left out.

    :raises Invalid: at each field that is no whole number.
    """
    limits: dict[Place, int] = {}
    errors: dict[str, list[str]] = {}
    for queue_id in (None, *(queue.id for queue in queues)):
        for kind in AlarmKind:
            name = field_of((kind, queue_id))
            text = normalise_text(typed.get(name, "")).strip()
            if not text:
                continue
            if not (text.isascii() and text.isdecimal() and len(text) <= 5):
                errors[name] = ["数字だけで入力してください。知らせないときは空にします。"]
            else:
                limits[(kind, queue_id)] = int(text)
    if errors:
        raise Invalid(fields=errors)
    return limits
