"""A centre's policy of working together: who is asked next, within which time, and how soon a consumer is answered.

All minutes are open minutes of the centre: they stand still at lunch, at night and on closed days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from caasis.cases.rules.team_words import ClockKind
from caasis.kernel.actor import Role

#: How a consultation comes, as far as answering it goes. A call or a visit is answered at once: it has no first answer.
CHANNEL_GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "web": ("Web・メール・SNS", ("web", "mail", "sns", "chat")),
    "letter": ("文書・FAX", ("letter", "fax", "other")),
    "talk": ("電話・来訪", ("phone", "visit", "video")),
}
PRIORITIES = {"urgent": "急ぐ相談", "normal": "ふつうの相談"}
#: Tiers may ask these roles.
TIER_ROLES = (Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL)
MOST_TIERS = 3
LONGEST_TIER = 60 * 24
LONGEST_TARGET = 60 * 2000
LARGEST_AMOUNT = 10**12

Key = tuple[str, str, str]

#: (channel group, priority, kind) → open minutes. A day of a centre has about 6.5 open hours (390 minutes).
DEFAULT_TARGETS: dict[Key, int] = {
    ("web", "normal", "first"): 390,
    ("web", "urgent", "first"): 120,
    ("web", "normal", "next"): 780,
    ("web", "urgent", "next"): 240,
    ("web", "normal", "close"): 11_700,
    ("web", "urgent", "close"): 7_800,
    ("letter", "normal", "first"): 1_170,
    ("letter", "urgent", "first"): 390,
    ("letter", "normal", "next"): 1_170,
    ("letter", "urgent", "next"): 390,
    ("letter", "normal", "close"): 11_700,
    ("letter", "urgent", "close"): 7_800,
    ("talk", "normal", "next"): 780,
    ("talk", "urgent", "next"): 240,
    ("talk", "normal", "close"): 11_700,
    ("talk", "urgent", "close"): 7_800,
}


@dataclass(frozen=True, slots=True)
class Tier:
    """Who is asked, and for how many open minutes the request stays there."""

    role: Role
    minutes: int


@dataclass(frozen=True, slots=True)
class TeamPolicyValues:
    """The policy as plain values. 0 switches a limit off."""

    tiers: tuple[Tier, ...] = (Tier(Role.SUPERVISOR, 30), Tier(Role.OFFICIAL, 60))
    targets: Mapping[Key, int] = field(default_factory=lambda: dict(DEFAULT_TARGETS))
    #: Yen of a contract from which somebody else looks at a case.
    amount: int = 1_000_000
    on_injury: bool = True
    on_breach: bool = True
    untaken_minutes: int = 60


def group_of(channel: str) -> str:
    """The group of a channel; what is unknown counts as a letter."""
    return next((code for code, (_, channels) in CHANNEL_GROUPS.items() if channel in channels), "letter")


def target_of(policy: TeamPolicyValues, *, channel: str, urgent: bool, kind: ClockKind) -> int:
    """Open minutes of the target; 0 when there is none."""
    return policy.targets.get((group_of(channel), "urgent" if urgent else "normal", kind.value), 0)


def target_keys() -> list[Key]:
    """All targets that can be set, in the order of the screen."""
    return [
        (group, priority, kind.value)
        for group in CHANNEL_GROUPS
        for priority in PRIORITIES
        for kind in ClockKind
        if not (group == "talk" and kind is ClockKind.FIRST)
    ]


def policy_errors(policy: TeamPolicyValues) -> dict[str, list[str]]:
    """Sentences by field; empty when the policy holds."""
    errors: dict[str, list[str]] = {}
    roles = [tier.role for tier in policy.tiers]
    if not 1 <= len(roles) <= MOST_TIERS:
        errors["tiers"] = [f"頼む順番は1つから{MOST_TIERS}つまでです。"]
    elif len(set(roles)) != len(roles):
        errors["tiers"] = ["同じ役割が2回あります。順番を選びなおしてください。"]
    for place, tier in enumerate(policy.tiers, 1):
        if tier.role not in TIER_ROLES:
            errors["tiers"] = ["頼む相手の役割を、一覧から選んでください。"]
        if not 1 <= tier.minutes <= LONGEST_TIER:
            errors[f"minutes_{place}"] = [f"待つ時間は1分から{LONGEST_TIER:,}分までです。"]
    for key, minutes in policy.targets.items():
        if not 0 <= minutes <= LONGEST_TARGET:
            errors["_".join(("target", *key))] = ["目標は0時間から2,000時間までです。"]
    if not 0 <= policy.amount <= LARGEST_AMOUNT:
        errors["amount"] = ["金額は0円から1兆円までで入力してください。"]
    if not 0 <= policy.untaken_minutes <= LONGEST_TIER:
        errors["untaken_minutes"] = [f"待つ時間は0分から{LONGEST_TIER:,}分までです。"]
    return errors


def to_json(policy: TeamPolicyValues) -> dict[str, Any]:
    """The policy as it is stored."""
    return {
        "tiers": [{"role": tier.role.value, "minutes": tier.minutes} for tier in policy.tiers],
        "targets": {".".join(key): minutes for key, minutes in policy.targets.items()},
        "amount": policy.amount,
        "on_injury": policy.on_injury,
        "on_breach": policy.on_breach,
        "untaken_minutes": policy.untaken_minutes,
    }


def from_json(stored: Mapping[str, Any]) -> TeamPolicyValues:
    """A stored policy; what an older version did not know has its default."""
    default = TeamPolicyValues()
    tiers: Sequence[Mapping[str, Any]] = stored.get("tiers", ())
    targets = dict(DEFAULT_TARGETS)
    for name, minutes in stored.get("targets", {}).items():
        group, priority, kind = name.split(".")
        targets[(group, priority, kind)] = int(minutes)
    return TeamPolicyValues(
        tiers=tuple(Tier(Role(one["role"]), int(one["minutes"])) for one in tiers) or default.tiers,
        targets=targets,
        amount=int(stored.get("amount", default.amount)),
        on_injury=bool(stored.get("on_injury", default.on_injury)),
        on_breach=bool(stored.get("on_breach", default.on_breach)),
        untaken_minutes=int(stored.get("untaken_minutes", default.untaken_minutes)),
    )


def changes_in_words(before: TeamPolicyValues, after: TeamPolicyValues) -> list[str]:
    """What a version changed, one line each, for the list of versions."""
    lines = []
    if before.tiers != after.tiers:
        lines.append("頼む順番：" + " → ".join(f"{tier.role.label}（{tier.minutes}分）" for tier in after.tiers))
    for key in target_keys():
        old, new = before.targets.get(key, 0), after.targets.get(key, 0)
        if old != new:
            group, priority, kind = key
            label = f"{CHANNEL_GROUPS[group][0]}・{PRIORITIES[priority]}・{ClockKind(kind).label}"
            lines.append(f"{label}：{hours_in_words(old)} → {hours_in_words(new)}")
    if before.amount != after.amount:
        lines.append(f"金額の目安：{before.amount:,}円 → {after.amount:,}円")
    if before.untaken_minutes != after.untaken_minutes:
        lines.append(f"引き受けるまでの時間：{before.untaken_minutes}分 → {after.untaken_minutes}分")
    for name, label in (("on_injury", "けが・事故を知らせる"), ("on_breach", "目標の超過を知らせる")):
        if getattr(before, name) != getattr(after, name):
            lines.append(f"{label}：{'する' if getattr(after, name) else 'しない'}")
    return lines


def hours_in_words(minutes: int) -> str:
    """Open minutes in words: 「6時間30分」, 「45分」, 「なし」 for 0."""
    if minutes == 0:
        return "なし"
    hours, rest = divmod(minutes, 60)
    return (f"{hours:,}時間" if hours else "") + (f"{rest}分" if rest else "")
