"""The blind index under a new key: two versions stand side by side until every row is indexed anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings

from caasis.kernel.errors import WrongState
from caasis.platform.crypto.keyring import add_blind_master, drop_blind_masters
from caasis.platform.transactions import system_transaction
from caasis.privacy.erasure import history_of
from caasis.privacy.keys import Forgotten, ring
from caasis.privacy.registry import PersonalData, registrations
from caasis.privacy.services import blind_value, read_sealed


def start_reindex() -> int:
    """Make a new index key. From now on new values are indexed with it, and look-ups ask for both. Returns its version."""
    return add_blind_master(Path(settings.CAASIS_HOME)).blind


def remaining() -> int:
    """How many rows still stand under an older index key."""
    with system_transaction():
        return sum(_old_rows(entry).count() for entry in _indexed())


def reindex_batch(limit: int = 500) -> int:
    """Index up to `limit` rows anew, in one transaction. Returns how many; 0 when all are done.

    May be stopped and run again at any time; rows that somebody is saving are left to the next batch.
    """
    done = 0
    with system_transaction(), pgtrigger.ignore():
        for entry in _indexed():
            if done >= limit:
                break
            done += _reindex(entry, limit - done)
    return done


def drop_old_versions() -> set[int]:
    """Forget index keys under which no row stands any more. Returns the versions that were dropped.

    Short-lived look-ups (codes of unsent forms, limits of tries) use the index key too, without a version in their rows:
    run this when the newest key is older than they live, eight days.

    :raises WrongState: while rows still stand under an older key.
    """
    if remaining():
        raise WrongState("索引の作り直しが終わっていません。先に privacy reindex を実行してください。")
    keys = ring()
    old = set(keys.blind_masters) - {keys.blind}
    with system_transaction():
        for entry in _indexed():
            for event in history_of(entry.model):
                names = [name for name in entry.blind if any(f.name == name for f in event._meta.get_fields())]
                rows: Any = event._default_manager.exclude(index_version=keys.blind)
                rows.update(**dict.fromkeys(names))
    drop_blind_masters(Path(settings.CAASIS_HOME), old)
    return old


def _indexed() -> list[PersonalData]:
    return [entry for entry in registrations() if entry.blind]


def _old_rows(entry: PersonalData) -> Any:
    model: Any = entry.model
    return model.objects.exclude(index_version=ring().blind)


def _reindex(entry: PersonalData, limit: int) -> int:
    version = ring().blind
    rows = list(_old_rows(entry).select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:limit])
    for row in rows:
        try:
            opened = read_sealed(row, *{index.sealed for index in entry.blind.values()})
        except Forgotten:
            opened = {}
        for column, index in entry.blind.items():
            text = opened.get(index.sealed, "")
            kind = index.kind if isinstance(index.kind, str) else index.kind(row)
            value = blind_value(entry.centre_of(row), kind, text, version=version) if text else None
            setattr(row, column, value)
        row.index_version = version
    model: Any = entry.model
    # Not save(): the version of the optimistic lock and updated_at are the people's, not the system's.
    model.objects.bulk_update(rows, [*entry.blind, "index_version"])
    return len(rows)
