"""What a call does to the talk by video whose sound it is."""

from __future__ import annotations

from caasis.appointments.models import VideoTalk
from caasis.appointments.services import end_talk, start_talk
from caasis.appointments.vocabulary import TalkState
from caasis.kernel.actor import SYSTEM
from caasis.telephony.switchboard.live import LiveCall
from caasis.telephony.vocabulary import EndCause


def connected(live: LiveCall) -> None:
    if live.row.talk_id is not None:
        start_talk(actor=SYSTEM, call_id=live.row.id)


def ended(live: LiveCall, cause: EndCause) -> None:
    """A talk is over when somebody has ended it; after an accident, or a call that was not taken, the consumer waits on."""
    if live.row.talk_id is None:
        return
    talked = VideoTalk.objects.filter(call_id=live.row.id, state=TalkState.TALKING).exists()
    end_talk(
        actor=SYSTEM, call_id=live.row.id, again=not talked or cause is not EndCause.NORMAL, now=live.now
    )
