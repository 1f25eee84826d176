"""What the memory engine has beside the contract: a clock, a set-up, symbolic sound, and a reader that waits."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic

import pytest

from caasis.telephony.adapters.journal import Answers, Journal
from caasis.telephony.adapters.memory import MemoryEngine
from caasis.telephony.adapters.memory.clock import Clock
from caasis.telephony.adapters.memory.orders import House, Refused, carry_out
from caasis.telephony.adapters.memory.tap import Tones
from caasis.telephony.commands import (
    AcceptBrowser,
    Command,
    Endpoint,
    Hangup,
    Join,
    ListenForTones,
    Originate,
    PauseRecording,
    Play,
    Prompt,
    Ring,
    StartRecording,
    StopRecording,
    TransferAtCarrier,
)
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.signals import (
    CommandDone,
    DigitPressed,
    IncomingCall,
    LegChanged,
    PlayEnded,
    RecordingReady,
    Signal,
    TrunkChanged,
)
from caasis.telephony.vocabulary import Capability, EndCause, PlayEnd, Refusal, Role
from tests.rooms.telephony.memory.line import BEGINS, OUTSIDE, Line


def test_time_stands_still_until_it_is_moved(line: Line):
    line.caller()
    assert {one.at for one in line.all(Signal)} == {BEGINS}
    line.world.advance(1.5)
    line.world.trunk("other", up=True)
    assert line.last(TrunkChanged).at == BEGINS + timedelta(seconds=1.5)


def test_what_is_due_happens_in_its_order_and_at_its_moment():
    clock = Clock(BEGINS)
    happened: list[tuple[str, float]] = []

    def note(name: str) -> None:
        happened.append((name, (clock.now - BEGINS).total_seconds()))

    clock.later(2, lambda: note("second"))
    clock.later(1, lambda: (note("first"), clock.later(0.5, lambda: note("between")))[0])
    clock.later(2, lambda: note("second as well"))
    clock.later(9, lambda: note("never"))
    clock.advance(8)
    assert happened == [("first", 1), ("between", 1.5), ("second", 2), ("second as well", 2)]
    clock.forget()
    clock.advance(8)
    assert len(happened) == 4


def test_time_never_goes_back_and_has_a_zone():
    with pytest.raises(ValueError, match="back"):
        Clock(BEGINS).advance(-1)
    with pytest.raises(ValueError, match="zone"):
        MemoryEngine(begins=BEGINS.replace(tzinfo=None))


def test_a_call_that_is_not_answered_ends_at_its_very_second(line: Line):
    line.tell(
        Originate,
        leg="out",
        call="call",
        to=Endpoint(kind="number", address=OUTSIDE),
        caller="+81398765432",
        timeout_s=25,
    )
    line.world.advance(24.9)
    assert not line.all(LegChanged)
    line.world.advance(10)
    end = line.last(LegChanged)
    assert (end.cause, end.at) == (EndCause.NO_ANSWER, BEGINS + timedelta(seconds=25))


# What is set up


def test_an_engine_that_can_less_says_so_and_refuses_the_rest():
    line = Line(capabilities=frozenset({Capability.SIP}))
    assert line.engine.capabilities == {Capability.SIP}
    leg = line.caller()
    for kind, facts in (
        (AcceptBrowser, {"leg": "b", "call": "c", "user": "u", "offer": "v=0 m=audio"}),
        (ListenForTones, {"leg": leg, "on": True}),
        (TransferAtCarrier, {"leg": leg, "target": OUTSIDE}),
    ):
        assert line.tell(kind, **facts).refusal is Refusal.NOT_CAPABLE


def test_prompts_may_come_from_a_table(line: Line):
    line = Line(prompts={"welcome": 3.0}.get)
    leg = line.caller()
    assert line.tell(Play, leg=leg, play="a", prompts=(Prompt(name="nothing"),)).refusal is Refusal.BAD_PROMPT
    line.tell(Play, leg=leg, play="b", prompts=(Prompt(name="welcome", offset_ms=1_000),))
    line.world.advance(2)
    ended = line.last(PlayEnded)
    assert (ended.play, ended.at - BEGINS) == ("b", timedelta(seconds=2))


@pytest.mark.parametrize("loop", [False, True])
def test_a_play_of_no_length_ends_at_once(line: Line, loop: bool):
    leg = line.caller()
    line.tell(Play, leg=leg, play="a", prompts=(Prompt(name="any", offset_ms=60_000),), loop=loop)
    assert line.last(PlayEnded).reason is PlayEnd.FINISHED


def test_who_calls_while_every_line_is_taken_hears_that_it_is_busy():
    line = Line(lines=1)
    assert line.world.incoming_call(called="188")
    assert line.world.incoming_call(called="188") == ""
    assert len(line.all(IncomingCall)) == 1


def test_a_trunk_must_be_up_to_call_outside(line: Line):
    to = Endpoint(kind="number", address=OUTSIDE)
    other = Endpoint(kind="number", address=OUTSIDE, trunk="other")
    assert line.tell(Originate, leg="a", call="c", to=other).refusal is Refusal.UNREACHABLE
    assert isinstance(line.tell(Originate, leg="b", call="c", to=to), CommandDone)
    line.world.trunk("trunk", up=False, detail="408")
    assert line.tell(Originate, leg="d", call="c", to=to).refusal is Refusal.UNREACHABLE
    assert line.engine.snapshot().trunks == ()


def test_a_command_that_could_not_pass_over_the_wire_is_no_command_here(line: Line):
    leg = line.caller()
    with pytest.raises((ValueError, UserWarning)):
        line.engine.send(Join(command_id="c", room="r", leg=leg, role="neighbour"))  # type: ignore[arg-type]
    assert not line.engine.snapshot().legs[0].room


def test_a_command_of_an_unknown_kind_is_not_taken_for_done(line: Line):
    house = House(capabilities=frozenset(), prompts={}.get, may_call=(), lines=1)
    with pytest.raises(Refused) as refused:
        carry_out(Command(command_id="c"), line.engine.switch, house)
    assert refused.value.refusal is Refusal.NOT_CAPABLE


def test_what_rings_cannot_be_made_to_ring_again(line: Line):
    leg = line.world.incoming_call(called="188")
    assert isinstance(line.tell(Ring, leg=leg), CommandDone)
    assert line.tell(Ring, leg=leg).refusal is Refusal.WRONG_PHASE


# Recordings and taps


def test_a_recording_says_second_by_second_who_was_heard(line: Line):
    caller, other = line.caller(), line.caller()
    line.tell(StartRecording, leg=caller, recording="rec", key_name="key")
    line.tell(Join, room="room", leg=caller, role=Role.CUSTOMER)
    line.world.advance(1)
    line.tell(Join, room="room", leg=other, role=Role.AGENT)
    line.world.advance(2)
    line.tell(PauseRecording, recording="rec", paused=True)
    line.world.advance(3)
    line.tell(PauseRecording, recording="rec", paused=False)
    line.world.advance(4)
    line.tell(StopRecording, recording="rec")
    ready = line.last(RecordingReady)
    nobody: frozenset[str] = frozenset()
    assert line.world.recorded(ready.file) == [
        (1.0, {caller}, nobody), (2.0, {caller}, {other}), (3.0, nobody, nobody), (4.0, {caller}, {other}),
    ]  # fmt: skip
    assert ready.seconds == 10.0
    line.world.lose_engine()
    line.world.restart_engine()
    assert line.world.recorded(ready.file), "files outlive the engine"
    assert ready.sha256 == hashlib.sha256(line.engine.switch.files[ready.file]).hexdigest()


def test_asking_for_sound_that_is_not_due_is_an_error_not_a_wait(line: Line):
    tap = line.engine.tap(line.caller(), side="said")
    line.world.advance(0.1)
    assert len(next(tap)) == 1_600
    with pytest.raises(RuntimeError, match="advance"):
        next(tap)


def test_every_source_of_a_tap_can_be_told_apart(line: Line):
    legs = [line.caller() for _ in range(6)]
    for leg in legs:
        line.tell(Join, room="room", leg=leg, role=Role.CUSTOMER)
    taps = [line.engine.tap(leg, side="heard") for leg in legs]
    line.world.advance(0.1)
    for leg, tap in zip(legs, taps, strict=True):
        assert line.world.sources(next(tap)) == set(legs) - {leg}


def test_tones_are_given_anew_when_all_are_given():
    tones = Tones()
    names = [f"leg-{n}" for n in range(400)]
    given = {name: tones.hz(name) for name in names}
    assert {300 <= hz <= 3_400 for hz in given.values()} == {True}
    newest = names[-200:]
    assert len({given[name] for name in newest}) == 200
    assert tones.sources(tones.sound(newest[:3])) == set(newest[:3])


# The engine itself


def test_an_engine_that_cannot_be_reached_goes_on_meanwhile(line: Line):
    leg = line.caller()
    seq = line.engine.snapshot().seq
    line.world.cut_off()
    for ask in (line.engine.snapshot, lambda: line.engine.send(Hangup(command_id="lost", leg=leg))):
        with pytest.raises(EngineUnreachable):
            ask()
    line.world.press(leg, "1")
    line.world.cut_off(False)
    missed = line.engine.signals(boot=line.engine.snapshot().boot, after=seq, timeout_s=0)
    assert [type(one) for one in missed] == [DigitPressed]
    assert leg in {one.leg for one in line.engine.snapshot().legs}, "a command told meanwhile is lost"


def test_nobody_can_call_an_engine_that_is_lost(line: Line):
    line.world.lose_engine()
    with pytest.raises(EngineUnreachable):
        line.world.incoming_call(called="188")
    line.world.restart_engine()
    assert line.engine.snapshot().users == ()


def test_what_was_due_in_an_earlier_life_does_not_happen_in_the_next(line: Line):
    leg = line.caller()
    line.tell(Play, leg=leg, play="p", prompts=(Prompt(name="any"),))
    line.world.lose_engine()
    line.world.restart_engine()
    line.world.advance(60)
    assert len(line.all(Signal)) == 1


def test_answers_are_remembered_up_to_a_number():
    journal, answers = Journal(at=BEGINS), Answers(keep=2)
    for command_id in ("a", "b", "c"):
        answers.give(journal, command_id, at=BEGINS, refused=None)
    assert "a" not in answers and "b" in answers and "c" in answers


# Driven by another thread


@pytest.fixture
def threaded() -> Iterator[Line]:
    line = Line(threaded=True)
    yield line
    line.engine.lose()


def test_a_reader_waits_for_what_another_thread_brings_about(threaded: Line):
    seq = threaded.engine.snapshot().seq
    threading.Timer(0.05, lambda: threaded.world.trunk("other", up=True)).start()
    came = threaded.engine.signals(boot="", after=seq, timeout_s=5)
    assert [type(one) for one in came] == [TrunkChanged]


def test_a_reader_waits_no_longer_than_it_said(threaded: Line):
    began = monotonic()
    assert threaded.engine.signals(boot="", after=threaded.engine.snapshot().seq, timeout_s=0.05) == ()
    assert 0.04 <= monotonic() - began < 2


def test_a_lost_engine_keeps_no_reader_waiting(threaded: Line):
    leg = threaded.caller()
    seq, tap = threaded.engine.snapshot().seq, threaded.engine.tap(leg, side="said")
    threading.Timer(0.05, threaded.world.lose_engine).start()
    began = monotonic()
    assert threaded.engine.signals(boot="", after=seq, timeout_s=30) == ()
    assert list(tap) == []
    assert monotonic() - began < 10


def test_a_reader_of_a_tap_waits_for_the_clock(threaded: Line):
    tap = threaded.engine.tap(threaded.caller(), side="said")
    threading.Timer(0.05, lambda: threaded.world.advance(0.1)).start()
    assert len(next(tap)) == 1_600
