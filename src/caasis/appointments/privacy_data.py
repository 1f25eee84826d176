"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.appointments.models import Booking, Callback, FollowUpEntry, NoCallNumber, VideoSignal, VideoTalk
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.registry import BlindIndex, PersonalData, register_personal_data


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Booking,
            kind="booking",
            fields={"name": "名前", "phone": "電話番号", "mail": "メールアドレス", "matter": "相談したいこと"},
            centre_of=lambda booking: booking.centre_id,
            key_of=lambda booking: booking.record_key_id,
            key_path="record_key_id",
            blind={"phone_index": BlindIndex("phone", "phone")},
            masks={"name": mask_name, "phone": mask_phone},
        )
    )
    register_personal_data(
        PersonalData(
            model=Callback,
            kind="callback",
            fields={"number": "折り返し先の電話番号", "name": "名前", "note": "用件・かけ方"},
            centre_of=lambda callback: callback.centre_id,
            key_of=lambda callback: callback.record_key_id,
            key_path="record_key_id",
            blind={"number_index": BlindIndex("number", "phone")},
            masks={"number": mask_phone, "name": mask_name},
        )
    )
    register_personal_data(
        PersonalData(
            model=FollowUpEntry,
            kind="follow_up",
            fields={"number": "電話番号", "name": "名前", "note": "かけ方の注意", "answers": "聞いたこと"},
            centre_of=lambda entry: entry.centre_id,
            key_of=lambda entry: entry.record_key_id,
            key_path="record_key_id",
            blind={"number_index": BlindIndex("number", "phone")},
            masks={"number": mask_phone, "name": mask_name},
        )
    )
    register_personal_data(
        PersonalData(
            model=NoCallNumber,
            kind="no_call_number",
            fields={"number": "かけない電話番号"},
            centre_of=lambda row: row.centre_id,
            key_of=lambda row: row.record_key_id,
            key_path="record_key_id",
            blind={"number_index": BlindIndex("number", "phone")},
            masks={"number": mask_phone},
        )
    )
    register_personal_data(
        PersonalData(
            model=VideoTalk,
            kind="video_talk",
            fields={"name": "名前", "contact": "連絡先", "shown_name": "呼び名", "secret": "入り口のリンク"},
            centre_of=lambda talk: talk.centre_id,
            key_of=lambda talk: talk.record_key_id,
            key_path="record_key_id",
            masks={"name": mask_name, "shown_name": mask_name},
        )
    )
    register_personal_data(
        PersonalData(
            model=VideoSignal,
            kind="video_signal",
            fields={"body": "映像をつなぐための通信先"},
            centre_of=lambda signal: signal.centre_id,
            key_of=lambda signal: signal.record_key_id,
            key_path="record_key_id",
        )
    )
