"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.people.models import ContactPoint, Person
from caasis.privacy.registry import PersonalData, register_personal_data


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
            },
            centre_of=lambda person: person.centre_id,
            key_of=lambda person: person.record_key_id,
        )
    )
    register_personal_data(
        PersonalData(
            model=ContactPoint,
            kind="contact_point",
            fields={"value": "電話・メール"},
            centre_of=lambda point: point.centre_id,
            key_of=lambda point: point.person.record_key_id,
        )
    )
