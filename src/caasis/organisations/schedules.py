"""Opening hours of centres as schedules that can be asked: is it open, and how many open minutes lie between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, time
from uuid import UUID

from caasis.engines.calendar import is_holiday
from caasis.engines.schedule import Closure, Hours, Schedule
from caasis.organisations.models import CentreSettings, OpeningHours, SpecialDay

#: While nobody has entered a centre's hours, its limits are counted in these: weekdays from nine to five.
ASSUMED_WEEK = {weekday: (Hours(9 * 60, 17 * 60),) for weekday in range(5)}


def schedules_of(centre_ids: Iterable[UUID], *, since: date | None = None) -> dict[UUID, Schedule]:
    """Schedules of some centres, in three queries. A centre without hours gets a schedule that never opens.

    :param since: leave out special days before it.
    """
    ids = set(centre_ids)
    weeks: dict[UUID, dict[int, list[Hours]]] = defaultdict(lambda: defaultdict(list))
    for row in OpeningHours.objects.filter(centre_id__in=ids):
        weeks[row.centre_id][row.weekday].append(Hours(_minute(row.opens), _minute(row.closes)))
    special: dict[UUID, list[SpecialDay]] = defaultdict(list)
    days = SpecialDay.objects.filter(centre_id__in=ids)
    for day in days.filter(day__gte=since) if since is not None else days:
        special[day.centre_id].append(day)
    on_holidays = set(
        CentreSettings.objects.filter(centre_id__in=ids, open_on_holidays=True).values_list("centre_id", flat=True)
    )
    return {
        id_: Schedule(
            weekly={weekday: tuple(sorted(hours)) for weekday, hours in weeks[id_].items()},
            holidays=() if id_ in on_holidays else is_holiday,
            closures=tuple(Closure(row.day, row.day, row.note) for row in special[id_] if row.opens is None),
            special_openings={
                row.day: (Hours(_minute(row.opens), _minute(row.closes)),)
                for row in special[id_]
                if row.opens is not None and row.closes is not None
            },
        )
        for id_ in ids
    }


def working_schedules(centre_ids: Iterable[UUID]) -> dict[UUID, Schedule]:
    """As `schedules_of`, for counting limits: a centre without hours counts by `ASSUMED_WEEK`."""
    return {
        id_: schedule if schedule.weekly else Schedule(weekly=ASSUMED_WEEK, holidays=is_holiday)
        for id_, schedule in schedules_of(centre_ids).items()
    }


def working_schedule(centre_id: UUID) -> Schedule:
    """The schedule by which a centre's limits are counted."""
    return working_schedules([centre_id])[centre_id]


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
