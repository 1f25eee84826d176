"""Talks by video: the sound of one is a call like any other, whose customer is a browser that has the talk's link.

The counsellor calls, as on the telephone; instead of dialling a number the switchboard waits for the consumer's page to
offer its sound. The picture goes from browser to browser and is no matter of the engine.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from caasis.appointments import services as appointments
from caasis.appointments.vocabulary import Consent
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import DomainError
from caasis.telephony.commands import AcceptBrowser, Hangup
from caasis.telephony.models import Call, Participant
from caasis.telephony.switchboard import ringing
from caasis.telephony.switchboard.ending import end
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.switchboard.refusals import NotNow
from caasis.telephony.vocabulary import CallPhase, EndCause, Part, Role

#: How long a page that was left, or opened anew, has time to come back before the call is over.
BACK_S = 20
BACK = "video"
#: How long the consumer's page has time to offer its sound: it asks every second.
PAGE_S = 40
NOT_HERE = "担当者がまだ入っていません。このままお待ちください。"


def prepare(row: Call, talk_id: UUID) -> None:
    """Make a call that is being dialled the call of a talk. Recorded only if the consumer has agreed."""
    assert row.centre_id is not None and row.agent_id is not None
    try:
        talk = appointments.begin_talk(
            actor=SYSTEM, talk_id=talk_id, agent_id=row.agent_id, call_id=row.id, centre_id=row.centre_id
        )
    except DomainError as error:
        raise NotNow(error.message) from None
    row.talk_id = talk.id
    row.records = talk.consent == Consent.AGREED and (row.number is None or row.number.records)
    row.recording_refused = talk.consent != Consent.AGREED


def expect_consumer(live: LiveCall) -> None:
    """The agent is there: the consumer's page is asked for its sound, which it offers by itself."""
    one = live.add(leg=live.new_name("video"), part=Part.CUSTOMER, role=Role.CUSTOMER)
    live.timer(ringing.RING, PAGE_S, one.id.hex)


def offer_sound(live: LiveCall, offer: str) -> str:
    """The consumer's page offers its sound: it becomes the customer's leg, in the place of one that it had. Returns the leg."""
    one = live.customer
    if one is None:
        raise NotNow(NOT_HERE)
    if one.audible or any(order.leg == one.leg for order in live.row.orders.filter(kind="AcceptBrowser")):
        # A page that was opened anew. The former leg is no longer anybody's, so its end ends nothing.
        live.order(partial(Hangup, leg=one.leg))
        one.leg, one.joined, one.audible = live.new_name("video"), False, ""
    one.save()
    leg = one.leg
    live.order(partial(AcceptBrowser, leg=leg, call=live.row.id.hex, user="video", offer=offer))
    return leg


def may_come_back(live: LiveCall, one: Participant) -> bool:
    """The consumer's leg is gone in the middle of a talk: her page may only have been opened anew. False where it is over."""
    row = live.row
    if row.talk_id is None or row.phase != CallPhase.TALKING:
        return False
    if one.joined:
        live.timer(BACK, BACK_S)
    one.leg, one.joined, one.audible = live.new_name("video"), False, ""
    one.save()
    live.hear()
    return True


def did_not_come_back(live: LiveCall) -> None:
    """Nobody is at the other end any more; the talk itself waits on."""
    one = live.customer
    if one is not None and not one.joined:
        end(live, EndCause.FAILED)


def back_again(live: LiveCall) -> None:
    """The consumer's new leg is connected in a talk that goes on."""
    one = live.customer
    live.cancel(BACK)
    if one is not None and not one.joined:
        live.join(one)
        one.save()
        ringing.start_recording(live)
