"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.people.models import Consent, ContactPoint, Person, PersonMerge
from caasis.privacy.masking import mask_address, mask_contact_point, mask_name, mask_postcode
from caasis.privacy.registry import BlindIndex, PersonalData, register_personal_data


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Person,
            kind="person",
            fields={
                "name": "氏名",
                "kana": "ふりがな",
                "postcode": "郵便番号",
                "address": "住所",
                "contact_note": "連絡のしかた",
                "watch_reason": "見守りの理由",
            },
            centre_of=lambda person: person.centre_id,
            key_of=lambda person: person.record_key_id,
            key_path="record_key_id",
            blind={"name_index": BlindIndex("name", "name"), "kana_index": BlindIndex("kana", "name")},
            masks={
                "name": mask_name,
                "kana": mask_name,
                "postcode": mask_postcode,
                "address": mask_address,
            },
        )
    )
    register_personal_data(
        PersonalData(
            model=ContactPoint,
            kind="contact_point",
            fields={"value": "電話・メール"},
            centre_of=lambda point: point.centre_id,
            key_of=lambda point: point.person.record_key_id,
            key_path="person__record_key_id",
            blind={"value_index": BlindIndex("value", lambda point: point.kind)},
            masks={"value": mask_contact_point},
            belongs_to=lambda point: [("person", point.person_id)],
        )
    )
    register_personal_data(
        PersonalData(
            model=Consent,
            kind="consent",
            fields={"note": "同意の内容"},
            centre_of=lambda consent: consent.centre_id,
            key_of=lambda consent: consent.person.record_key_id,
            key_path="person__record_key_id",
            belongs_to=lambda consent: [("person", consent.person_id)],
        )
    )
    register_personal_data(
        PersonalData(
            model=PersonMerge,
            kind="person_merge",
            fields={"reason": "同じ人とした理由"},
            centre_of=lambda merge: merge.centre_id,
            key_of=lambda merge: merge.keep.record_key_id,
            key_path="keep__record_key_id",
            belongs_to=lambda merge: [("person", merge.keep_id)],
        )
    )
