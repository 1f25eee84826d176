"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.cases.models import Draft, Evidence, FileText, Note
from caasis.privacy.registry import PersonalData, register_personal_data


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Draft,
            kind="draft",
            fields={"body": "下書き"},
            centre_of=lambda draft: draft.centre_id,
            key_of=lambda draft: draft.case.record_key_id,
            key_path="case__record_key_id",
            may_open=lambda draft, actor, purpose: draft.user_id == actor.id,
        )
    )
    register_personal_data(
        PersonalData(
            model=Note,
            kind="note",
            fields={"body": "メモ"},
            centre_of=lambda note: note.centre_id,
            key_of=lambda note: note.case.record_key_id,
            key_path="case__record_key_id",
        )
    )
    register_personal_data(
        PersonalData(
            model=Evidence,
            kind="evidence",
            fields={"note": "資料の説明"},
            centre_of=lambda evidence: evidence.centre_id,
            key_of=lambda evidence: evidence.case.record_key_id,
            key_path="case__record_key_id",
        )
    )
    register_personal_data(
        PersonalData(
            model=FileText,
            kind="file_text",
            fields={"text": "資料の文字"},
            centre_of=lambda read: read.centre_id,
            key_of=lambda read: read.case.record_key_id,
            key_path="case__record_key_id",
        )
    )
