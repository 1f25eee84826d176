"""Erasure: destroy a record's key, and with it the record's personal data everywhere — live, in history, in backups.

What is sealed becomes unreadable through the key alone. Beside it, blind indexes are emptied (whoever holds the index key
could still ask them for a number), files are deleted, and the upper rooms hear of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import pgtrigger
from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.files.models import StoredFile
from caasis.platform.files.store import delete_file
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction
from caasis.privacy.events import RecordErased
from caasis.privacy.keys import destroy_record_key, destroyed_since_backup
from caasis.privacy.models import RecordKey
from caasis.privacy.registry import PersonalData, registrations
from caasis.privacy.sealed import EMPTY


class Reason(StrEnum):
    """Why a record is erased. A code, so that no text about a person stands in the log."""

    RETENTION = "retention"
    CONSUMER_REQUEST = "consumer_request"
    ENTERED_BY_MISTAKE = "entered_by_mistake"
    RESTORED_BACKUP = "restored_backup"
    SHARING_ENDED = "sharing_ended"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Reason.RETENTION: "保存期間の満了",
    Reason.CONSUMER_REQUEST: "本人からの申し出",
    Reason.ENTERED_BY_MISTAKE: "誤って入力した",
    Reason.RESTORED_BACKUP: "バックアップから戻したあとの再消去",
    Reason.SHARING_ENDED: "センターどうしの共有の終了",
}


def erase_record(*, actor: Actor, key_id: UUID, reason: Reason, now: datetime | None = None) -> None:
    """Erase the personal data of one record for ever. Doing it twice does no harm.

    :raises NotFound: when there is no such record in the actor's centre.
    :raises NotAllowed: unless the actor is the system, or an official of the record's centre.
    """
    if not isinstance(reason, Reason):
        raise Invalid("消去の理由を選んでください。")
    with system_transaction():
        key = RecordKey.objects.select_for_update().filter(id=key_id).first()
        if key is None or not (actor.is_system or actor.works_for(key.centre_id)):
            raise NotFound
        if not (actor.is_system or actor.has(Role.OFFICIAL)):
            raise NotAllowed("消去は、センターの職員に頼んでください。")
        if key.destroyed_at is not None:
            return
        _forget_values(key_id, now or timezone.now())
        for stored in StoredFile.objects.filter(record_key_id=key_id, deleted_at=None):
            delete_file(stored)
        destroy_record_key(key_id, now)
        record_access(
            actor=actor,
            action="erase_personal_data",
            object_kind="record_key",
            object_id=key_id,
            centre_id=key.centre_id,
            reason=reason.value,
        )
        publish(RecordErased(subject=key_id, centre_id=key.centre_id, reason=reason.value), actor=actor)


def erase_again_after_restore() -> int:
    """After a restore: erase again what was erased since the backup was made. Returns how many records."""
    with system_transaction():
        ids = destroyed_since_backup()
    for key_id in ids:
        erase_record(actor=SYSTEM, key_id=key_id, reason=Reason.RESTORED_BACKUP)
    return len(ids)


def _forget_values(key_id: UUID, now: datetime) -> None:
    """Empty sealed fields and blind indexes of the record's rows, and the blind indexes of their history."""
    for entry in registrations():
        if not entry.key_path:
            continue
        model: Any = entry.model
        ids = list(model.objects.filter(**{entry.key_path: key_id}).values_list("pk", flat=True))
        for event in history_of(model):
            _forget_history(event, entry, key_id, ids)
        if ids:
            values: dict[str, Any] = dict.fromkeys(entry.fields, EMPTY) | dict.fromkeys(entry.blind)
            if any(column.name == "erased_at" for column in model._meta.get_fields()):
                values["erased_at"] = now
            # The history must not gain a copy of the very values that are being forgotten.
            with pgtrigger.ignore():
                model.objects.filter(pk__in=ids).update(**values)


def _forget_history(event: Any, entry: PersonalData, key_id: UUID, ids: list[Any]) -> None:
    names = {column.name for column in event._meta.get_fields()}
    blind = [name for name in entry.blind if name in names]
    if not blind:
        return
    whose = Q(pgh_obj_id__in=ids)
    if entry.key_path.partition("__")[0] in names:
        # History outlives its row: by the key itself the history of deleted rows is found too.
        whose |= Q(**{entry.key_path: key_id})
    event.objects.filter(whose).update(**dict.fromkeys(blind))


def history_of(model: Any) -> Iterator[type[models.Model]]:
    """The models that keep a model's history."""
    for candidate in apps.get_models():
        tracked = getattr(candidate, "pgh_tracked_model", None)
        if tracked is model:
            yield candidate
