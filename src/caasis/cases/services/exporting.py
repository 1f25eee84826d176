"""Search results as a file: asked for with purpose and reason, written by a job, stopped, fetched once, forgotten.

What leaves holds no personal data, whoever asks: texts are the masked ones of the index, sealed fields aren't read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.cases.jobs import write_export
from caasis.cases.models import SearchExport
from caasis.cases.rules.searching import CaseSearch, ExportPurpose
from caasis.cases.search import count_cases, may_search
from caasis.cases.services.export_life import MOST_ROWS, State, end
from caasis.cases.services.synonyms import widening_for
from caasis.engines.masking import find_personal
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.files.making import open_file
from caasis.platform.files.models import StoredFile
from caasis.platform.files.store import delete_file
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import create_record_key, destroy_record_key, record_key_bytes

#: A counsellor looks for cases, who reports and decides takes stock of them.
MOST_ROWS_OF_COUNSELLORS = 1_000
#: Exports of one person that wait or run at once.
MOST_AT_ONCE = 2
SHORTEST_REASON, LONGEST_REASON = 5, 200

_OPEN = (State.WAITING, State.RUNNING)


def most_rows(actor: Actor) -> int:
    """How many rows a file of this actor may hold."""
    wider = actor.has(Role.SUPERVISOR, Role.OFFICIAL) or actor.is_national
    return MOST_ROWS if wider else MOST_ROWS_OF_COUNSELLORS


def own_exports(*, actor: Actor) -> QuerySet[SearchExport]:
    """The actor's own exports, the newest first."""
    if actor.id is None or not may_search(actor):
        return SearchExport.objects.none()
    return SearchExport.objects.filter(user_id=actor.id).order_by("-created_at", "-id")


def get_export(*, actor: Actor, export_id: UUID, for_update: bool = False) -> SearchExport:
    """One of the actor's own. :raises NotFound: absent, or somebody else's."""
    rows = own_exports(actor=actor)
    found = (rows.select_for_update() if for_update else rows).filter(id=export_id).first()
    if found is None:
        raise NotFound("この書き出しは見つかりません。一覧から選んでください。")
    return found


def ask_export(*, actor: Actor, search: CaseSearch, format: str, purpose: str, reason: str) -> SearchExport:
    """Have the results of a search written into a file, in the transaction that logs who asked and why.

    :raises Invalid: no purpose or reason, nothing found, or more than this actor may take along.
    """
    if actor.id is None or not may_search(actor):
        raise NotAllowed
    reason = " ".join(reason.replace("\x00", "").split())
    wrong: dict[str, list[str]] = {}
    if format not in SearchExport.Format.values:
        wrong["format"] = ["ファイルの形を選んでください。"]
    if purpose not in list(ExportPurpose):
        wrong["purpose"] = ["使う目的を選んでください。"]
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        wrong["reason"] = [f"理由を{SHORTEST_REASON}字から{LONGEST_REASON}字で書いてください。"]
    elif find_personal(reason):
        wrong["reason"] = ["理由に電話番号やメールアドレスは書けません。"]
    if wrong:
        raise Invalid(fields=wrong)
    with actor_transaction(actor):
        if own_exports(actor=actor).filter(state__in=_OPEN).count() >= MOST_AT_ONCE:
            raise WrongState(f"一度に書き出せるのは{MOST_AT_ONCE}件です。終わるのを待ってください。")
        synonyms = widening_for(actor=actor, text=search.text).mapping if search.widen else {}
        expected = count_cases(actor=actor, search=search, synonyms=synonyms, exactly=True).value
        if not expected:
            raise Invalid("書き出す相談がありません。条件を変えて、さがしてください。")
        if expected > most_rows(actor):
            raise Invalid(f"{expected:,}件あります。{most_rows(actor):,}件までに、しぼってください。")
        with system_transaction():
            key_id = create_record_key(actor.centre_id).id
        export = SearchExport(
            user_id=actor.id, centre_id=actor.centre_id, query=[list(pair) for pair in search.pairs()], format=format,
            purpose=purpose, reason=reason, expected=expected, file_id=uuid7(),
            record_key_id=key_id,
        )  # fmt: skip
        export.save(force_insert=True)
        _log(export, "ask_export", actor=actor)
        write_export.defer(export_id=export.id)
        return export


def stop_export(*, actor: Actor, export_id: UUID) -> SearchExport:
    """Stop one's own export. One that waits ends here; a running one ends before its next portion, and leaves nothing."""
    with actor_transaction(actor):
        export = get_export(actor=actor, export_id=export_id, for_update=True)
        if export.state in _OPEN and export.stop_asked_at is None:
            export.stop_asked_at = timezone.now()
            if export.state == State.WAITING:
                end(export, State.STOPPED)
            export.save()
            _log(export, "stop_export", actor=actor)
        return export


def fetch_export(*, actor: Actor, export_id: UUID) -> tuple[str, str, Iterator[bytes]]:
    """The file: name, media type, content. It is deleted with this very answer, whose pieces are open already.

    :raises WrongState: it isn't ready, was fetched before, or its time is over.
    """
    with actor_transaction(actor):
        export = get_export(actor=actor, export_id=export_id, for_update=True)
        if export.state != State.READY or (export.expires_at and export.expires_at <= timezone.now()):
            raise WrongState("このファイルは、もう受け取れません。もう一度、書き出してください。")
        with system_transaction():
            stored = StoredFile.objects.get(id=export.file_id)
            name, pieces = open_file(stored, key=record_key_bytes(export.record_key_id))
            delete_file(stored)
            destroy_record_key(export.record_key_id)
        export.state = State.FETCHED
        export.save(update_fields=["state", "updated_at"])
        _log(export, "fetch_export", actor=actor)
        return name, stored.media_type, pieces


def _log(export: SearchExport, action: str, *, actor: Actor, **more: Any) -> None:
    record_access(
        actor=actor,
        action=action,
        object_kind="search_export",
        object_id=export.id,
        purpose=Purpose.IMPORT_EXPORT.value,
        reason=f"{ExportPurpose(export.purpose).label}：{export.reason}（{export.expected:,}件・{export.format}）",
        **more,
    )
