"""The world of the memory engine can misbehave in all the ways of the real one."""

from __future__ import annotations

import pytest

from caasis.telephony.commands import (
    AcceptBrowser,
    Answer,
    Endpoint,
    Join,
    ListenForTones,
    Originate,
    TransferAtCarrier,
)
from caasis.telephony.signals import (
    DigitPressed,
    IncomingCall,
    LegChanged,
    MediaQuality,
    TransferRequested,
)
from caasis.telephony.vocabulary import DtmfWay, EndCause, LegPhase, Refusal, Role
from tests.rooms.telephony.memory.line import OUTSIDE, Line


def test_a_desk_phone_calls(line: Line):
    leg = line.world.incoming_call(called="1002", user="1001", headers={"X-Case": "7"})
    told = line.last(IncomingCall)
    assert (told.leg, told.user, told.trunk, told.headers) == (leg, "1001", "", {"X-Case": "7"})


def test_early_media_is_heard_before_the_answer(line: Line):
    caller = line.caller()
    line.tell(Originate, leg="out", call="call", to=Endpoint(kind="number", address=OUTSIDE))
    line.tell(Join, room="room", leg=caller, role=Role.CUSTOMER)
    line.tell(Join, room="room", leg="out", role=Role.THIRD_PARTY)
    line.world.peer_rings(OUTSIDE, early_media=True)
    assert line.world.hears(caller) == {"out"}
    assert line.world.peer_answers(OUTSIDE) == "out"
    assert [one.phase for one in line.all(LegChanged) if one.leg == "out"] == [LegPhase.EARLY_MEDIA, LegPhase.ANSWERED]


def test_tones_are_found_only_while_they_are_listened_for(line: Line):
    leg = line.caller()
    line.world.press(leg, "1", way=DtmfWay.IN_BAND)
    assert not line.all(DigitPressed)
    line.tell(ListenForTones, leg=leg, on=True)
    line.world.press(leg, "2", way=DtmfWay.IN_BAND, duration_ms=80)
    told = line.last(DigitPressed)
    assert (told.digit, told.way, told.duration_ms) == ("2", DtmfWay.IN_BAND, 80)


def test_who_is_on_hold_by_a_key_of_ones_own_neither_hears_nor_is_heard(line: Line):
    caller, other = line.caller(), line.caller()
    for leg in (caller, other):
        line.tell(Join, room="room", leg=leg, role=Role.CUSTOMER)
    line.world.peer_holds(caller, True)
    assert line.world.hears(caller) == set() == line.world.hears(other)
    line.world.peer_holds(caller, False)
    assert line.world.hears(other) == {caller}


def test_a_desk_phone_asks_to_transfer(line: Line):
    leg = line.caller()
    line.world.peer_transfers(leg, "1002")
    assert line.last(TransferRequested).target == "1002"


def test_the_carrier_takes_a_call_over(line: Line):
    leg = line.caller()
    with pytest.raises(KeyError):
        line.world.carrier_takes_over(leg)
    line.tell(TransferAtCarrier, leg=leg, target=OUTSIDE)
    assert leg in {one.leg for one in line.engine.snapshot().legs}
    assert line.world.carrier_takes_over(leg) == OUTSIDE
    end = line.last(LegChanged)
    assert (end.phase, end.cause, end.by_peer) == (LegPhase.ENDED, EndCause.TRANSFERRED, True)


def test_a_browser_is_nobody_who_could_be_answered(line: Line):
    line.tell(AcceptBrowser, leg="browser", call="call", user="user", offer="v=0\r\nm=audio 9 RTP/SAVPF 0\r\n")
    assert line.tell(Answer, leg="browser").refusal is Refusal.WRONG_PHASE
    line.world.browser_connects("browser")
    with pytest.raises(KeyError):
        line.world.browser_connects("browser")


def test_only_who_is_called_can_answer(line: Line):
    leg = line.caller()
    for who in (leg, "1001", "nobody"):
        with pytest.raises(KeyError):
            line.world.peer_answers(who)
    line.tell(Originate, leg="out", call="call", to=Endpoint(kind="sip_user", address="1001"))
    line.world.peer_answers("out")
    with pytest.raises(KeyError):
        line.world.peer_refuses("out")
    with pytest.raises(KeyError):
        line.world.peer_holds("nobody", True)


# The line


def test_lost_packets_and_jitter_are_counted(line: Line):
    leg = line.caller()
    line.world.disturb(leg, loss=0.1, jitter_ms=12.5)
    line.world.advance(5)
    told = line.last(MediaQuality)
    assert (told.received, told.lost, told.jitter_ms) == (225, 25, 12.5)
    line.world.disturb(leg, loss=0.0, jitter_ms=0.0)
    line.world.advance(5)
    assert (line.last(MediaQuality).received, line.last(MediaQuality).lost) == (475, 25)
    with pytest.raises(KeyError):
        line.world.disturb(line.world.incoming_call(called="188"), loss=0, jitter_ms=0)


def test_a_leg_from_which_nothing_comes_is_given_up(line: Line):
    caller, other = line.caller(), line.caller()
    for leg in (caller, other):
        line.tell(Join, room="room", leg=leg, role=Role.CUSTOMER)
    line.world.advance(1)
    line.world.falls_silent(caller)
    assert line.world.hears(other) == set()
    line.world.advance(29.9)
    # 50 packets of the first second; the last report came 24 s after the last of them.
    told = [one for one in line.all(MediaQuality) if one.leg == caller][-1]
    assert (told.received, told.silent_s) == (50, 29.0)
    assert caller in {one.leg for one in line.engine.snapshot().legs}
    line.world.advance(0.1)
    end = line.last(LegChanged)
    assert (end.leg, end.cause, end.by_peer) == (caller, EndCause.MEDIA_TIMEOUT, False)


def test_a_leg_that_speaks_again_lives_on(line: Line):
    leg = line.caller()
    line.world.falls_silent(leg)
    line.world.advance(20)
    line.world.speaks_again(leg)
    line.world.advance(20)
    told = line.last(MediaQuality)
    assert (told.received, told.silent_s) == (1_000, 0.0)
