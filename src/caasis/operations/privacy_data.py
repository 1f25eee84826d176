"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.operations.models import Matter
from caasis.privacy.registry import PersonalData, register_personal_data


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Matter,
            kind="matter",
            fields={"what": "あったこと", "complainant": "申し出た人", "answer": "伝えた答え"},
            centre_of=lambda matter: matter.centre_id,
            key_of=lambda matter: matter.record_key_id,
            key_path="record_key_id",
        )
    )
