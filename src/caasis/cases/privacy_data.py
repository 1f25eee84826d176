"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.cases.models import Draft, HelpRequest, Note
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
            model=HelpRequest,
            kind="help",
            fields={"reason": "支援要請のひとこと"},
            centre_of=lambda request: request.centre_id,
            key_of=lambda request: request.case.record_key_id,
            key_path="case__record_key_id",
        )
    )
