"""What can't be done is refused with its reason, and a refused command changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from caasis.telephony.commands import (
    NOBODY,
    AcceptBrowser,
    Answer,
    Command,
    Hangup,
    Join,
    Leave,
    ListenForTones,
    Originate,
    PauseRecording,
    Play,
    Prompt,
    Reject,
    Ring,
    SendDigits,
    SetAudibility,
    StartRecording,
    StopPlay,
    StopRecording,
    TransferAtCarrier,
)
from caasis.telephony.signals import CommandRefused, LegChanged, MediaQuality
from caasis.telephony.vocabulary import Capability, LegPhase, Refusal, Role
from tests.rooms.telephony.contract.talk import Talk, number, sip_user
from tests.rooms.telephony.contract.world import ALLOWED, FORBIDDEN, LONG, SHORT, World


def refused_without_a_trace(talk: Talk, command: Command) -> Refusal:
    """Why the command is refused, having seen that nothing else came of it."""
    before, heard = talk.state(), {one.leg: talk.world.hears(one.leg) for one in talk.port.snapshot().legs}
    talk.read()
    told = len(talk.told)
    refusal = talk.refused(command)
    talk.world.pass_time(0.3)
    talk.read()
    # What the line itself tells every five seconds is no trace of a command.
    more = [one for one in talk.told[told:] if not isinstance(one, MediaQuality)]
    assert [type(one) for one in more] == [CommandRefused], more
    assert talk.state() == before
    assert {leg: talk.world.hears(leg) for leg in heard} == heard
    return refusal


LEG_COMMANDS: list[Callable[[str], Command]] = [
    lambda leg: Ring(command_id="c", leg=leg),
    lambda leg: Answer(command_id="c", leg=leg),
    lambda leg: Reject(command_id="c", leg=leg),
    lambda leg: Hangup(command_id="c", leg=leg),
    lambda leg: Play(command_id="c", leg=leg, play="p", prompts=(Prompt(name=SHORT),)),
    lambda leg: SendDigits(command_id="c", leg=leg, digits="1"),
    lambda leg: Join(command_id="c", room="r", leg=leg, role=Role.CUSTOMER),
    lambda leg: StartRecording(command_id="c", leg=leg, recording="rec", key_name="key"),
]


@pytest.mark.parametrize("command", LEG_COMMANDS, ids=lambda make: type(make("x")).__name__)
def test_unknown_leg(talk: Talk, command: Callable[[str], Command]):
    talk.caller()
    assert refused_without_a_trace(talk, command("nobody")) is Refusal.UNKNOWN_LEG


@pytest.mark.parametrize("command", LEG_COMMANDS, ids=lambda make: type(make("x")).__name__)
def test_a_leg_that_is_over_is_unknown(talk: Talk, command: Callable[[str], Command]):
    leg = talk.caller()
    talk.done(Hangup, leg=leg)
    talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED)
    assert refused_without_a_trace(talk, command(leg)) is Refusal.UNKNOWN_LEG


def test_unknown_room(talk: Talk):
    leg = talk.caller()
    change = SetAudibility(command_id="c1", room="nowhere", leg=leg, hears=NOBODY, heard_by=NOBODY)
    assert refused_without_a_trace(talk, change) is Refusal.UNKNOWN_ROOM
    assert refused_without_a_trace(talk, Leave(command_id="c2", room="nowhere", leg=leg)) is Refusal.UNKNOWN_ROOM


def test_a_room_is_gone_with_its_last_leg(talk: Talk):
    leg = talk.caller()
    talk.done(Join, room="room", leg=leg, role=Role.CUSTOMER)
    talk.done(Leave, room="room", leg=leg)
    assert refused_without_a_trace(talk, Leave(command_id="c", room="room", leg=leg)) is Refusal.UNKNOWN_ROOM


def test_a_leg_of_another_room_cannot_be_changed_here(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="other", leg=agent, role=Role.AGENT)
    change = SetAudibility(command_id="c1", room="room", leg=agent, hears=NOBODY, heard_by=NOBODY)
    assert refused_without_a_trace(talk, change) is Refusal.UNKNOWN_LEG
    assert refused_without_a_trace(talk, Leave(command_id="c2", room="room", leg=agent)) is Refusal.UNKNOWN_LEG


def test_unknown_play(talk: Talk):
    leg = talk.caller()
    talk.done(Play, leg=leg, play="music", prompts=(Prompt(name=LONG),), loop=True)
    talk.hears(leg, f"prompt:{LONG}")
    assert refused_without_a_trace(talk, StopPlay(command_id="c", play="other")) is Refusal.UNKNOWN_PLAY


def test_unknown_recording(talk: Talk):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="one", key_name="key")
    pause = PauseRecording(command_id="c1", recording="other", paused=True)
    assert refused_without_a_trace(talk, pause) is Refusal.UNKNOWN_RECORDING
    assert refused_without_a_trace(talk, StopRecording(command_id="c2", recording="other")) is Refusal.UNKNOWN_RECORDING


def test_wrong_phase_of_a_leg_that_is_answered(talk: Talk):
    leg = talk.caller()
    for n, kind in enumerate((Ring, Answer, Reject)):
        assert refused_without_a_trace(talk, kind(command_id=f"c{n}", leg=leg)) is Refusal.WRONG_PHASE


def test_wrong_phase_of_a_leg_that_was_called(talk: Talk):
    leg = talk.dial("1001")
    talk.until(LegChanged, leg=leg)
    for n, kind in enumerate((Ring, Answer, Reject)):
        assert refused_without_a_trace(talk, kind(command_id=f"c{n}", leg=leg)) is Refusal.WRONG_PHASE


def test_wrong_phase_of_a_leg_that_is_not_answered(talk: Talk, world: World):
    leg = world.incoming_call()
    for n, command in enumerate(
        (
            Play(command_id="c1", leg=leg, play="p", prompts=(Prompt(name=SHORT),)),
            SendDigits(command_id="c2", leg=leg, digits="1"),
            StartRecording(command_id="c3", leg=leg, recording="rec", key_name="key"),
        )
    ):
        assert refused_without_a_trace(talk, command) is Refusal.WRONG_PHASE, n


def test_names_that_are_taken(talk: Talk, world: World):
    leg = talk.caller()
    world.register("1001")
    talk.done(Play, leg=leg, play="music", prompts=(Prompt(name=LONG),), loop=True)
    talk.done(StartRecording, leg=leg, recording="rec", key_name="key")
    talk.hears(leg, f"prompt:{LONG}")
    for command in (
        Originate(command_id="c1", leg=leg, call="call", to=sip_user("1001")),
        Play(command_id="c2", leg=leg, play="music", prompts=(Prompt(name=SHORT),)),
        StartRecording(command_id="c3", leg=leg, recording="rec", key_name="key"),
    ):
        assert refused_without_a_trace(talk, command) is Refusal.WRONG_PHASE, command


def test_not_capable(talk: Talk):
    leg = talk.caller()
    for needs, command in (
        (Capability.WEBRTC, AcceptBrowser(command_id="c1", leg="b", call="c", user="u", offer="v=0")),
        (Capability.INBAND_DTMF, ListenForTones(command_id="c2", leg=leg, on=True)),
        (Capability.TRANSFER_AT_CARRIER, TransferAtCarrier(command_id="c3", leg=leg, target=ALLOWED)),
    ):
        if needs not in talk.port.capabilities:
            assert refused_without_a_trace(talk, command) is Refusal.NOT_CAPABLE, command


def test_not_permitted(talk: Talk):
    talk.caller()
    for n, forbidden in enumerate((FORBIDDEN, "999")):
        order = Originate(command_id=f"c{n}", leg="out", call="call", to=number(forbidden))
        assert refused_without_a_trace(talk, order) is Refusal.NOT_PERMITTED


def test_a_call_may_not_be_handed_over_to_a_number_that_may_not_be_called(talk: Talk):
    if Capability.TRANSFER_AT_CARRIER not in talk.port.capabilities:
        pytest.skip("this engine can't transfer at the carrier")
    leg = talk.caller()
    order = TransferAtCarrier(command_id="c", leg=leg, target=FORBIDDEN)
    assert refused_without_a_trace(talk, order) is Refusal.NOT_PERMITTED


def test_unreachable(talk: Talk, world: World):
    world.register("1001")
    world.unregister("1001")
    for n, user in enumerate(("1001", "nobody")):
        order = Originate(command_id=f"c{n}", leg="out", call="call", to=sip_user(user))
        assert refused_without_a_trace(talk, order) is Refusal.UNREACHABLE


def test_bad_prompt(talk: Talk):
    leg = talk.caller()
    talk.done(Play, leg=leg, play="music", prompts=(Prompt(name=LONG),), loop=True)
    talk.hears(leg, f"prompt:{LONG}")
    order = Play(command_id="c", leg=leg, play="other", prompts=(Prompt(name=SHORT), Prompt(name="missing")))
    assert refused_without_a_trace(talk, order) is Refusal.BAD_PROMPT


@pytest.mark.parametrize("offer", ["", "hello", "v=0\r\n", "v=0\r\nm=video 9 RTP/AVP 96\r\n"])
def test_bad_offer(talk: Talk, offer: str):
    if Capability.WEBRTC not in talk.port.capabilities:
        pytest.skip("this engine takes no browsers")
    order = AcceptBrowser(command_id="c", leg="browser", call="call", user="user", offer=offer)
    assert refused_without_a_trace(talk, order) is Refusal.BAD_OFFER


def test_full(talk: Talk, world: World):
    world.register("1001")
    for n in range(world.lines):
        talk.done(Originate, leg=f"leg-{n}", call=f"call-{n}", to=sip_user("1001"))
    talk.eventually(lambda: len(talk.all(LegChanged, phase=LegPhase.RINGING)) == world.lines)
    order = Originate(command_id="c", leg="one-more", call="call", to=sip_user("1001"))
    assert refused_without_a_trace(talk, order) is Refusal.FULL
    talk.done(Hangup, leg="leg-0")
    talk.until(LegChanged, leg="leg-0", phase=LegPhase.ENDED)
    talk.done(Originate, leg="one-more", call="call", to=sip_user("1001"))
