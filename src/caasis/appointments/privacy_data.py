"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.appointments.models import Callback
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.registry import BlindIndex, PersonalData, register_personal_data


def register() -> None:
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
