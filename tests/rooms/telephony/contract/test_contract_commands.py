"""Every command is answered, and one that is told twice is done once."""

from __future__ import annotations

from caasis.telephony.commands import Answer, Hangup, Join, Originate, Play, Prompt, StopPlay
from caasis.telephony.signals import CommandDone, CommandRefused, IncomingCall, LegChanged, PlayEnded
from caasis.telephony.vocabulary import LegPhase, PlayEnd, Refusal, Role
from tests.rooms.telephony.contract.talk import Talk, sip_user
from tests.rooms.telephony.contract.world import SHORT, World


def test_a_call_that_is_ordered_twice_is_made_once(talk: Talk, world: World):
    world.register("1001")
    order = Originate(command_id="order", leg="agent", call="call", to=sip_user("1001"))
    assert isinstance(talk.tell(order), CommandDone)
    assert isinstance(talk.tell(order), CommandDone)
    assert [one.leg for one in talk.port.snapshot().legs] == ["agent"]
    world.peer_answers("1001")
    talk.until(LegChanged, leg="agent", phase=LegPhase.ANSWERED)
    world.pass_time(0.5)
    assert len(talk.all(LegChanged, leg="agent", phase=LegPhase.ANSWERED)) == 1
    assert not talk.all(CommandRefused)


def test_a_prompt_that_is_ordered_twice_is_played_once(talk: Talk, world: World):
    leg = talk.caller()
    order = Play(command_id="order", leg=leg, play="greeting", prompts=(Prompt(name=SHORT),))
    talk.tell(order)
    talk.tell(order)
    talk.until(PlayEnded, play="greeting")
    assert isinstance(talk.tell(order), CommandDone)
    world.pass_time(1.0)
    assert [one.reason for one in talk.all(PlayEnded)] == [PlayEnd.FINISHED]


def test_an_order_repeated_after_its_object_is_gone_is_still_done(talk: Talk):
    leg = talk.caller()
    order = Hangup(command_id="order", leg=leg)
    talk.tell(order)
    talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED)
    assert isinstance(talk.tell(order), CommandDone)
    assert len(talk.all(LegChanged, leg=leg, phase=LegPhase.ENDED)) == 1


def test_a_refused_command_stays_refused_under_its_id(talk: Talk, world: World):
    order = Originate(command_id="order", leg="agent", call="call", to=sip_user("1001"))
    assert talk.refused(order) is Refusal.UNREACHABLE
    world.register("1001")
    assert talk.refused(order) is Refusal.UNREACHABLE
    assert not talk.port.snapshot().legs
    assert isinstance(talk.tell(Originate(command_id="other", leg="agent", call="call", to=order.to)), CommandDone)


def test_commands_are_carried_out_in_the_order_in_which_they_are_told(talk: Talk, world: World):
    leg = world.incoming_call()
    talk.until(IncomingCall, leg=leg)
    talk.port.send(Answer(command_id="first", leg=leg))
    for n in range(10):
        talk.port.send(Join(command_id=f"join-{n}", room=f"room-{n}", leg=leg, role=Role.CUSTOMER))
    talk.port.send(StopPlay(command_id="refused", play="none"))
    talk.until(CommandRefused, command_id="refused")
    answered = [one.command_id for one in talk.told if isinstance(one, CommandDone | CommandRefused)]
    assert answered == ["first", *(f"join-{n}" for n in range(10)), "refused"]
    assert [one.room for one in talk.port.snapshot().legs] == ["room-9"]
