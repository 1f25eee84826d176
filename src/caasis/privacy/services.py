"""Sealing, opening for a purpose, and the blind index."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_name, normalise_phone
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotAllowed
from caasis.platform.crypto.ciphers import blind_index, open_bytes, seal_bytes
from caasis.privacy.keys import NATION, record_key_bytes, ring
from caasis.privacy.registry import personal_data_of
from caasis.privacy.sealed import EMPTY, Sealed


def _place(obj: Any, field: str) -> str:
    return f"{obj._meta.db_table}:{obj.pk}:{field}"


def seal(obj: Any, field: str, text: str, *, key: bytes) -> Sealed:
    """Seal a text for one field of one row. Empty text stays empty, so that 「なし」 needs no key."""
    if text == "":
        return EMPTY
    return Sealed(seal_bytes(key, text.encode(), _place(obj, field)))


def set_sealed(obj: Any, **texts: str) -> None:
    """Seal texts into an object's registered fields with the key of its record."""
    entry = personal_data_of(obj)
    key = record_key_bytes(entry.key_of(obj))
    for field, text in texts.items():
        if field not in entry.fields:
            raise KeyError(f"{field} is not registered as personal data of {obj._meta.label}")
        setattr(obj, field, seal(obj, field, text, key=key))


def may_open(obj: Any, *, actor: Actor, purpose: Purpose) -> bool:
    """The rule: inside the owning centre only, for a purpose; the model's own rule narrows it."""
    entry = personal_data_of(obj)
    if actor.is_system:
        return True
    if not actor.works_for(entry.centre_of(obj)):
        return False
    return entry.may_open is None or entry.may_open(obj, actor, purpose)


def open_fields(obj: Any, *fields: str, actor: Actor, purpose: Purpose | None = None, reason: str = "") -> dict[str, str]:
    """Open sealed fields for a purpose. The opening is written to the access log in the same transaction.

    :raises NotAllowed: when the actor may not see them, or no purpose is given.
    :raises caasis.privacy.keys.Forgotten: when the record was erased.
    """
    entry = personal_data_of(obj)
    purpose = purpose or actor.purpose
    if purpose is None:
        raise NotAllowed("個人情報を開く目的を選んでください。")
    if not may_open(obj, actor=actor, purpose=purpose):
        raise NotAllowed("この相談の個人情報は、担当センターの中だけで開けます。")
    wanted = fields or tuple(entry.fields)
    values = read_sealed(obj, *wanted)
    if not actor.is_system:
        record_access(
            actor=actor,
            action="open_personal_data",
            object_kind=entry.kind,
            object_id=obj.pk,
            centre_id=entry.centre_of(obj),
            fields=wanted,
            purpose=purpose,
            reason=reason,
        )
    return values


def read_sealed(obj: Any, *fields: str) -> dict[str, str]:
    """Decrypt without asking or logging: for the services of the owning room only, never for a screen."""
    entry = personal_data_of(obj)
    if not any(getattr(obj, field) for field in fields):
        return {field: "" for field in fields}
    key = record_key_bytes(entry.key_of(obj))
    opened: dict[str, str] = {}
    for field in fields:
        sealed: Sealed = getattr(obj, field)
        opened[field] = open_bytes(key, sealed.data, _place(obj, field)).decode() if sealed else ""
    return opened


def blind_phone(centre_id: UUID | None, text: str) -> bytes | None:
    """Blind index of a phone number (E.164) inside one centre; None when it is no number."""
    number = normalise_phone(text)
    return _blind(centre_id, "phone", number) if number else None


def blind_mail(centre_id: UUID | None, text: str) -> bytes | None:
    address = text.strip().lower()
    return _blind(centre_id, "mail", address) if "@" in address else None


def blind_name(centre_id: UUID | None, text: str) -> bytes | None:
    """Blind index of a full name or its kana, normalised."""
    name = normalise_name(text)
    return _blind(centre_id, "name", name) if name else None


def _blind(centre_id: UUID | None, kind: str, value: str, version: int | None = None) -> bytes:
    keys = ring()
    return blind_index(keys.blind_key(centre_id or NATION, version or keys.blind), kind, value)
