"""Signals: numbered without a gap, kept for a while, and in agreement with the snapshot."""

from __future__ import annotations

import time

import pytest

from caasis.telephony.commands import Hangup, Join, Leave, Play, Prompt, StartRecording, StopPlay
from caasis.telephony.ports import SignalsForgotten, TelephonyPort
from caasis.telephony.signals import (
    SIGNALS,
    EngineStarted,
    IncomingCall,
    LegChanged,
    PlayEnded,
    Signal,
    UserPresence,
)
from caasis.telephony.vocabulary import Capability, LegPhase, Refusal, Role
from caasis.telephony.wire import dump, load
from tests.rooms.telephony.contract.talk import Talk
from tests.rooms.telephony.contract.world import SHORT, World


def test_the_first_signal_of_a_life_names_it_and_what_the_engine_can_do(talk: Talk, port: TelephonyPort):
    talk.eventually(lambda: bool(talk.all(Signal)))
    first = talk.told[0]
    assert isinstance(first, EngineStarted) and first.seq == 1 and first.boot
    assert {Capability(one) for one in first.capabilities} == port.capabilities


def lively(talk: Talk) -> None:
    """A call in which much happens."""
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.done(StartRecording, leg=caller, recording="rec", key_name="key")
    talk.done(Play, leg=caller, play="greeting", prompts=(Prompt(name=SHORT),))
    talk.world.press(caller, "12#")
    talk.until(PlayEnded, play="greeting")
    talk.world.peer_hangs_up(caller)
    talk.until(LegChanged, leg=caller, phase=LegPhase.ENDED)
    talk.done(Hangup, leg=agent)
    talk.until(LegChanged, leg=agent, phase=LegPhase.ENDED)
    talk.world.unregister("1001")
    talk.until(UserPresence, user="1001", online=False)


def test_signals_are_numbered_without_a_gap_and_dated_in_their_order(talk: Talk):
    lively(talk)
    assert [one.seq for one in talk.told] == list(range(1, len(talk.told) + 1))
    assert {one.boot for one in talk.told} == {talk.boot}
    moments = [one.at for one in talk.told]
    assert all(one.utcoffset() is not None for one in moments)
    assert moments == sorted(moments)


def test_every_signal_passes_over_the_wire(talk: Talk):
    lively(talk)
    for one in talk.told:
        assert load(dump(one), SIGNALS) == one


def test_a_reader_that_comes_back_gets_what_followed(talk: Talk, port: TelephonyPort):
    lively(talk)
    for after in (0, 1, len(talk.told) // 2, len(talk.told) - 1):
        caught_up = port.signals(boot=talk.boot, after=after, timeout_s=1)
        assert list(caught_up)[: len(talk.told) - after] == talk.told[after:]


def test_asking_without_a_life_gives_all_of_the_present_one(talk: Talk, port: TelephonyPort):
    lively(talk)
    assert list(port.signals(boot="", after=0, timeout_s=1))[: len(talk.told)] == talk.told


def test_when_nothing_is_new_the_answer_is_empty_after_the_time_given(talk: Talk, port: TelephonyPort):
    talk.eventually(lambda: bool(talk.all(Signal)))
    talk.world.pass_time(0.5)
    talk.read()
    began = time.monotonic()
    assert list(port.signals(boot=talk.boot, after=talk.told[-1].seq, timeout_s=0.2)) == []
    assert time.monotonic() - began < 2


def test_another_life_and_a_number_that_was_never_told_are_forgotten(talk: Talk, port: TelephonyPort):
    talk.eventually(lambda: bool(talk.all(Signal)))
    with pytest.raises(SignalsForgotten):
        port.signals(boot="another", after=0, timeout_s=0)
    with pytest.raises(SignalsForgotten):
        port.signals(boot=talk.boot, after=1_000_000, timeout_s=0)


def test_what_is_no_longer_kept_is_said_to_be_forgotten(talk: Talk, port: TelephonyPort, world: World):
    talk.eventually(lambda: bool(talk.all(Signal)))
    for n in range(world.kept + 10):
        assert talk.refused(StopPlay(command_id=f"c{n}", play="none")) is Refusal.UNKNOWN_PLAY
    for boot in (talk.boot, ""):
        with pytest.raises(SignalsForgotten):
            port.signals(boot=boot, after=0, timeout_s=0)
    # A snapshot is where such a reader goes on from.
    now = port.snapshot()
    assert (now.boot, now.seq) >= (talk.boot, talk.told[-1].seq)
    assert port.signals(boot=now.boot, after=now.seq - 1, timeout_s=1)[0].seq == now.seq


def phases(told: list[Signal]) -> dict[str, LegPhase]:
    """The living legs of which signals tell, with their phases."""
    living: dict[str, LegPhase] = {}
    for one in told:
        match one:
            case IncomingCall():
                living[one.leg] = LegPhase.NEW
            case LegChanged(phase=LegPhase.ENDED):
                living.pop(one.leg, None)
            case LegChanged():
                living[one.leg] = one.phase
    return living


def agrees(talk: Talk) -> None:
    """The snapshot says what the signals up to its number say."""
    now = talk.port.snapshot()
    talk.eventually(lambda: bool(talk.all(Signal)) and talk.told[-1].seq >= now.seq)
    told = [one for one in talk.told if one.seq <= now.seq]
    assert now.boot == talk.boot
    said = phases(told)
    # A leg that was called is there from its order on, before it is told of.
    assert {one.leg: one.phase for one in now.legs if one.phase is not LegPhase.NEW or one.leg in said} == said
    online: dict[str, bool] = {}
    for one in told:
        if isinstance(one, UserPresence):
            online[one.user] = one.online
    assert set(now.users) == {user for user, there in online.items() if there}


def test_a_snapshot_agrees_with_the_signals_before_its_number(talk: Talk, world: World):
    agrees(talk)
    waiting = world.incoming_call()
    agrees(talk)
    caller, agent = talk.caller(), talk.agent("1001")
    agrees(talk)
    talk.dial("1002")
    world.unregister("1001")
    agrees(talk)
    world.peer_hangs_up(waiting)
    agrees(talk)
    talk.done(Hangup, leg=caller)
    agrees(talk)
    world.peer_hangs_up(agent)
    world.pass_time(1.0)
    agrees(talk)


def test_a_snapshot_names_calls_rooms_roles_and_audibility(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.done(
        Join, room="room", leg=caller, role=Role.CUSTOMER, hears=frozenset({Role.BOT}), heard_by=frozenset({Role.AGENT})
    )
    legs = {one.leg: one for one in talk.port.snapshot().legs}
    one = legs[caller]
    assert (one.room, one.role, one.phase) == ("room", Role.CUSTOMER, LegPhase.ANSWERED)
    assert (one.hears, one.heard_by) == ({Role.BOT}, {Role.AGENT})
    assert one.call == talk.all(IncomingCall, leg=caller)[0].call
    assert (legs[agent].room, legs[agent].role, legs[agent].hears) == ("", None, frozenset())
    talk.done(Leave, room="room", leg=caller)
    now = next(one for one in talk.port.snapshot().legs if one.leg == caller)
    assert (now.room, now.role, now.hears, now.heard_by) == ("", None, frozenset(), frozenset())
