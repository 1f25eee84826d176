"""Who of many free agents can be chosen at all: with few who wait, the rest need not be read.

While `n` pieces of work wait, the one that is looked at last finds at most `n - 1` of the agents taken that come before in its
own order. So whoever stands at its place `n + 1` or later is never chosen, and a decision about the first `n` of each need is
the decision about everybody. The order is that of `engines.routing`: the specialist, the higher level, the longest idle.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from caasis.engines.routing import Work
from caasis.kernel.clock import day_in_japan

#: Below so many free agents all are read; beyond so many pieces of work one question for each need costs more than all.
MANY_AGENTS, FEW_WORKS = 100, 20

_QUESTION = """
WITH held AS (
    SELECT user_id, count(*) AS count FROM queues_agent_skill
    WHERE centre_id = %(centre)s AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to >= %(day)s)
    GROUP BY user_id
), asked AS (
    SELECT held.user_id, count(*) AS met, sum(held.level) AS level
    FROM queues_agent_skill held JOIN queues_skill skill ON skill.id = held.skill_id
    JOIN unnest(%(codes)s::text[], %(levels)s::int[]) AS need(code, least) ON need.code = skill.code AND held.level >= need.least
    WHERE held.centre_id = %(centre)s AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to >= %(day)s)
    GROUP BY held.user_id
)
SELECT status.user_id FROM queues_agent_status status
LEFT JOIN held ON held.user_id = status.user_id
LEFT JOIN asked ON asked.user_id = status.user_id
WHERE status.centre_id = %(centre)s AND status.state = 'available' AND coalesce(asked.met, 0) = %(count)s
    AND coalesce((status.capacity ->> %(channel)s)::int, 0) > 0
    AND EXISTS (SELECT FROM telephony_station station WHERE station.agent_id = status.user_id
        AND (station.online OR station.leg_ready AND station.leg <> ''))
    AND NOT EXISTS (SELECT FROM telephony_participant part JOIN telephony_call call ON call.id = part.call_id
        WHERE part.agent_id = status.user_id AND part.gone_at IS NULL AND call.ended_at IS NULL)
ORDER BY coalesce(held.count, 0), -coalesce(asked.level, 0), coalesce(status.last_work_at, status.since), status.user_id
LIMIT %(most)s
"""


def candidates(works: Collection[Work], now: datetime) -> set[UUID] | None:
    """Ids of the agents among whom a decision about this work falls; None where everybody has to be looked at."""
    if len(works) > FEW_WORKS or any(work.languages or work.preferred or work.overflow for work in works):
        return None
    found: set[UUID] = set()
    with connection.cursor() as cursor:
        for centre, need in {(work.centre, work.need) for work in works}:
            required = sorted((code, least) for code, least in need.required if least > 0)
            asked: dict[str, Any] = {
                "centre": UUID(centre), "day": day_in_japan(now), "channel": need.channel.value, "most": len(works),
                "codes": [code for code, _ in required], "levels": [least for _, least in required],
                "count": len(required),
            }  # fmt: skip
            cursor.execute(_QUESTION, asked)
            found.update(row[0] for row in cursor.fetchall())
    return found
