"""Bridges, snoops and prompts on an Asterisk, beside the contract."""

from __future__ import annotations

from pathlib import Path

from caasis.telephony.adapters.asterisk import AsteriskEngine
from caasis.telephony.commands import (
    EVERYBODY,
    NOBODY,
    Answer,
    Hangup,
    Join,
    Play,
    Prompt,
    SetAudibility,
    StartRecording,
)
from caasis.telephony.signals import (
    LegChanged,
    PlayEnded,
    RecordingReady,
    Signal,
)
from caasis.telephony.vocabulary import LegPhase, PlayEnd, Refusal, Role
from tests.rooms.telephony.asterisk.model import Channel
from tests.rooms.telephony.asterisk.scene import ours, reached, setup, soon
from tests.rooms.telephony.asterisk.server import Server
from tests.rooms.telephony.contract.asterisk_world import AsteriskWorld
from tests.rooms.telephony.contract.talk import Talk
from tests.rooms.telephony.contract.world import ALLOWED, LONG, MUSIC, SHORT


def supervised(talk: Talk) -> tuple[str, str, str]:
    caller, agent, supervisor = talk.caller(), talk.agent("1001"), talk.agent("1002")
    for leg, role, heard_by in (
        (caller, Role.CUSTOMER, EVERYBODY), (agent, Role.AGENT, EVERYBODY), (supervisor, Role.SUPERVISOR, NOBODY),
    ):  # fmt: skip
        talk.done(Join, room="room", leg=leg, role=role, heard_by=heard_by)
    talk.hears(supervisor, caller, agent)
    return caller, agent, supervisor


def test_nothing_is_left_when_everybody_has_gone(talk: Talk, world: AsteriskWorld):
    caller, agent, supervisor = supervised(talk)
    assert ours(world) == (2, 2)
    talk.done(SetAudibility, room="room", leg=supervisor, hears=EVERYBODY, heard_by=frozenset({Role.AGENT}))
    talk.hears(agent, caller, supervisor)
    assert ours(world) == (4, 3)
    talk.done(StartRecording, leg=caller, recording="r", key_name="key")
    talk.done(Play, leg=agent, play="p", prompts=(Prompt(name=LONG),), over=True)
    tap = talk.port.tap(caller, side="said")
    talk.hears(agent, caller, supervisor, f"prompt:{LONG}")
    for leg in (caller, agent, supervisor):
        talk.done(Hangup, leg=leg)
        talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED)
    talk.until(RecordingReady, recording="r")
    list(tap)
    soon(lambda: not world.asterisk.channels and not world.asterisk.bridges and not world.asterisk.stored)


def test_the_talk_of_two_goes_on_untouched_while_a_supervisor_comes_and_goes(talk: Talk, world: AsteriskWorld):
    caller, agent, supervisor = supervised(talk)
    bridge = world.channel(caller).bridge
    for heard_by in (frozenset({Role.AGENT}), EVERYBODY, NOBODY):
        talk.done(SetAudibility, room="room", leg=supervisor, hears=EVERYBODY, heard_by=heard_by)
        talk.hears(supervisor, caller, agent)
        assert world.channel(caller).bridge is bridge and world.channel(agent).bridge is bridge


def test_an_audibility_that_takes_too_many_snoops_is_refused_before_anything_is_done(server: Server, tmp_path: Path):
    engine = AsteriskEngine(setup(server, tmp_path, snoops_in_a_room=2))
    soon(lambda: reached(engine))
    for n in range(3):
        server.asterisk.call_in(Channel(f"17.{n}", f"PJSIP/trunk-{n}", "Ring", number=ALLOWED), [])
    soon(lambda: len(engine.snapshot().legs) == 3)
    first, second, third = (one.leg for one in engine.snapshot().legs)
    for leg in (first, second, third):
        engine.send(Answer(command_id=f"answer-{leg}", leg=leg))
    engine.send(Join(command_id="j1", room="room", leg=first, role=Role.CUSTOMER))
    engine.send(Join(command_id="j2", room="room", leg=second, role=Role.AGENT))
    engine.send(Join(command_id="j3", room="room", leg=third, role=Role.SUPERVISOR, heard_by=NOBODY))
    whisper = SetAudibility(command_id="c", room="room", leg=third, hears=EVERYBODY, heard_by=frozenset({Role.AGENT}))
    engine.send(whisper)

    def refused() -> list[Signal]:
        return [one for one in engine.signals(boot="", after=0, timeout_s=0) if hasattr(one, "refusal")]

    soon(lambda: bool(refused()))
    assert [(one.command_id, one.refusal) for one in refused()] == [("c", Refusal.NOT_CAPABLE)]  # type: ignore[attr-defined]
    assert engine.snapshot().legs[2].heard_by == NOBODY
    engine.close()


def test_a_bridge_that_could_not_be_made_is_tried_again(talk: Talk, world: AsteriskWorld):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    make = world.asterisk.do_post_bridges
    failed = []

    def fail_once(**asked: object) -> object:
        if not failed:
            failed.append(asked)
            # Not in the interface, but what any web server may answer.
            raise RuntimeError("no memory")
        return make(**asked)

    world.asterisk.do_post_bridges = fail_once
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent)
    talk.hears(agent, caller)
    assert failed


def test_a_prompt_over_silence_goes_on_over_the_talk_when_somebody_comes(talk: Talk, world: AsteriskWorld):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Play, leg=caller, play="p", prompts=(Prompt(name=MUSIC),), loop=True, over=True)
    talk.hears(caller, f"prompt:{MUSIC}")
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent, f"prompt:{MUSIC}")
    talk.hears(agent, caller)
    world.peer_hangs_up(agent)
    talk.hears(caller, f"prompt:{MUSIC}")
    assert not talk.all(PlayEnded)


def test_a_prompt_that_asterisk_cannot_play_ends_with_an_error(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(Play, leg=leg, play="first", prompts=(Prompt(name=SHORT),))
    del world.asterisk.sounds[f"caasis/{LONG}"]
    talk.done(Play, leg=leg, play="second", prompts=(Prompt(name=LONG),))
    assert talk.until(PlayEnded, play="second").reason is PlayEnd.ERROR


def test_a_prompt_that_came_later_is_known(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    order = Play(command_id="c1", leg=leg, play="p", prompts=(Prompt(name="new"),))
    assert talk.refused(order) is Refusal.BAD_PROMPT
    world.asterisk.sounds["caasis/new"] = 0.2
    talk.done(Play, leg=leg, play="p", prompts=(Prompt(name="new"), Prompt(name=SHORT, offset_ms=200)))
    assert talk.until(PlayEnded, play="p").reason is PlayEnd.FINISHED
