"""By when the portal promises an answer."""

from __future__ import annotations

from datetime import datetime, time

from caasis.engines.calendar import next_business_day
from caasis.kernel.clock import JST, day_in_japan

#: 「窓口があいている日で3日以内にお返事します」
ANSWER_BUSINESS_DAYS = 3
_END_OF_WORK = time(17, 0)


def answer_due_at(arrived_at: datetime) -> datetime:
    """The end of the third business day after the day of arrival, in Japan's time."""
    day = day_in_japan(arrived_at)
    for _ in range(ANSWER_BUSINESS_DAYS):
        day = next_business_day(day)
    return datetime.combine(day, _END_OF_WORK, JST)
