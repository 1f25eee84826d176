"""Rooms, and who hears whom."""

from __future__ import annotations

import pytest

from caasis.telephony.commands import (
    EVERYBODY,
    NOBODY,
    Hangup,
    Join,
    Leave,
    Originate,
    Play,
    Prompt,
    SetAudibility,
    StopPlay,
)
from caasis.telephony.signals import LegChanged
from caasis.telephony.vocabulary import LegPhase, Role
from tests.rooms.telephony.contract.talk import Talk, sip_user
from tests.rooms.telephony.contract.world import MUSIC, World

CUSTOMER, AGENT, SUPERVISOR, THIRD = Role.CUSTOMER, Role.AGENT, Role.SUPERVISOR, Role.THIRD_PARTY


def rooms(talk: Talk) -> dict[str, str]:
    return {one.leg: one.room for one in talk.port.snapshot().legs}


def test_two_in_a_room_hear_each_other_and_nobody_else_does(talk: Talk):
    caller, agent, other = talk.caller(), talk.agent("1001"), talk.agent("1002")
    talk.done(Join, room="room", leg=caller, role=CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=AGENT)
    talk.done(Join, room="elsewhere", leg=other, role=AGENT)
    talk.hears(caller, agent)
    talk.hears(agent, caller)
    talk.hears(other)


def test_a_leg_in_no_room_hears_nobody(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.hears(caller)
    talk.hears(agent)


def test_who_leaves_lives_on_and_hears_nobody(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=AGENT)
    talk.hears(caller, agent)
    talk.done(Leave, room="room", leg=agent)
    talk.hears(caller)
    talk.hears(agent)
    assert rooms(talk) == {caller: "room", agent: ""}


def test_joining_another_room_leaves_the_first(talk: Talk):
    caller, agent, other = talk.caller(), talk.agent("1001"), talk.agent("1002")
    talk.done(Join, room="first", leg=caller, role=CUSTOMER)
    talk.done(Join, room="second", leg=other, role=AGENT)
    talk.done(Join, room="first", leg=agent, role=AGENT)
    talk.hears(agent, caller)
    talk.done(Join, room="second", leg=agent, role=AGENT)
    talk.hears(caller)
    talk.hears(agent, other)
    assert rooms(talk) == {caller: "first", agent: "second", other: "second"}


def test_joining_the_same_room_again_changes_role_and_audibility(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=CUSTOMER, hears=frozenset({SUPERVISOR}))
    talk.done(Join, room="room", leg=agent, role=AGENT)
    talk.hears(agent, caller)
    talk.hears(caller)
    talk.done(Join, room="room", leg=agent, role=SUPERVISOR)
    talk.hears(caller, agent)
    assert rooms(talk) == {caller: "room", agent: "room"}


def test_a_leg_that_ends_is_out_of_its_room(talk: Talk, world: World):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=AGENT)
    talk.hears(agent, caller)
    world.peer_hangs_up(caller)
    talk.until(LegChanged, leg=caller, phase=LegPhase.ENDED)
    talk.hears(agent)
    assert rooms(talk) == {agent: "room"}


def test_who_joins_before_the_answer_is_heard_from_the_answer_on(talk: Talk, world: World):
    caller = talk.caller()
    talk.done(Join, room="room", leg=caller, role=CUSTOMER)
    world.register("1001")
    talk.done(Originate, leg="agent", call="call", to=sip_user("1001"))
    talk.done(Join, room="room", leg="agent", role=AGENT)
    talk.hears(caller)
    world.peer_answers("1001")
    talk.until(LegChanged, leg="agent", phase=LegPhase.ANSWERED)
    talk.hears(caller, "agent")
    talk.hears("agent", caller)


@pytest.mark.parametrize("listener", list(Role))
def test_a_hears_b_when_each_has_the_other_among_its_own(talk: Talk, listener: Role):
    """For every pair of roles, in all four cases, and the other direction stays as it is."""
    caller, agent = talk.caller(), talk.agent()
    for speaker in Role:
        room = f"room-{speaker}"
        talk.done(Join, room=room, leg=caller, role=speaker)
        talk.done(Join, room=room, leg=agent, role=listener)
        for hears in (EVERYBODY - {speaker}, frozenset({speaker})):
            for heard_by in (EVERYBODY - {listener}, frozenset({listener})):
                talk.done(SetAudibility, room=room, leg=agent, hears=hears, heard_by=EVERYBODY)
                talk.done(SetAudibility, room=room, leg=caller, hears=EVERYBODY, heard_by=heard_by)
                talk.hears(agent, *([caller] if speaker in hears and listener in heard_by else []))
                talk.hears(caller, agent)


def test_three_of_one_role_hear_each_other(talk: Talk):
    legs = [talk.agent(user) for user in ("1001", "1002", "1003")]
    for leg in legs:
        talk.done(Join, room="room", leg=leg, role=AGENT)
    for leg in legs:
        talk.hears(leg, *(one for one in legs if one != leg))


class Scene:
    """A caller and an agent who talk, and two more phones that are not yet in the room."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.caller, self.agent = talk.caller(), talk.agent("1001")
        self.second = ""
        self.join(self.caller, CUSTOMER)
        self.join(self.agent, AGENT)
        self.hear(self.agent, self.caller)

    def join(self, leg: str, role: Role, **audibility: frozenset[Role]) -> None:
        self.talk.done(Join, room="room", leg=leg, role=role, **audibility)

    def set(self, leg: str, *, hears: frozenset[Role], heard_by: frozenset[Role]) -> None:
        self.talk.done(SetAudibility, room="room", leg=leg, hears=hears, heard_by=heard_by)

    def hear(self, caller: str | set[str], agent: str | set[str], second: str | set[str] | None = None) -> None:
        """What the three of them hear."""
        for leg, sources in ((self.caller, caller), (self.agent, agent), (self.second, second)):
            if sources is not None:
                self.talk.hears(leg, *({sources} if isinstance(sources, str) else sources))


@pytest.fixture
def scene(talk: Talk) -> Scene:
    return Scene(talk)


def test_hold(talk: Talk, scene: Scene):
    scene.set(scene.caller, hears=NOBODY, heard_by=NOBODY)
    talk.done(Play, leg=scene.caller, play="music", prompts=(Prompt(name=MUSIC),), loop=True)
    scene.hear({f"prompt:{MUSIC}"}, set())
    talk.done(StopPlay, play="music")
    scene.set(scene.caller, hears=EVERYBODY, heard_by=EVERYBODY)
    scene.hear(scene.agent, scene.caller)


def test_mute(scene: Scene):
    scene.set(scene.agent, hears=EVERYBODY, heard_by=NOBODY)
    scene.hear(set(), scene.caller)
    scene.set(scene.agent, hears=EVERYBODY, heard_by=EVERYBODY)
    scene.hear(scene.agent, scene.caller)


def test_consult_transfer(talk: Talk, scene: Scene):
    scene.set(scene.caller, hears=NOBODY, heard_by=NOBODY)
    talk.done(Play, leg=scene.caller, play="music", prompts=(Prompt(name=MUSIC),), loop=True)
    scene.second = talk.agent("1002")
    scene.join(scene.second, AGENT)
    scene.hear({f"prompt:{MUSIC}"}, scene.second, scene.agent)
    talk.done(StopPlay, play="music")
    talk.done(Leave, room="room", leg=scene.agent)
    scene.set(scene.caller, hears=EVERYBODY, heard_by=EVERYBODY)
    scene.hear(scene.second, set(), scene.caller)
    talk.done(Hangup, leg=scene.agent)
    talk.until(LegChanged, leg=scene.agent, phase=LegPhase.ENDED)
    talk.hears(scene.caller, scene.second)


def test_conference(talk: Talk, scene: Scene):
    scene.second = talk.agent("1002")
    scene.join(scene.second, THIRD)
    scene.hear({scene.agent, scene.second}, {scene.caller, scene.second}, {scene.caller, scene.agent})


def test_monitor_whisper_barge(talk: Talk, scene: Scene):
    scene.second = talk.agent("1002")
    # Monitor: the supervisor hears both, nobody hears the supervisor.
    scene.join(scene.second, SUPERVISOR, hears=EVERYBODY, heard_by=NOBODY)
    scene.hear(scene.agent, scene.caller, {scene.caller, scene.agent})
    # Whisper: only the agent does.
    scene.set(scene.second, hears=EVERYBODY, heard_by=frozenset({AGENT}))
    scene.hear(scene.agent, {scene.caller, scene.second}, {scene.caller, scene.agent})
    # Barge: everybody does.
    scene.set(scene.second, hears=EVERYBODY, heard_by=EVERYBODY)
    scene.hear({scene.agent, scene.second}, {scene.caller, scene.second}, {scene.caller, scene.agent})
    # And back.
    scene.set(scene.second, hears=EVERYBODY, heard_by=NOBODY)
    scene.hear(scene.agent, scene.caller, {scene.caller, scene.agent})
    talk.done(Leave, room="room", leg=scene.second)
    scene.hear(scene.agent, scene.caller, set())


def test_a_bot_hears_the_caller_only(talk: Talk, scene: Scene):
    scene.second = talk.agent("1002")
    scene.join(scene.second, Role.BOT, hears=frozenset({CUSTOMER}), heard_by=NOBODY)
    scene.hear(scene.agent, scene.caller, scene.caller)


def test_two_supervisors_who_monitor_do_not_hear_each_other(talk: Talk, scene: Scene):
    first, second = talk.agent("1002"), talk.agent("1003")
    for leg in (first, second):
        scene.join(leg, SUPERVISOR, hears=frozenset({CUSTOMER, AGENT}), heard_by=NOBODY)
    talk.hears(first, scene.caller, scene.agent)
    talk.hears(second, scene.caller, scene.agent)
    scene.hear(scene.agent, scene.caller)
