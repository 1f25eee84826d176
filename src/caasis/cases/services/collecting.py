"""資料: adding files to a case, taking them away, and reading the words in them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from caasis.cases.events import CaseTimelineGrew, FileRead
from caasis.cases.models import Case, CaseContact, Evidence, FileText
from caasis.cases.selectors import get_case, is_insider
from caasis.cases.services.guards import log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.channels.models import Attachment
from caasis.kernel.actor import SYSTEM, Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.crypto.ciphers import WrongKeyOrPlace
from caasis.platform.documents.pictures import Unreadable
from caasis.platform.documents.reading import NoReader, Reading, read_text, readable
from caasis.platform.files.models import StoredFile
from caasis.platform.files.sniffing import EVIDENCE
from caasis.platform.files.store import read_file, store_file
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import Forgotten, record_key_bytes
from caasis.privacy.services import seal

logger = logging.getLogger(__name__)

MAX_NOTE = 200
#: Files that one case holds at most.
MAX_FILES = 200


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it was chosen: its name and its bytes."""

    name: str
    content: bytes


def add_evidence(*, actor: Actor, case_id: UUID, files: Sequence[NewFile], note: str = "") -> list[Evidence]:
    """Keep files with a case: all of them, or, when one can't be taken, none.

    :raises Invalid: with a sentence that names the file. :raises NotFound: hidden or absent.
    """
    note = note.replace("\x00", "").strip()
    if not files:
        raise Invalid(fields={"files": ["ファイルを選んでください。"]})
    if len(note) > MAX_NOTE:
        raise Invalid(fields={"note": [f"説明は{MAX_NOTE}字までです。短くしてください。"]})
    with actor_transaction(actor):
        case = _insider_case(actor, case_id)
        if case.evidence.filter(removed_at=None).count() + len(files) > MAX_FILES:
            raise Invalid(fields={"files": [f"資料は1件の相談に{MAX_FILES}個までです。"]})
        key = record_key_bytes(case.record_key_id)
        added, errors = [], []
        for each in files:
            try:
                stored = store_file(
                    content=each.content,
                    name=each.name,
                    key=key,
                    record_key_id=case.record_key_id,
                    centre_id=case.handling_centre_id,
                    allowed=EVIDENCE,
                )
            except Invalid as error:
                errors.append(f"「{each.name[:40]}」：{error.message}" if len(files) > 1 else error.message)
                continue
            row = Evidence(case=case, centre_id=case.handling_centre_id, file=stored, added_by=actor.id)
            row.note = seal(row, "note", note, key=key)
            row.save(force_insert=True)
            added.append(row)
        if errors:
            raise Invalid(fields={"files": errors})
        at = timezone.now()
        for row in added:
            entry(case, Entry.FILE_ADDED, actor=actor, at=at, evidence=str(row.id)).save(force_insert=True)
        log(case, "add_evidence", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="file"), actor=actor)
        read_later(case.id)
        return added


def remove_evidence(*, actor: Actor, case_id: UUID, evidence_id: UUID) -> Evidence:
    """Take a file away from a case. It can be brought back; retention and erasure reach it all the same."""
    return _set_removed(actor=actor, case_id=case_id, evidence_id=evidence_id, removed=True)


def restore_evidence(*, actor: Actor, case_id: UUID, evidence_id: UUID) -> Evidence:
    """Bring a file back that was taken away."""
    return _set_removed(actor=actor, case_id=case_id, evidence_id=evidence_id, removed=False)


def _set_removed(*, actor: Actor, case_id: UUID, evidence_id: UUID, removed: bool) -> Evidence:
    with actor_transaction(actor):
        case = _insider_case(actor, case_id)
        row = Evidence.objects.select_for_update(of=("self",)).filter(id=evidence_id, case=case).first()
        if row is None:
            raise NotFound("この資料は見つかりません。")
        if (row.removed_at is not None) == removed:
            return row
        if not removed and row.file.deleted_at is not None:
            raise WrongState("この資料は消去されていて、戻せません。")
        row.removed_at = timezone.now() if removed else None
        row.save(update_fields=["removed_at", "updated_at"])
        kind = Entry.FILE_REMOVED if removed else Entry.FILE_ADDED
        entry(case, kind, actor=actor, at=timezone.now(), evidence=str(row.id)).save(force_insert=True)
        log(case, "remove_evidence" if removed else "restore_evidence", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="file"), actor=actor)
        for text_id in FileText.objects.filter(file_id=row.file_id).values_list("id", flat=True):
            publish(FileRead(subject=text_id, centre_id=case.handling_centre_id, case=case.id), actor=actor)
        return row


def _insider_case(actor: Actor, case_id: UUID) -> Case:
    case = get_case(actor=actor, case_id=case_id)
    if not is_insider(case, actor) or not (actor.is_system or actor.works_for(case.handling_centre_id)):
        raise NotFound
    return case


# --- reading ----------------------------------------------------------------------------------------------------------


def read_later(case_id: UUID) -> None:
    """Have the files of a case read in the background, once this transaction is committed."""
    from caasis.cases.jobs import read_files

    read_files.defer(case_id=case_id)


def unread_files(case_id: UUID, *, again: bool = False) -> list[tuple[UUID, UUID]]:
    """(file, its record key) of what belongs to a case and was not read yet; with `again` also what lacked a reader."""
    contacts = CaseContact.objects.filter(case_id=case_id).values("contact_id")
    done = FileText.objects.filter(case_id=case_id)
    if again:
        done = done.exclude(state=FileText.State.NO_READER)
    own = Evidence.objects.filter(case_id=case_id, removed_at=None).values("file_id")
    sent = Attachment.objects.filter(contact_id__in=contacts, removed_at=None).values("file_id")
    rows = StoredFile.objects.filter(Q(id__in=own) | Q(id__in=sent), deleted_at=None)
    rows = rows.exclude(id__in=done.values("file_id")).order_by("created_at")
    return [(file.id, file.record_key_id) for file in rows if readable(file.media_type)]


def read_case_files(case_id: UUID, *, again: bool = False) -> int:
    """Read what was not read yet, each file in a transaction of its own. Returns how many were looked at.

    Safe to run again at any time: what is read already is left alone.
    """
    with system_transaction():
        waiting = unread_files(case_id, again=again)
    for file_id, key_id in waiting:
        with system_transaction():
            stored = StoredFile.objects.filter(id=file_id, deleted_at=None).first()
            if stored is None:
                continue
            state, reading = _look_into(stored, key_id)
            _keep_text(case_id, stored, state, reading)
    return len(waiting)


def _look_into(stored: StoredFile, key_id: UUID) -> tuple[FileText.State, Reading | None]:
    try:
        _, content = read_file(stored, key=record_key_bytes(key_id))
        reading = read_text(content, stored.media_type)
    except NoReader:
        return FileText.State.NO_READER, None
    except (Unreadable, NotFound, Forgotten, WrongKeyOrPlace):
        # Erased meanwhile, lost, or nothing that a decoder understands: a person may still look at it.
        logger.info("a file could not be read", extra={"subject": str(stored.id)})
        return FileText.State.UNREADABLE, None
    return (FileText.State.READ if reading.text else FileText.State.EMPTY), reading


def _keep_text(case_id: UUID, stored: StoredFile, state: FileText.State, reading: Reading | None) -> None:
    case = Case.objects.filter(id=case_id).first()
    if case is None:
        return
    row = FileText.objects.select_for_update(of=("self",)).filter(file=stored).first()
    row = row or FileText(case=case, file=stored)
    row.centre_id = case.handling_centre_id
    row.state = state.value
    if reading is not None:
        row.text = seal(row, "text", reading.text, key=record_key_bytes(case.record_key_id))
        row.how, row.pages, row.cut = reading.how.value, min(reading.pages, 32_000), reading.cut
    row.save()
    publish(FileRead(subject=row.id, centre_id=case.handling_centre_id, case=case.id), actor=SYSTEM)
