"""Setting up queues and skills: who may, and what can't be taken. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from uuid import UUID

from caasis.kernel.actor import Actor, Role
from caasis.queues.vocabulary import ChannelKind

#: Seconds.
SHORTEST_RING, LONGEST_RING = 5, 120
LONGEST_TARGET, LONGEST_WRAP_UP = 60 * 60, 60 * 60
MOST_EXTENSIONS = 10
LOWEST_PRIORITY, HIGHEST_PRIORITY = -100, 100
MOST_AT_ONCE = 10
SKILL_CODE = re.compile(r"[a-z][a-z0-9_]{1,29}")


def may_set_up(actor: Actor, centre_id: UUID) -> bool:
    """Queues and skills of a centre are set up by its supervisors and officials, and by the administrator."""
    if actor.is_system or actor.has(Role.ADMIN):
        return True
    return actor.works_for(centre_id) and actor.has(Role.SUPERVISOR, Role.OFFICIAL)


def may_lead(actor: Actor, centre_id: UUID) -> bool:
    """Who sees why colleagues are away, and may change the state of one who has gone home and forgotten it."""
    return actor.works_for(centre_id) and actor.has(Role.SUPERVISOR, Role.OFFICIAL)


def queue_errors(
    *,
    name: str,
    channels: Collection[str],
    priority: int,
    target_seconds: int,
    ring_seconds: int,
    wrap_up_seconds: int | None,
    wrap_up_extensions: int = 0,
) -> dict[str, list[str]]:
    """What can't be taken of a queue's fields, as sentences by field."""
    errors: dict[str, list[str]] = {}
    if not 1 <= len(name) <= 60:
        errors["name"] = ["名前を60字までで入力してください。"]
    if not channels or not set(channels) <= set(ChannelKind):
        errors["channels"] = ["受け付ける手段を選んでください。"]
    if not LOWEST_PRIORITY <= priority <= HIGHEST_PRIORITY:
        errors["priority"] = [f"優先の度合いは{LOWEST_PRIORITY}から{HIGHEST_PRIORITY}までです。"]
    if not 0 <= target_seconds <= LONGEST_TARGET:
        errors["target_seconds"] = [f"目標の秒数は{LONGEST_TARGET:,}までです。"]
    if not SHORTEST_RING <= ring_seconds <= LONGEST_RING:
        errors["ring_seconds"] = [f"呼び出す秒数は{SHORTEST_RING}から{LONGEST_RING}までです。"]
    if wrap_up_seconds is not None and not 0 <= wrap_up_seconds <= LONGEST_WRAP_UP:
        errors["wrap_up_seconds"] = [f"後処理の秒数は{LONGEST_WRAP_UP:,}までです。"]
    if not 0 <= wrap_up_extensions <= MOST_EXTENSIONS:
        errors["wrap_up_extensions"] = [f"後処理をのばせる回数は0から{MOST_EXTENSIONS}までです。"]
    return errors


def skill_errors(*, code: str, label: str) -> dict[str, list[str]]:
    """What can't be taken of a skill, as sentences by field."""
    errors: dict[str, list[str]] = {}
    if not SKILL_CODE.fullmatch(code):
        errors["code"] = ["記号は、半角の英小文字で始まる2〜30字（英小文字・数字・_）で入力してください。"]
    if not 1 <= len(label) <= 40:
        errors["label"] = ["名前を40字までで入力してください。"]
    return errors


def capacity_error(capacity: Mapping[str, int]) -> str:
    """What is wrong with how many of each kind an agent takes at once, as a sentence; "" when nothing is."""
    if not capacity or not set(capacity) <= set(ChannelKind):
        return "受け付ける手段を選んでください。"
    if any(isinstance(count, bool) or not 1 <= count <= MOST_AT_ONCE for count in capacity.values()):
        return f"同時に受け付ける数は1から{MOST_AT_ONCE}までです。"
    return ""
