"""Sealing, opening for a purpose, and the blind index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_name, normalise_phone
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotAllowed
from caasis.platform.crypto.ciphers import blind_index, open_bytes, seal_bytes
from caasis.privacy.keys import NATION, Forgotten, record_key_bytes, ring
from caasis.privacy.masking import HIDDEN
from caasis.privacy.registry import holds_emergency_access, personal_data_of
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
    """The rule: inside the owning centre only, for a purpose; the model's own rule narrows it.

    The purpose 緊急時の開示 asks for nothing but an emergency access that holds now, and so does whoever the rule refuses.
    """
    entry = personal_data_of(obj)
    if actor.is_system:
        return True
    if purpose is Purpose.BREAK_GLASS:
        return holds_emergency_access(actor, obj)
    if not actor.works_for(entry.centre_of(obj)):
        return False
    return entry.may_open is None or entry.may_open(obj, actor, purpose)


def open_fields(
    obj: Any, *fields: str, actor: Actor, purpose: Purpose | None = None, reason: str = ""
) -> dict[str, str]:
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


def open_rows(
    rows: Sequence[Any], field: str, *, key_id: UUID, object_id: UUID, actor: Actor, purpose: Purpose | None
) -> list[str | None]:
    """Open one field of many rows that share a record's key: a log that is read as a whole, and logged as one opening
    of `object_id`. None stands for a row that its own rule keeps from this actor.

    :raises NotAllowed: no purpose is given, or the actor is outside the centre.
    """
    if not rows:
        return []
    purpose = purpose or actor.purpose
    if purpose is None:
        raise NotAllowed("個人情報を開く目的を選んでください。")
    entry = personal_data_of(rows[0])
    if not (actor.is_system or actor.works_for(entry.centre_of(rows[0]))):
        raise NotAllowed("この相談の個人情報は、担当センターの中だけで開けます。")
    allowed = [may_open(row, actor=actor, purpose=purpose) for row in rows]
    if not any(getattr(row, field) for row in rows):
        return ["" if may else None for may in allowed]
    key = record_key_bytes(key_id)
    if not actor.is_system:
        record_access(
            actor=actor, action="open_personal_data", object_kind=entry.kind, object_id=object_id,
            centre_id=entry.centre_of(rows[0]), fields=(field,), purpose=purpose,
        )  # fmt: skip
    return [_open(row, field, key) if may else None for row, may in zip(rows, allowed, strict=True)]


def _open(obj: Any, field: str, key: bytes) -> str:
    sealed: Sealed = getattr(obj, field)
    return open_bytes(key, sealed.data, _place(obj, field)).decode() if sealed else ""


def read_sealed(obj: Any, *fields: str) -> dict[str, str]:
    """Decrypt without asking or logging: for the services of the owning room only, never for a screen."""
    entry = personal_data_of(obj)
    if not any(getattr(obj, field) for field in fields):
        return dict.fromkeys(fields, "")
    key = record_key_bytes(entry.key_of(obj))
    return {field: _open(obj, field, key) for field in fields}


def masked_fields(obj: Any, *fields: str, actor: Actor) -> dict[str, str]:
    """What a list may show of sealed fields: their masked form to staff of the owning centre, nothing to others.

    A masked form (「山○○」, 「末尾45」) tells a row from the next and names nobody, so it is not logged as an opening.
    """
    entry = personal_data_of(obj)
    shown = dict.fromkeys(fields, "")
    if not actor.works_for(entry.centre_of(obj)):
        return shown
    maskable = [field for field in fields if field in entry.masks]
    try:
        opened = read_sealed(obj, *maskable) if maskable else {}
    except Forgotten:
        return shown
    for field in fields:
        if field in opened:
            shown[field] = entry.masks[field](opened[field])
        elif getattr(obj, field):
            shown[field] = HIDDEN
    return shown


# --- the blind index --------------------------------------------------------------------------------------------------

_NORMALISED: dict[str, Callable[[str], str | None]] = {
    "phone": normalise_phone,
    "mail": lambda text: text.strip().lower() if "@" in text else None,
    "name": normalise_name,
}


def blind_value(centre_id: UUID | None, kind: str, text: str, *, version: int | None = None) -> bytes | None:
    """The blind index of a value inside one centre: 16 bytes that are equal for equal values and tell nothing else.

    :param kind: phone (E.164), mail, or name (a full name or its kana, normalised).
    :param version: of the index key; the current one when absent.
    :returns: None when the text is no value of that kind.
    """
    value = _NORMALISED[kind](text)
    return _blind(centre_id, kind, value, version) if value else None


def blind_candidates(centre_id: UUID | None, kind: str, text: str) -> list[bytes]:
    """Every index value under which a value may stand, for look-ups: one for each living version of the index key.

    While `caasis privacy reindex` runs, rows of the old and the new version stand side by side.
    """
    value = _NORMALISED[kind](text)
    if not value:
        return []
    return [_blind(centre_id, kind, value, version) for version in sorted(ring().blind_masters, reverse=True)]


def blind_phone(centre_id: UUID | None, text: str) -> bytes | None:
    """Blind index of a phone number (E.164) inside one centre; None when it is no number."""
    return blind_value(centre_id, "phone", text)


def blind_mail(centre_id: UUID | None, text: str) -> bytes | None:
    """Blind index of a mail address inside one centre; None when it is none."""
    return blind_value(centre_id, "mail", text)


def blind_name(centre_id: UUID | None, text: str) -> bytes | None:
    """Blind index of a full name or its kana, normalised; None when it is empty."""
    return blind_value(centre_id, "name", text)


def _blind(centre_id: UUID | None, kind: str, value: str, version: int | None = None) -> bytes:
    keys = ring()
    return blind_index(keys.blind_key(centre_id or NATION, version or keys.blind), kind, value)
