"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.cases.models import (
    AccidentNotice,
    CaseAsk,
    CaseAskEntry,
    ConductEntry,
    Draft,
    Evidence,
    FileText,
    HelpRequest,
    MediationOffer,
    MediationOnward,
    MediationStep,
    Note,
    Redress,
)
from caasis.cases.rules.conduct import may_read_entry
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
    for model, kind, fields in (
        (MediationStep, "mediation_step", {"words": "あっせんの経過"}),
        (MediationOffer, "mediation_offer", {"terms": "あっせんの案"}),
        (MediationOnward, "mediation_onward", {"words": "ADR・委員会の経過"}),
        (Redress, "redress", {"words": "救済の根拠"}),
        (AccidentNotice, "accident_notice", {"body": "重大事故等の通知", "reason": "通知しない・取り消す理由"}),
        (CaseAsk, "case_ask", {"body": "依頼・申出・協力の内容"}),
        (CaseAskEntry, "case_ask_entry", {"words": "依頼・申出・協力の経過"}),
    ):
        register_personal_data(
            PersonalData(
                model=model,
                kind=kind,
                fields=fields,
                centre_of=lambda row: row.centre_id,
                key_of=lambda row: row.case.record_key_id,
                key_path="case__record_key_id",
            )
        )
    register_personal_data(
        PersonalData(
            model=ConductEntry,
            kind="conduct_entry",
            fields={"words": "迷惑行為の記録"},
            centre_of=lambda row: row.centre_id,
            key_of=lambda row: row.case.record_key_id,
            key_path="case__record_key_id",
            may_open=lambda row, actor, purpose: may_read_entry(row.kind, author=row.by, actor=actor),
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
