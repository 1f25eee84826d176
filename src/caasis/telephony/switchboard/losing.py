"""The engine is gone, and with it every call: the records end true, agents are free, callers are called back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from caasis.appointments.vocabulary import AskedBy
from caasis.telephony.models import Cursor, DeskRequest, Order, Recording, Station
from caasis.telephony.switchboard import callbacks
from caasis.telephony.switchboard.ending import end, wrapped_up
from caasis.telephony.switchboard.live import LiveCall, living, load_live
from caasis.telephony.switchboard.requests import answer
from caasis.telephony.vocabulary import Direction, EndCause


def end_all(work: Callable[[], AbstractContextManager[Cursor]], *, boot: str, now: datetime) -> int:
    """End every call in the records, each in its own transaction. Returns how many there were."""
    with work():
        ids = list(living())
    for call_id in ids:
        with work():
            live = load_live(call_id, now=now, boot=boot)
            if live.row.ended_at is None:
                _lose(live)
                live.save()
    with work():
        Station.objects.exclude(leg="").update(leg="", leg_ready=False)
        Station.objects.update(online=False)
        Order.objects.filter(sent_at=None).delete()
        for request in DeskRequest.objects.filter(state=DeskRequest.State.WAITING):
            answer(request, done=False, sentence="電話の装置が止まっています。しばらく待ってください。", now=now)
    return len(ids)


def _lose(live: LiveCall) -> None:
    row = live.row
    if row.direction == Direction.INBOUND:
        callbacks.promise(live, asked_by=AskedBy.LINE_LOST)
    end(live, EndCause.ENGINE_LOST, hang_up=False)
    # It was nobody's fault: nobody is kept in wrap-up by it, unless they were talking.
    for one in live.everybody:
        if one.agent_id is not None and one.connected_at is not None and one.gone_at == live.now:
            wrapped_up(live, one)
    for recording in Recording.objects.filter(call=row, ready_at=None):
        recording.ready_at, recording.failed = live.now, EndCause.ENGINE_LOST.value
        recording.save()
