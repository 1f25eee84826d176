"""Errors of the domain. Each carries a Japanese sentence that says what happened and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """Base of everything that a person may be told. `status` is the matching HTTP status code."""

    status = 400
    code = "error"
    default_message = "手続きを完了できませんでした。時間をおいて、もう一度お試しください。"

    def __init__(self, message: str = "", **details: Any) -> None:
        self.message = message or self.default_message
        self.details: Mapping[str, Any] = details
        super().__init__(self.message)


class Invalid(DomainError):
    """Input that can't be taken. `fields` maps a field name to sentences."""

    status = 422
    code = "invalid"
    default_message = "入力を確かめてください。"

    def __init__(self, message: str = "", *, fields: Mapping[str, list[str]] | None = None, **details: Any) -> None:
        self.fields: dict[str, list[str]] = {key: list(value) for key, value in (fields or {}).items()}
        if not message and self.fields:
            message = next(iter(self.fields.values()))[0]
        super().__init__(message, **details)


class NotFound(DomainError):
    """Absent, or hidden from this actor: the two are answered alike."""

    status = 404
    code = "not_found"
    default_message = "見つかりません。番号を確かめてください。"


class NotAllowed(DomainError):
    """The actor sees the object but may not do this to it."""

    status = 403
    code = "not_allowed"
    default_message = "この操作をする権限がありません。主任か職員に頼んでください。"


class WrongState(DomainError):
    """The object is in a state in which this can't be done."""

    status = 409
    code = "wrong_state"
    default_message = "いまの状態ではできません。画面を開き直してください。"


class VersionConflict(DomainError):
    """Somebody else saved first. `current` holds the newest values, for a merge screen."""

    status = 409
    code = "version_conflict"
    default_message = "ほかの職員が先に更新しました。あなたの入力は残っています。"

    def __init__(self, message: str = "", *, current: Any = None, **details: Any) -> None:
        self.current = current
        super().__init__(message, **details)


class TooMany(DomainError):
    """A limit of requests or sessions is reached."""

    status = 429
    code = "too_many"
    default_message = "短い時間に何度も送られました。少し待ってください。"
