"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.channels.models import IntakeDraft, Message, Submission, TextMessage
from caasis.channels.watch_models import WatchMember
from caasis.privacy.masking import mask_contact_point, mask_name, mask_phone
from caasis.privacy.registry import PersonalData, register_personal_data


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Message,
            kind="message",
            fields={"body": "やりとり"},
            centre_of=lambda message: message.centre_id,
            key_of=lambda message: message.contact.record_key_id,
            key_path="contact__record_key_id",
        )
    )
    register_personal_data(
        PersonalData(
            model=Submission,
            kind="submission",
            fields={"answers": "相談フォームの内容"},
            centre_of=lambda submission: submission.centre_id,
            key_of=lambda submission: submission.contact.record_key_id,
            key_path="contact__record_key_id",
        )
    )
    register_personal_data(
        PersonalData(
            model=TextMessage,
            kind="text_message",
            fields={"number": "SMSの送り先", "text": "SMSの文"},
            centre_of=lambda message: message.centre_id,
            key_of=lambda message: message.record_key_id,
            key_path="record_key_id",
            masks={"number": mask_phone},
        )
    )
    register_personal_data(
        PersonalData(
            model=WatchMember,
            kind="watch_member",
            fields={"name": "見守りの構成員の氏名", "contact": "見守りの構成員の連絡先"},
            centre_of=lambda member: member.centre_id,
            key_of=lambda member: member.record_key_id,
            key_path="record_key_id",
            masks={"name": mask_name, "contact": mask_contact_point},
        )
    )
    # An unsent form belongs to no centre: nobody but the system, acting for whoever holds the code, opens it.
    register_personal_data(
        PersonalData(
            model=IntakeDraft,
            kind="intake_draft",
            fields={"answers": "送る前の相談フォーム"},
            centre_of=lambda draft: None,
            key_of=lambda draft: draft.record_key_id,
            key_path="record_key_id",
            may_open=lambda draft, actor, purpose: actor.is_system,
        )
    )
