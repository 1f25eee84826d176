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

#: Below so many free agents all are read; beyond so much work, or so many needs, the questions cost more than all of them.
MANY_AGENTS, FEW_WORKS, FEW_NEEDS = 100, 20, 4

#: Skills are looked up agent by agent: behind row-level security the database expects one row where there are thousands, and
#: joins what it should look up.
_HELD = """queues_agent_skill held WHERE held.centre_id = %(centre)s AND held.user_id = status.user_id
            AND held.valid_from <= %(day)s AND (held.valid_to IS NULL OR held.valid_to >= %(day)s)"""
_REQUIRED = """EXISTS (
            SELECT FROM unnest(%(codes)s::text[], %(levels)s::int[]) AS need(code, least)
            JOIN queues_skill skill ON skill.code = need.code WHERE skill.id = held.skill_id AND held.level >= need.least)"""
_QUESTION = f"""
SELECT status.user_id FROM queues_agent_status status
WHERE status.centre_id = %(centre)s AND status.state = 'available'
    AND coalesce((status.capacity ->> %(channel)s)::int, 0) > 0
    AND (%(count)s = 0 OR (SELECT count(*) FROM {_HELD} AND {_REQUIRED}) = %(count)s)
    AND EXISTS (SELECT FROM telephony_station station WHERE station.agent_id = status.user_id
        AND (station.online OR station.leg_ready AND station.leg <> ''))
    AND NOT EXISTS (SELECT FROM telephony_participant part JOIN telephony_call call ON call.id = part.call_id
        WHERE part.agent_id = status.user_id AND part.gone_at IS NULL AND call.ended_at IS NULL)
ORDER BY (SELECT count(*) FROM {_HELD}),
    CASE WHEN %(count)s = 0 THEN 0 ELSE -(SELECT coalesce(sum(held.level), 0) FROM {_HELD} AND {_REQUIRED}) END,
    coalesce(status.last_work_at, status.since), status.user_id
LIMIT %(most)s
"""  # noqa: S608 (made of constants)


def candidates(works: Collection[Work], now: datetime) -> set[UUID] | None:
    """Ids of the agents among whom a decision about this work falls; None where everybody has to be looked at."""
    if len(works) > FEW_WORKS or any(work.languages or work.preferred or work.overflow for work in works):
        return None
    needs = {(work.centre, work.need) for work in works}
    if len(needs) > FEW_NEEDS:
        return None
    found: set[UUID] = set()
    with connection.cursor() as cursor:
        for centre, need in needs:
            required = sorted((code, least) for code, least in need.required if least > 0)
            asked: dict[str, Any] = {
                "centre": UUID(centre), "day": day_in_japan(now), "channel": need.channel.value, "most": len(works),
                "codes": [code for code, _ in required], "levels": [least for _, least in required],
                "count": len(required),
            }  # fmt: skip
            cursor.execute(_QUESTION, asked)
            found.update(row[0] for row in cursor.fetchall())
    return found
