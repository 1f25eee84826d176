"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.kernel.actor import Actor, Purpose
from caasis.privacy.masking import mask_contact_point
from caasis.privacy.registry import BlindIndex, PersonalData, register_personal_data
from caasis.telephony.models import Call, DeskRequest, Order


def _system_only(row: object, actor: Actor, purpose: Purpose) -> bool:
    return actor.is_system


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Call,
            kind="call",
            fields={"caller": "相手の電話番号", "flow_state": "自動応答で押された番号"},
            centre_of=lambda call: call.centre_id,
            key_of=lambda call: call.record_key_id,
            key_path="record_key_id",
            blind={"caller_index": BlindIndex("caller", "phone")},
            masks={"caller": mask_contact_point},
        )
    )
    register_personal_data(
        PersonalData(
            model=Order,
            kind="telephony_order",
            fields={"command": "交換機への指示"},
            centre_of=lambda order: order.centre_id,
            key_of=lambda order: order.record_key_id,
            key_path="record_key_id",
            may_open=_system_only,
        )
    )
    register_personal_data(
        PersonalData(
            model=DeskRequest,
            kind="desk_request",
            fields={"words": "電話の操作の内容", "reply": "ブラウザへの返事"},
            centre_of=lambda request: request.centre_id,
            key_of=lambda request: request.record_key_id,
            key_path="record_key_id",
            may_open=lambda request, actor, purpose: actor.is_system or request.actor_id == actor.id,
        )
    )
