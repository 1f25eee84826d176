"""Opening hours of centres as schedules that can be asked: is it open, and how many open minutes lie between."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.db import connection

from caasis.engines.calendar import is_holiday
from caasis.engines.schedule import Closure, Hours, Schedule

#: While nobody has entered a centre's hours, its limits are counted in these: weekdays from nine to five.
ASSUMED_WEEK = {weekday: (Hours(9 * 60, 17 * 60),) for weekday in range(5)}


def schedules_of(centre_ids: Iterable[UUID], *, since: date | None = None) -> dict[UUID, Schedule]:
    """Schedules of some centres, in one query. A centre without hours gets a schedule that never opens.

    :param since: leave out special days before it.
    """
    ids = list(set(centre_ids))
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [since or date.min, ids])
        return {id_: _schedule(hours, days, on_holidays) for id_, hours, days, on_holidays in cursor.fetchall()}


#: Texts, because the same text is the same schedule: it is built once in a process and never out of date.
_HOURS = """
SELECT centre.id,
  (SELECT json_agg(json_build_array(weekday, opens, closes) ORDER BY weekday, opens)::text
   FROM organisations_opening_hours WHERE centre_id = centre.id),
  (SELECT json_agg(json_build_array(day, opens, closes, note) ORDER BY day)::text
   FROM organisations_special_day WHERE centre_id = centre.id AND day >= %s),
  COALESCE((SELECT open_on_holidays FROM organisations_centre_settings WHERE centre_id = centre.id), false)
FROM unnest(%s::uuid[]) AS centre (id)
"""


@lru_cache(maxsize=2_000)
def _schedule(hours: str | None, days: str | None, open_on_holidays: bool) -> Schedule:
    weekly: dict[int, list[Hours]] = defaultdict(list)
    for weekday, opens, closes in json.loads(hours or "[]"):
        weekly[weekday].append(Hours(_minute(opens), _minute(closes)))
    special = [(date.fromisoformat(day), *more) for day, *more in json.loads(days or "[]")]
    return Schedule(
        weekly={weekday: tuple(sorted(stretches)) for weekday, stretches in weekly.items()},
        holidays=() if open_on_holidays else is_holiday,
        closures=tuple(Closure(day, day, note) for day, opens, _, note in special if opens is None),
        special_openings={
            day: (Hours(_minute(opens), _minute(closes)),)
            for day, opens, closes, _ in special
            if opens is not None and closes is not None
        },
    )


def working_schedules(centre_ids: Iterable[UUID]) -> dict[UUID, Schedule]:
    """As `schedules_of`, for counting limits: a centre without hours counts by `ASSUMED_WEEK`."""
    return {
        id_: schedule if schedule.weekly else Schedule(weekly=ASSUMED_WEEK, holidays=is_holiday)
        for id_, schedule in schedules_of(centre_ids).items()
    }


def working_schedule(centre_id: UUID) -> Schedule:
    """The schedule by which a centre's limits are counted."""
    return working_schedules([centre_id])[centre_id]


def _minute(at: str) -> int:
    """Minutes since midnight of PostgreSQL's `HH:MM:SS`."""
    return int(at[:2]) * 60 + int(at[3:5])
