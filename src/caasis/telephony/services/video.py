"""What the consumer's page of a talk by video asks of the switchboard. The caller has checked her link."""

from __future__ import annotations

import json
from uuid import UUID

from caasis.appointments.models import VideoTalk
from caasis.audit.services import record_access
from caasis.kernel.actor import PUBLIC
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import read_sealed, set_sealed
from caasis.telephony.models import Call, DeskRequest
from caasis.telephony.services.asking import LONGEST_OFFER
from caasis.telephony.vocabulary import RequestKind

#: Each offer of sound makes a leg; a page that is opened anew makes one.
MOST_OFFERS = 20
NO_CALL = "担当者がまだ入っていません。このままお待ちください。"


def offer_sound(*, talk: VideoTalk, offer: str) -> DeskRequest:
    """The consumer's browser offers its sound to the call of the talk; the switchboard's answer is in the request.

    :raises Invalid: no offer. :raises WrongState: there is no call now. :raises TooMany: beyond the bound.
    """
    if not offer.startswith("v=0") or len(offer) > LONGEST_OFFER or "\x00" in offer:
        raise Invalid("音声を始められません。ページを読み込み直してください。")
    with system_transaction():
        call = _call_of(talk)
        if call.requests.filter(kind=RequestKind.VIDEO_SOUND).count() >= MOST_OFFERS:
            raise TooMany("つなぎ直しが多すぎます。センターにお電話ください。")
        row = _request(call, talk, RequestKind.VIDEO_SOUND)
        set_sealed(row, words=json.dumps({"offer": offer}))
        row.save(force_insert=True)
        return row


def leave_talk(*, talk: VideoTalk) -> DeskRequest:
    """The consumer ends the talk.

    :raises WrongState: there is no call now.
    """
    with system_transaction():
        row = _request(_call_of(talk), talk, RequestKind.VIDEO_END)
        row.save(force_insert=True)
        record_access(
            actor=PUBLIC, action="leave_video_talk", object_kind="video_talk", object_id=talk.id, centre_id=talk.centre_id
        )
        return row


def reply_to_consumer(*, talk: VideoTalk, request_id: UUID) -> tuple[str, str, str]:
    """State, sentence and the browser's answer of a request that this talk's consumer made.

    :raises NotFound: somebody else's, or none.
    """
    with system_transaction():
        row = DeskRequest.objects.filter(id=request_id, actor_id=talk.id, kind=RequestKind.VIDEO_SOUND).first()
        if row is None:
            raise NotFound
        done = row.state == DeskRequest.State.DONE and row.reply
        return row.state, row.answer, read_sealed(row, "reply")["reply"] if done else ""


def _call_of(talk: VideoTalk) -> Call:
    call = Call.objects.filter(id=talk.call_id, talk_id=talk.id, ended_at=None).first() if talk.call_id else None
    if call is None:
        raise WrongState(NO_CALL)
    return call


def _request(call: Call, talk: VideoTalk, kind: RequestKind) -> DeskRequest:
    assert call.centre_id is not None
    # Whoever asks is no member of staff: the talk stands for her, and nobody's desk is told.
    return DeskRequest(
        centre_id=call.centre_id, actor_id=talk.id, kind=kind.value, call=call, record_key_id=call.record_key_id
    )
