"""Reads for the two pages of a talk by video. Whoever asks has shown that they take part: by the link, or as staff."""

from __future__ import annotations

from caasis.appointments.models import VideoTalk
from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Participant
from caasis.telephony.vocabulary import Part


def sound_wanted(talk: VideoTalk) -> bool:
    """Whether a counsellor calls or talks now, so that the consumer's page is to bring its sound."""
    if talk.call_id is None:
        return False
    with system_transaction():
        return Participant.objects.filter(
            call_id=talk.call_id, call__ended_at=None, part=Part.CUSTOMER, gone_at=None
        ).exists()
