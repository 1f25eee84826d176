"""A call as a contact: how the cases above come to know that they were spoken about on the telephone."""

from __future__ import annotations

from uuid import UUID

from caasis.channels.models import Contact
from caasis.channels.services import record_contact
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound, WrongState
from caasis.platform.transactions import actor_transaction
from caasis.telephony.models import Call
from caasis.telephony.services.guards import require_agent
from caasis.telephony.vocabulary import Direction


def contact_of_call(*, actor: Actor, call_id: UUID) -> Contact:
    """The contact of a call, entered at the first asking. It has the call's own id and its key, so that erasing one
    forgets the other.

    :raises NotAllowed: neither counsellor nor supervisor of a centre. :raises NotFound: a call of another centre.
    :raises WrongState: the call was erased.
    """
    _, centre_id = require_agent(actor)
    with actor_transaction(actor):
        call = Call.objects.filter(id=call_id, centre_id=centre_id).first()
        if call is None:
            raise NotFound("この通話は見つかりません。一覧を開き直してください。")
        if call.erased_at is not None:
            raise WrongState("この通話の記録は消去されました。")
        first = call.participants.exclude(connected_at=None).exclude(agent_id=None).order_by("connected_at").first()
        return record_contact(
            actor=actor,
            centre_id=centre_id,
            channel=Contact.Channel.VIDEO if call.talk_id else Contact.Channel.PHONE,
            party_role="consumer",
            direction="in" if call.direction == Direction.INBOUND else "out",
            offered_at=call.began_at,
            answered_at=first.connected_at if first is not None else None,
            ended_at=call.ended_at,
            contact_id=call.id,
            record_key_id=call.record_key_id,
        )
