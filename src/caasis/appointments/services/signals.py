"""What the two browsers of a talk say to each other about the picture: few kinds, bounded in size and number."""

from __future__ import annotations

from uuid import UUID

from caasis.appointments.models import VideoSignal, VideoTalk
from caasis.appointments.vocabulary import MAY_SAY, OPEN_TALKS, Side, SignalKind
from caasis.kernel.errors import Invalid, TooMany, WrongState
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import set_sealed

LONGEST = 30_000
#: A page that is opened anew says about three things; whoever says more than this is no page of ours.
MOST = 300
#: What is kept of each side: what is older was heard, or is void.
KEPT = 6
NOT_UNDERSTOOD = "映像をつなげません。ページを読み込み直してください。"


def tell_other_side(*, talk_id: UUID, side: Side, kind: str, body: str) -> VideoSignal:
    """Keep a signal for the other browser. The caller has shown that they take part: by the link, or as staff.

    :raises Invalid: a kind that this side doesn't say, or no description of a picture. :raises TooMany: beyond the bound.
    :raises WrongState: the talk is over.
    """
    if kind not in MAY_SAY[side] or len(body) > LONGEST or "\x00" in body:
        raise Invalid(NOT_UNDERSTOOD)
    if (kind == SignalKind.READY) != (body == "") or (body and not body.startswith("v=0")):
        raise Invalid(NOT_UNDERSTOOD)
    with system_transaction():
        talk = VideoTalk.objects.select_for_update().get(id=talk_id)
        if talk.state not in OPEN_TALKS:
            raise WrongState("このビデオ相談は終わりました。")
        if talk.signals_written >= MOST:
            raise TooMany("映像をつなぎ直せません。音声で続けてください。")
        talk.signals_written += 1
        talk.save(update_fields=["signals_written", "updated_at"])
        row = VideoSignal(
            talk=talk, centre_id=talk.centre_id, record_key_id=talk.record_key_id, number=talk.signals_written,
            side=side.value, kind=kind,
        )  # fmt: skip
        set_sealed(row, body=body)
        row.save(force_insert=True)
        old = talk.signals.filter(side=side.value).order_by("-number").values_list("id", flat=True)[KEPT:]
        VideoSignal.objects.filter(id__in=list(old)).delete()
        return row
