"""A call of a centre for the walk over every page: with its record, its recording, and a request of the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.kernel.ids import uuid7
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import blind_phone, set_sealed
from caasis.telephony.models import Call, Participant, Recording
from caasis.telephony.services import ask
from caasis.telephony.vocabulary import CallPhase, Part, RequestKind, Role


def make_call(town: Any, *, phone: str = "+819098761234", ago: timedelta = timedelta(hours=1), missed: bool = False) -> Call:
    """A call that the counsellor took an hour ago and that was recorded, or that nobody took."""
    began = timezone.now() - ago
    with system_transaction():
        call = Call(
            call=uuid7().hex, centre_id=town.centre_a.id, offered_to=[str(town.centre_a.id)],
            record_key_id=create_record_key(town.centre_a.id).id, phase=CallPhase.ENDED.value, began_at=began,
            ended_at=began + timedelta(minutes=5), outcome="abandoned" if missed else "answered", presentation="allowed",
        )  # fmt: skip
        set_sealed(call, caller=phone)
        call.caller_index = blind_phone(call.centre_id, phone)
        call.save(force_insert=True)
        if not missed:
            Participant.objects.create(
                call=call, leg=uuid7().hex, part=Part.AGENT.value, role=Role.AGENT.value, agent_id=town.counsellor.id,
                called_at=began, answered_at=began, connected_at=began, gone_at=call.ended_at, wrapped_up_at=call.ended_at,
            )  # fmt: skip
            Recording.objects.create(
                recording=uuid7().hex, call=call, centre_id=call.centre_id, record_key_id=create_record_key(call.centre_id).id,
                leg="leg", file="none.recording", started_at=began, ready_at=call.ended_at, seconds=300.0,
            )  # fmt: skip
        return call


def make_request(town: Any) -> UUID:
    """Something that the counsellor has asked of the switchboard."""
    return ask(actor=town.counsellor, kind=RequestKind.WRAP_UP_DONE).id
