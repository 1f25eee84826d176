"""Timers: what happens when a moment comes."""

from __future__ import annotations

from datetime import datetime

from caasis.telephony.models import Timer
from caasis.telephony.switchboard import flows, legs, ringing, videos
from caasis.telephony.switchboard.live import load_live
from caasis.telephony.vocabulary import EndCause


def happen(timer: Timer, *, now: datetime, boot: str) -> None:
    """Do what a timer was set for, if it still has a meaning. The timer is deleted already."""
    live = load_live(timer.call_id, now=now, boot=boot)
    if live.row.ended_at is not None:
        return
    if timer.kind == ringing.RING:
        one = next((each for each in live.present if each.id.hex == timer.name), None)
        if one is not None and one.answered_at is None:
            legs.gone(live, one, EndCause.NO_ANSWER, hang_up=True)
    elif timer.kind == ringing.OVERFLOW:
        ringing.look_for_overflow(live)
    elif timer.kind == flows.FLOW:
        flows.timer_due(live, timer.name)
    elif timer.kind == videos.BACK:
        videos.did_not_come_back(live)
    live.save()
