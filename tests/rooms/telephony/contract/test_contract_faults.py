"""An engine that dies, comes back, or stands still."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from caasis.telephony.commands import Answer, Join, Play, Prompt, StopPlay
from caasis.telephony.ports import EngineUnreachable, SignalsForgotten, TelephonyPort
from caasis.telephony.signals import CommandDone, EngineStarted, IncomingCall, LegChanged, Signal
from caasis.telephony.vocabulary import Capability, LegPhase, Refusal, Role
from tests.rooms.telephony.contract.talk import Talk
from tests.rooms.telephony.contract.world import MUSIC, World


def becomes_unreachable(talk: Talk, ask: Callable[[], object]) -> None:
    def fails() -> bool:
        try:
            ask()
        except EngineUnreachable:
            return True
        return False

    talk.eventually(fails, what="EngineUnreachable")


def test_a_lost_engine_is_unreachable_by_every_way(talk: Talk, world: World, port: TelephonyPort):
    leg = talk.caller()
    world.kill_engine()
    becomes_unreachable(talk, lambda: port.signals(boot=talk.boot, after=talk.told[-1].seq, timeout_s=0))
    becomes_unreachable(talk, lambda: port.send(StopPlay(command_id="c", play="none")))
    becomes_unreachable(talk, port.snapshot)
    if Capability.TAP in port.capabilities:
        becomes_unreachable(talk, lambda: next(iter(port.tap(leg, side="said"))))


def back(talk: Talk) -> EngineStarted:
    """The engine is started again after it was lost, and answers in another life."""
    old = talk.boot
    talk.world.restart_engine()

    def answers() -> bool:
        talk.forget()
        try:
            talk.read()
        except (EngineUnreachable, SignalsForgotten):
            return False
        return talk.boot not in ("", old)

    talk.eventually(answers, within_s=20)
    first = talk.told[0]
    assert isinstance(first, EngineStarted)
    return first


def test_a_new_life_has_a_new_name_and_none_of_the_old_calls(talk: Talk, world: World, port: TelephonyPort):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    old, seq = talk.boot, talk.told[-1].seq
    world.kill_engine()
    first = back(talk)
    assert first.seq == 1 and first.boot != old
    with pytest.raises(SignalsForgotten):
        port.signals(boot=old, after=seq, timeout_s=0)
    now = port.snapshot()
    assert now.boot == first.boot and now.legs == ()
    for n, leg in enumerate((caller, agent)):
        assert talk.refused(Answer(command_id=f"old-{n}", leg=leg)) is Refusal.UNKNOWN_LEG


def test_calls_can_be_taken_in_a_new_life(talk: Talk, world: World):
    talk.caller()
    world.kill_engine()
    back(talk)
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent)


def test_a_tap_ends_when_the_engine_is_lost(talk: Talk, world: World, port: TelephonyPort):
    if Capability.TAP not in port.capabilities:
        pytest.skip("this engine has no tap")
    tap = port.tap(talk.caller(), side="said")
    world.pass_time(0.3)
    next(tap)
    world.kill_engine()
    try:
        assert len(list(tap)) < 200
    except EngineUnreachable:
        pass


def test_nothing_blocks_while_the_engine_stands_still(talk: Talk, world: World, port: TelephonyPort):
    """The best of three rounds counts: other work on the machine may hold up one."""
    leg = talk.caller()
    world.hang_engine(True)
    try:
        slowest = []
        for attempt in range(3):
            took = []
            for n in range(30):
                began = time.monotonic()
                port.send(
                    Play(command_id=f"c{attempt}-{n}", leg=leg, play=f"p{attempt}-{n}", prompts=(Prompt(name=MUSIC),))
                )
                took.append(time.monotonic() - began)
            slowest.append(max(took))
    finally:
        world.hang_engine(False)
    assert min(slowest) <= 0.05


def test_what_was_told_to_an_engine_that_stands_still_is_done_when_it_goes_on(talk: Talk, world: World):
    leg = talk.caller()
    talk.read()
    seq = talk.told[-1].seq
    world.hang_engine(True)
    talk.port.send(Play(command_id="play", leg=leg, play="music", prompts=(Prompt(name=MUSIC),), loop=True))
    world.pass_time(0.3)
    assert not talk.all(CommandDone, command_id="play")
    world.hang_engine(False)
    assert talk.until(CommandDone, command_id="play").seq > seq
    talk.hears(leg, f"prompt:{MUSIC}")


def test_reading_ends_in_time_while_the_engine_stands_still(talk: Talk, world: World, port: TelephonyPort):
    talk.eventually(lambda: bool(talk.all(Signal)))
    world.hang_engine(True)
    try:
        began = time.monotonic()
        try:
            port.signals(boot=talk.boot, after=talk.told[-1].seq, timeout_s=0.3)
        except EngineUnreachable:
            pass
        assert time.monotonic() - began < 3
    finally:
        world.hang_engine(False)


def test_closing_the_port_lets_calls_go_on(talk: Talk, world: World, port: TelephonyPort):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent)
    assert talk.all(IncomingCall, leg=caller) and talk.all(LegChanged, leg=agent, phase=LegPhase.ANSWERED)
    port.close()
    world.pass_time(0.5)
    assert world.hears(caller) == {agent} and world.hears(agent) == {caller}
