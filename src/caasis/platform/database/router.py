"""Migrations run on the owner's connection only; everything else uses the application's."""

from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Both aliases are one database with two roles: relations between them are allowed, migrations are the owner's."""

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return True if db == "owner" else None
