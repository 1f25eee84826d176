"""Retention of personal data: how long after a case was registered its people and contacts may still be named.

The case itself stays: its codes and texts hold no personal data and are what the statistics are made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from caasis.organisations.selectors import CentrePolicy
from caasis.privacy.retention import RetentionRule, register_retention

#: Record keys whose every case was registered longer ago than its centre keeps. A key that also belongs to a case which
#: is younger, open, or without registration stays; a merged case goes with the one it was merged into, a handed-over one
#: counts from that day; a contact without a case counts from the day it came.
_EXPIRED = """
WITH kept AS (
    SELECT c.id, c.record_key_id, coalesce(CASE coalesce(m.state, c.state)
            WHEN 'registered' THEN coalesce(m.registered_at, c.registered_at)
            WHEN 'transferred' THEN c.touched_at
        END < %(now)s - make_interval(years => coalesce(s.retention_years, %(years)s)), false) AS over
    FROM cases_case c
    LEFT JOIN cases_case m ON m.id = c.merged_into_id
    LEFT JOIN organisations_centre_settings s ON s.centre_id = c.owning_centre_id
), claims AS (
    SELECT record_key_id AS key, over FROM kept
    UNION ALL
    SELECT p.record_key_id, k.over
    FROM kept k JOIN cases_party r ON r.case_id = k.id JOIN people_person p ON p.id = r.person_id
    UNION ALL
    SELECT p.record_key_id, k.over
    FROM kept k JOIN cases_referral f ON f.case_id = k.id JOIN people_person p ON p.id = f.person_id
    UNION ALL
    SELECT t.record_key_id, k.over
    FROM kept k JOIN cases_contact l ON l.case_id = k.id JOIN channels_contact t ON t.id = l.contact_id
    UNION ALL
    SELECT t.record_key_id,
        t.offered_at < %(now)s - make_interval(years => coalesce(s.retention_years, %(years)s))
    FROM channels_contact t LEFT JOIN organisations_centre_settings s ON s.centre_id = t.centre_id
    WHERE NOT EXISTS (SELECT 1 FROM cases_contact l WHERE l.contact_id = t.id)
)
SELECT c.key FROM claims c JOIN privacy_record_key k ON k.id = c.key
WHERE k.destroyed_at IS NULL
GROUP BY c.key HAVING bool_and(c.over)
ORDER BY c.key LIMIT %(limit)s
"""


def expired_keys(now: datetime, limit: int) -> Iterable[UUID]:
    """Record keys of cases, people and contacts that are past their centre's years. Runs in the system's scope."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, {"now": now, "years": CentrePolicy().retention_years, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def register() -> None:
    """Called once, when the room is ready."""
    register_retention(RetentionRule("cases", expired_keys))
