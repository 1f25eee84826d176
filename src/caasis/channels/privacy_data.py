"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.channels.models import (
    IntakeDraft,
    MailMessage,
    Message,
    NewsSubscription,
    Submission,
    TextMessage,
)
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
    # Mails of the portal and who wants them belong to no centre either: the system alone opens them.
    register_personal_data(
        PersonalData(
            model=MailMessage,
            kind="mail_message",
            fields={"address": "メールの宛先", "text": "メールの文", "stop_url": "配信をやめるリンク"},
            centre_of=lambda message: None,
            key_of=lambda message: message.record_key_id,
            key_path="record_key_id",
            may_open=lambda message, actor, purpose: actor.is_system,
        )
    )
    register_personal_data(
        PersonalData(
            model=NewsSubscription,
            kind="news_subscription",
            fields={"address": "お知らせの宛先"},
            centre_of=lambda subscription: None,
            key_of=lambda subscription: subscription.record_key_id,
            key_path="record_key_id",
            may_open=lambda subscription, actor, purpose: actor.is_system,
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
