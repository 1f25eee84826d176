"""Overflow: when a waiting call goes to another queue, its centre's own or a partner's. Pure.

As JSON a rule is {"queue": id, "waited_s": n} or {"queue": id, "expected_wait_s": n}: after n seconds of waiting, or as
soon as the expected wait is above n. The first rule of the list that holds decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

MOST_RULES = 10
LONGEST_S = 2 * 60 * 60
_WAITED, _EXPECTED = "waited_s", "expected_wait_s"


class NotARule(ValueError):
    """The JSON holds no overflow rules; the message is a sentence for whoever set them up."""


@dataclass(frozen=True, slots=True)
class OverflowRule:
    """Go to `queue` after `waited_s` seconds, or when more than `expected_wait_s` seconds are to be expected."""

    queue: UUID
    waited_s: int | None = None
    expected_wait_s: int | None = None

    def holds(self, *, waited_s: float, expected_wait_s: float | None) -> bool:
        """Whether it is time. An expected wait that nobody can tell (None) moves nobody."""
        if self.waited_s is not None:
            return waited_s >= self.waited_s
        return (
            expected_wait_s is not None and self.expected_wait_s is not None and expected_wait_s > self.expected_wait_s
        )

    def to_json(self) -> dict[str, Any]:
        name, value = (_WAITED, self.waited_s) if self.waited_s is not None else (_EXPECTED, self.expected_wait_s)
        return {"queue": str(self.queue), name: value}


def read_overflow(data: Any) -> tuple[OverflowRule, ...]:
    """The rules of a queue. :raises NotARule: with a sentence."""
    if not isinstance(data, list):
        raise NotARule("あふれたときの決まりを、一覧の形にしてください。")
    if len(data) > MOST_RULES:
        raise NotARule(f"あふれたときの決まりは{MOST_RULES}件までです。")
    return tuple(_read(one) for one in data)


def _read(one: Any) -> OverflowRule:
    if not isinstance(one, dict) or set(one) not in ({"queue", _WAITED}, {"queue", _EXPECTED}):
        raise NotARule("あふれたときの決まりには、行き先と、待った秒数か見込みの秒数のどちらか一つを入れてください。")
    try:
        queue = UUID(one["queue"])
    except (ValueError, AttributeError, TypeError):
        raise NotARule("あふれたときの行き先を選んでください。") from None
    values = {name: one[name] for name in (_WAITED, _EXPECTED) if name in one}
    for value in values.values():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_S:
            raise NotARule(f"秒数は0から{LONGEST_S:,}までの整数で入れてください。")
    return OverflowRule(queue, **values)


def overflow_to(
    rules: Iterable[OverflowRule], *, waited_s: float, expected_wait_s: float | None, been: Collection[UUID] = ()
) -> UUID | None:
    """Where a call goes now, or None when it stays.

    `been` are the queues in which it has waited: partners may help each other, and no call goes round in a ring.
    """
    for rule in rules:
        if rule.queue not in been and rule.holds(waited_s=waited_s, expected_wait_s=expected_wait_s):
            return rule.queue
    return None
