"""Retention: rooms say which of their records are past their time; the job erases them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from caasis.kernel.actor import SYSTEM
from caasis.platform.transactions import system_transaction
from caasis.privacy.erasure import Reason, erase_record

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """`expired(now, limit)` gives ids of record keys, not yet destroyed, whose records may no longer be kept."""

    name: str
    expired: Callable[[datetime, int], Iterable[UUID]]


_rules: dict[str, RetentionRule] = {}


def register_retention(rule: RetentionRule) -> None:
    """Register a room's rule, from its `ready()`."""
    if rule.name in _rules:
        raise ValueError(f"the retention rule {rule.name} is registered twice")
    _rules[rule.name] = rule


def erase_expired(now: datetime, *, limit: int = 500) -> int:
    """Erase up to `limit` records of each rule, each in a transaction of its own. Returns how many."""
    total = 0
    for rule in _rules.values():
        with system_transaction():
            ids = list(rule.expired(now, limit))
        for key_id in ids:
            erase_record(actor=SYSTEM, key_id=key_id, reason=Reason.RETENTION, now=now)
        if ids:
            log.info("records past their retention were erased", extra={"check": rule.name, "count": len(ids)})
        total += len(ids)
    return total
