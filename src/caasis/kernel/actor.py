"""Who acts: every selector and service takes an Actor, never a user object of the web framework."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may do. One person may hold several roles in one centre."""

    CONSUMER = "consumer"
    COUNSELLOR = "counsellor"
    SUPERVISOR = "supervisor"
    OFFICIAL = "official"
    NCAC = "ncac"
    ANALYST = "analyst"
    ADMIN = "admin"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.CONSUMER: "消費者",
    Role.COUNSELLOR: "相談員",
    Role.SUPERVISOR: "主任",
    Role.OFFICIAL: "センター職員（決裁者）",
    Role.NCAC: "国民生活センター",
    Role.ANALYST: "消費者庁 分析担当",
    Role.ADMIN: "システム管理者",
    Role.SYSTEM: "システム",
}

#: Roles that work on cases inside one centre.
CENTRE_ROLES = frozenset({Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL})
#: Roles that see registered cases of the whole country, without personal data.
NATIONAL_ROLES = frozenset({Role.NCAC, Role.ANALYST})


class Purpose(StrEnum):
    """Why personal data are opened. Every opening names one and is logged with it."""

    OWN_CASE = "own_case"
    ADVICE = "advice"
    APPROVAL = "approval"
    HANDOVER = "handover"
    CONSUMER_REQUEST = "consumer_request"
    IMPORT_EXPORT = "import_export"
    OWN_HANDLING = "own_handling"
    IMPROVEMENT = "improvement"
    BREAK_GLASS = "break_glass"
    SYSTEM_TASK = "system_task"

    @property
    def label(self) -> str:
        return _PURPOSE_LABELS[self]


_PURPOSE_LABELS = {
    Purpose.OWN_CASE: "担当している相談の対応",
    Purpose.ADVICE: "助言・応援",
    Purpose.APPROVAL: "決裁",
    Purpose.HANDOVER: "引き継ぎ",
    Purpose.CONSUMER_REQUEST: "本人からの申し出",
    Purpose.IMPORT_EXPORT: "データの取り込み・書き出し",
    Purpose.OWN_HANDLING: "応対への苦情・事故の対応",
    Purpose.IMPROVEMENT: "応対の改善",
    Purpose.BREAK_GLASS: "緊急時の開示",
    Purpose.SYSTEM_TASK: "システムの処理",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the system) on whose behalf something happens.

    `id` is the user's UUID, or None for the public and for the system. `centre_id` is the centre the person
    works for now; national roles have none.
    """

    id: UUID | None
    centre_id: UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    name: str = ""
    purpose: Purpose | None = None

    def has(self, *roles: Role) -> bool:
        """True when the actor holds at least one of the roles."""
        return bool(self.roles.intersection(roles))

    def has_any(self, roles: Iterable[Role]) -> bool:
        return bool(self.roles.intersection(roles))

    def with_purpose(self, purpose: Purpose) -> Actor:
        return replace(self, purpose=purpose)

    @property
    def is_system(self) -> bool:
        return Role.SYSTEM in self.roles

    @property
    def is_national(self) -> bool:
        return bool(self.roles & NATIONAL_ROLES)

    def works_for(self, centre_id: UUID | None) -> bool:
        """True when the actor is staff of this centre."""
        return centre_id is not None and self.centre_id == centre_id and bool(self.roles & CENTRE_ROLES)


SYSTEM = Actor(id=None, roles=frozenset({Role.SYSTEM}), name="システム", purpose=Purpose.SYSTEM_TASK)
PUBLIC = Actor(id=None, roles=frozenset({Role.CONSUMER}), name="相談者")
