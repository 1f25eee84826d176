"""The life of a leg: calls that come in, calls that are made, and every way in which they end."""

from __future__ import annotations

import pytest

from caasis.telephony.commands import (
    AcceptBrowser,
    Answer,
    Hangup,
    ListenForTones,
    Originate,
    Reject,
    Ring,
    SendDigits,
)
from caasis.telephony.signals import (
    BrowserAnswer,
    DigitPressed,
    HoldChanged,
    IncomingCall,
    LegChanged,
    MediaQuality,
    UserPresence,
)
from caasis.telephony.vocabulary import Capability, DtmfWay, EndCause, LegPhase, Presentation
from tests.rooms.telephony.contract.talk import Talk, number, sip_user
from tests.rooms.telephony.contract.world import ALLOWED, OWN, World


def end_of(talk: Talk, leg: str, *, within_s: float = 5.0) -> LegChanged:
    """How a leg ended; it ended once, and is no longer there."""
    end = talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED, within_s=within_s)
    talk.world.pass_time(0.2)
    assert talk.all(LegChanged, leg=leg)[-1] == end
    assert leg not in {one.leg for one in talk.port.snapshot().legs}
    return end


# Calls that come in


def test_an_incoming_call_tells_who_calls_whom(talk: Talk, world: World):
    leg = world.incoming_call(called=OWN, caller="+81312345678")
    told = talk.until(IncomingCall, leg=leg)
    assert (told.caller, told.called, told.presentation) == ("+81312345678", OWN, Presentation.ALLOWED)
    assert told.diverted_from == "" and told.call and told.call != leg


def test_a_call_diverted_by_188_names_it(talk: Talk, world: World):
    leg = world.incoming_call(called=OWN, diverted_from="188")
    assert talk.until(IncomingCall, leg=leg).diverted_from == "188"


@pytest.mark.parametrize("presentation", [Presentation.ANONYMOUS, Presentation.PAYPHONE, Presentation.UNAVAILABLE])
def test_a_caller_without_a_number_has_a_reason(talk: Talk, world: World, presentation: Presentation):
    leg = world.incoming_call(caller="", presentation=presentation)
    told = talk.until(IncomingCall, leg=leg)
    assert (told.caller, told.presentation) == ("", presentation)


def test_each_incoming_call_has_ids_of_its_own(talk: Talk, world: World):
    legs = [world.incoming_call() for _ in range(3)]
    calls = [talk.until(IncomingCall, leg=leg).call for leg in legs]
    assert len({*legs, *calls}) == 6


def test_ring_then_answer(talk: Talk, world: World):
    leg = world.incoming_call()
    talk.done(Ring, leg=leg)
    talk.until(LegChanged, leg=leg, phase=LegPhase.RINGING)
    talk.done(Answer, leg=leg)
    talk.until(LegChanged, leg=leg, phase=LegPhase.ANSWERED)
    call = talk.all(IncomingCall, leg=leg)[0].call
    assert {one.call for one in talk.all(LegChanged, leg=leg)} == {call}


@pytest.mark.parametrize("ringing", [False, True])
def test_reject(talk: Talk, world: World, ringing: bool):
    leg = world.incoming_call()
    if ringing:
        talk.done(Ring, leg=leg)
    talk.done(Reject, leg=leg, cause=EndCause.BUSY)
    end = end_of(talk, leg)
    assert (end.cause, end.by_peer) == (EndCause.BUSY, False)


@pytest.mark.parametrize("ringing", [False, True])
def test_a_caller_gives_up_before_the_answer(talk: Talk, world: World, ringing: bool):
    leg = world.incoming_call()
    if ringing:
        talk.done(Ring, leg=leg)
    world.peer_hangs_up(leg)
    end = end_of(talk, leg)
    assert (end.cause, end.by_peer) == (EndCause.CANCELLED, True)


def test_a_caller_hangs_up(talk: Talk, world: World):
    leg = talk.caller()
    world.peer_hangs_up(leg)
    end = end_of(talk, leg)
    assert (end.cause, end.by_peer) == (EndCause.NORMAL, True)


@pytest.mark.parametrize("phase", [LegPhase.NEW, LegPhase.RINGING, LegPhase.ANSWERED])
def test_an_incoming_leg_is_ended_in_each_phase(talk: Talk, world: World, phase: LegPhase):
    leg = talk.caller() if phase is LegPhase.ANSWERED else world.incoming_call()
    if phase is LegPhase.RINGING:
        talk.done(Ring, leg=leg)
    talk.done(Hangup, leg=leg)
    assert not end_of(talk, leg).by_peer


# Calls that are made


def test_a_desk_phone_rings_and_is_picked_up(talk: Talk, world: World):
    leg = talk.dial("1001")
    world.peer_answers("1001")
    talk.until(LegChanged, leg=leg, phase=LegPhase.ANSWERED)
    order = [LegPhase.NEW, LegPhase.RINGING, LegPhase.EARLY_MEDIA, LegPhase.ANSWERED]
    phases = [one.phase for one in talk.all(LegChanged, leg=leg)]
    assert phases == sorted(phases, key=order.index) and len(phases) == len(set(phases))


def test_a_number_outside_is_called(talk: Talk, world: World):
    talk.done(Originate, leg="out", call="the-call", to=number(ALLOWED), caller=OWN)
    world.peer_answers(ALLOWED)
    assert talk.until(LegChanged, leg="out", phase=LegPhase.ANSWERED).call == "the-call"


def test_a_phone_that_answers_by_itself(talk: Talk, world: World):
    world.register("1001")
    talk.done(Originate, leg="agent", call="call", to=sip_user("1001"), auto_answer=True)
    talk.until(LegChanged, leg="agent", phase=LegPhase.ANSWERED)


def test_nobody_answers(talk: Talk):
    leg = talk.dial("1001", timeout_s=1)
    end = end_of(talk, leg)
    assert (end.cause, end.by_peer) == (EndCause.NO_ANSWER, False)


@pytest.mark.parametrize("cause", [EndCause.BUSY, EndCause.REJECTED])
def test_the_called_are_busy_or_decline(talk: Talk, world: World, cause: EndCause):
    leg = talk.dial("1001")
    world.peer_refuses("1001", cause)
    end = end_of(talk, leg)
    assert (end.cause, end.by_peer) == (cause, True)


def test_a_call_is_cancelled_before_the_answer(talk: Talk):
    leg = talk.dial("1001")
    talk.done(Hangup, leg=leg)
    end = end_of(talk, leg)
    assert (end.cause, end.by_peer) == (EndCause.CANCELLED, False)


def test_a_call_is_ended_after_the_answer_by_either_side(talk: Talk, world: World):
    first, second = talk.agent("1001"), talk.agent("1002")
    talk.done(Hangup, leg=first)
    world.peer_hangs_up(second)
    assert (end_of(talk, first).cause, end_of(talk, first).by_peer) == (EndCause.NORMAL, False)
    assert (end_of(talk, second).cause, end_of(talk, second).by_peer) == (EndCause.NORMAL, True)


def test_a_timeout_ends_only_what_was_not_answered(talk: Talk, world: World):
    leg = talk.dial("1001", timeout_s=1)
    world.peer_answers("1001")
    talk.until(LegChanged, leg=leg, phase=LegPhase.ANSWERED)
    world.pass_time(2.0)
    assert not talk.all(LegChanged, leg=leg, phase=LegPhase.ENDED)


# Browsers


def test_a_browser_becomes_a_leg(talk: Talk, world: World):
    if Capability.WEBRTC not in talk.port.capabilities:
        pytest.skip("this engine takes no browsers")
    talk.done(AcceptBrowser, leg="browser", call="call", user="user", offer=world.browser_offer())
    answer = talk.until(BrowserAnswer, leg="browser").answer
    world.browser_connects("browser", answer)
    assert talk.until(LegChanged, leg="browser", phase=LegPhase.ANSWERED).call == "call"
    talk.done(Hangup, leg="browser")
    assert end_of(talk, "browser").cause is EndCause.NORMAL


# Keys, hold, presence, quality


def test_keys_are_told_one_by_one(talk: Talk, world: World):
    leg = talk.caller()
    world.press(leg, "1988*#")
    talk.until(DigitPressed, leg=leg, digit="#")
    told = talk.all(DigitPressed, leg=leg)
    assert "".join(one.digit for one in told) == "1988*#"
    assert {one.way for one in told} == {DtmfWay.EVENT}


def test_keys_by_rfc_4733_are_heard_whether_tones_are_listened_for_or_not(talk: Talk, world: World):
    if Capability.INBAND_DTMF not in talk.port.capabilities:
        pytest.skip("this engine doesn't listen for tones")
    leg = talk.caller()
    for on, digit in ((True, "1"), (False, "2")):
        talk.done(ListenForTones, leg=leg, on=on)
        world.press(leg, digit)
        talk.until(DigitPressed, leg=leg, digit=digit)
    world.pass_time(0.5)
    assert [one.digit for one in talk.all(DigitPressed, leg=leg)] == ["1", "2"]


def test_keys_are_pressed_towards_a_leg(talk: Talk, world: World):
    leg = talk.caller()
    talk.done(SendDigits, leg=leg, digits="42#")
    talk.eventually(lambda: world.keys_told(leg) == "42#")


def test_the_other_sides_own_hold_key(talk: Talk, world: World):
    leg = talk.caller()
    for on in (True, False):
        world.peer_holds(leg, on)
        talk.until(HoldChanged, leg=leg, on_hold=on)


def test_a_phone_that_registers_and_goes(talk: Talk, world: World):
    world.register("1001")
    talk.until(UserPresence, user="1001", online=True)
    assert talk.port.snapshot().users == ("1001",)
    world.unregister("1001")
    talk.until(UserPresence, user="1001", online=False)
    assert talk.port.snapshot().users == ()


def test_the_quality_of_a_line_is_told_every_five_seconds_and_at_the_end(talk: Talk, world: World):
    leg = talk.caller()
    world.pass_time(5.0)
    first = talk.until(MediaQuality, leg=leg, within_s=3)
    talk.done(Hangup, leg=leg)
    end_of(talk, leg)
    told = talk.all(MediaQuality, leg=leg)
    assert len(told) >= 2
    assert first.received > 0 and told[-1].received >= first.received
    assert all(one.lost >= 0 and one.jitter_ms >= 0 for one in told)
