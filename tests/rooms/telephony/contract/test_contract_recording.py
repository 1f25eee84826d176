"""Recordings and live taps."""

from __future__ import annotations

import pytest

from caasis.telephony.commands import Hangup, Join, PauseRecording, Play, Prompt, StartRecording, StopRecording
from caasis.telephony.ports import TelephonyPort
from caasis.telephony.signals import LegChanged, RecordingReady
from caasis.telephony.vocabulary import Capability, LegPhase, Role
from tests.rooms.telephony.contract.talk import Talk
from tests.rooms.telephony.contract.world import MUSIC, World


@pytest.fixture
def pair(talk: Talk) -> tuple[str, str]:
    """A caller and an agent who talk."""
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent)
    return caller, agent


def test_a_recording_has_what_is_said_on_the_left_and_what_is_heard_on_the_right(
    talk: Talk, world: World, pair: tuple[str, str]
):
    caller, agent = pair
    talk.done(StartRecording, leg=caller, recording="rec", key_name="key")
    world.pass_time(1.5)
    talk.done(StopRecording, recording="rec")
    ready = talk.until(RecordingReady, recording="rec")
    assert (ready.leg, ready.failed) == (caller, "")
    assert 1.0 <= ready.seconds <= 3.0
    assert len(bytes.fromhex(ready.sha256)) == 32
    assert world.recorded(ready.file) == ({caller}, {agent})


def test_music_that_is_played_is_in_the_recording_as_heard(talk: Talk, world: World):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="rec", key_name="key")
    talk.done(Play, leg=leg, play="music", prompts=(Prompt(name=MUSIC),), loop=True)
    world.pass_time(1.5)
    talk.done(StopRecording, recording="rec")
    said, heard = world.recorded(talk.until(RecordingReady, recording="rec").file)
    assert (said, heard) == ({leg}, {f"prompt:{MUSIC}"})


@pytest.mark.parametrize("by_peer", [True, False])
def test_a_recording_ends_with_its_leg(talk: Talk, world: World, by_peer: bool):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="rec", key_name="key")
    world.pass_time(1.0)
    if by_peer:
        world.peer_hangs_up(leg)
    else:
        talk.done(Hangup, leg=leg)
    ready = talk.until(RecordingReady, recording="rec")
    assert ready.seconds >= 0.5
    assert world.recorded(ready.file)[0] == {leg}


def test_a_pause_is_silence_of_the_same_length(talk: Talk, world: World, pair: tuple[str, str]):
    caller, _ = pair
    talk.done(StartRecording, leg=caller, recording="rec", key_name="key")
    talk.done(PauseRecording, recording="rec", paused=True)
    began = talk.told[-1].at
    world.pass_time(2.0)
    talk.done(StopRecording, recording="rec")
    ready = talk.until(RecordingReady, recording="rec")
    assert ready.seconds == pytest.approx((talk.told[-1].at - began).total_seconds(), abs=0.5)
    said, heard = world.recorded(ready.file)
    assert (said, heard) == (set(), set())


def test_a_recording_goes_on_after_a_pause(talk: Talk, world: World, pair: tuple[str, str]):
    caller, agent = pair
    talk.done(StartRecording, leg=caller, recording="rec", key_name="key")
    moments = [talk.told[-1].at]
    for paused in (True, False):
        world.pass_time(1.5)
        talk.done(PauseRecording, recording="rec", paused=paused)
        talk.done(PauseRecording, recording="rec", paused=paused)
        moments.append(talk.told[-1].at)
    world.pass_time(1.5)
    talk.done(StopRecording, recording="rec")
    ready = talk.until(RecordingReady, recording="rec")
    pause, going_on = ((one - moments[0]).total_seconds() for one in moments[1:])
    assert ready.seconds >= 4.0
    assert world.recorded(ready.file, 0.2, pause - 0.2) == ({caller}, {agent})
    assert world.recorded(ready.file, pause + 0.2, going_on - 0.2) == (set(), set())
    assert world.recorded(ready.file, going_on + 0.2, ready.seconds - 0.1) == ({caller}, {agent})


@pytest.fixture
def taps(port: TelephonyPort) -> TelephonyPort:
    if Capability.TAP not in port.capabilities:
        pytest.skip("this engine has no tap")
    return port


def test_a_tap_brings_each_side_in_pieces_of_a_tenth_of_a_second(
    talk: Talk, world: World, taps: TelephonyPort, pair: tuple[str, str]
):
    caller, agent = pair
    said, heard = taps.tap(caller, side="said"), taps.tap(caller, side="heard")
    world.pass_time(1.0)
    for tap, sources in ((said, {caller}), (heard, {agent})):
        pieces = [next(tap) for _ in range(5)]
        assert {len(one) for one in pieces} == {1_600}
        assert world.tapped(pieces[2:]) == sources


def test_a_tap_ends_with_its_leg(talk: Talk, world: World, taps: TelephonyPort):
    leg = talk.caller()
    tap = taps.tap(leg, side="said")
    world.pass_time(0.5)
    next(tap)
    world.peer_hangs_up(leg)
    talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED)
    assert len(list(tap)) < 200


def test_a_slow_reader_of_a_tap_loses_the_oldest_and_holds_up_nobody(
    talk: Talk, world: World, taps: TelephonyPort, pair: tuple[str, str]
):
    caller, agent = pair
    tap = taps.tap(caller, side="heard")
    world.pass_time(1.0)
    next(tap)
    world.pass_time(12.0)
    talk.hears(caller, agent)
    world.peer_hangs_up(caller)
    talk.until(LegChanged, leg=caller, phase=LegPhase.ENDED)
    assert len(list(tap)) < 100, "all 120 pieces were kept"


def test_nobody_can_be_tapped_who_is_not_there(taps: TelephonyPort):
    with pytest.raises(KeyError):
        next(iter(taps.tap("nobody", side="said")))
