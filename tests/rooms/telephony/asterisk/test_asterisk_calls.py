"""Calls on an Asterisk: what it is told and what it tells, beside the contract."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from caasis.telephony.adapters.asterisk import AsteriskEngine
from caasis.telephony.commands import (
    AcceptBrowser,
    Hangup,
    Join,
    ListenForTones,
    Originate,
    Reject,
    SendDigits,
    StartRecording,
    TransferAtCarrier,
)
from caasis.telephony.signals import (
    CommandDone,
    IncomingCall,
    LegChanged,
    TransferRequested,
    TrunkChanged,
)
from caasis.telephony.vocabulary import EndCause, LegPhase, Presentation, Refusal, Role
from tests.rooms.telephony.asterisk.model import Channel
from tests.rooms.telephony.asterisk.scene import soon
from tests.rooms.telephony.contract.asterisk_world import AsteriskWorld
from tests.rooms.telephony.contract.talk import Talk, number, sip_user
from tests.rooms.telephony.contract.world import ALLOWED, OWN


def test_a_call_from_a_desk_phone_names_its_user(talk: Talk, world: AsteriskWorld):
    channel = Channel("17.9", "PJSIP/1001-00000001", "Ring", number="1001", caller_name="Desk")
    world.asterisk.call_in(channel, ["user=1001", "called=1002", "shown=allowed_not_screened"])
    told = talk.until(IncomingCall, user="1001")
    assert (told.called, told.trunk, told.caller) == ("1002", "", "1001")


def test_a_number_that_comes_although_it_is_withheld_is_not_passed_on(talk: Talk, world: AsteriskWorld):
    leg = world.incoming_call(caller=ALLOWED, presentation=Presentation.ANONYMOUS)
    told = talk.until(IncomingCall, leg=leg)
    assert (told.caller, told.presentation) == ("", Presentation.ANONYMOUS)


def test_who_calls_while_every_line_is_taken_hears_that_it_is_busy(talk: Talk, world: AsteriskWorld):
    for _ in range(world.lines):
        world.incoming_call()
    world.asterisk.call_in(Channel("17.99", "PJSIP/trunk-99", "Ring", number=ALLOWED), ["trunk=trunk"])
    soon(lambda: world.asterisk.hung_up.get("17.99") == "busy")
    assert len(talk.all(IncomingCall)) == world.lines


@pytest.mark.parametrize(
    ("cause", "reason"),
    [(EndCause.BUSY, "busy"), (EndCause.REJECTED, "rejected"), (EndCause.NO_ANSWER, "no_answer")],
)
def test_a_caller_is_told_why_they_are_rejected(talk: Talk, world: AsteriskWorld, cause: EndCause, reason: str):
    leg = world.incoming_call()
    channel = world.channel(leg).id
    talk.done(Reject, leg=leg, cause=cause)
    assert world.asterisk.hung_up[channel] == reason
    assert talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED).cause is cause


def test_a_number_is_dialled_by_the_trunk_with_the_number_shown(talk: Talk, world: AsteriskWorld):
    talk.done(Originate, leg="out", call="c", to=number(ALLOWED), caller=OWN, headers={"X-Case": "7"})
    channel = world.asterisk.channels["leg-out"]
    assert (channel.number, channel.resource, channel.caller_id) == ("0312345678", "trunk", "0398765432")
    assert channel.variables == {"PJSIP_HEADER(add,X-Case)": "7"}


def test_a_desk_phone_leaves_its_transfer_key_to_us_and_answers_by_itself_if_told_to(talk: Talk, world: AsteriskWorld):
    talk.dial("1001")
    world.register("1002")
    talk.done(Originate, leg="self", call="c", to=sip_user("1002"), auto_answer=True)
    variables = {one.resource: one.variables for one in world.asterisk.channels.values()}
    assert variables["1001"] == {"PJSIP_TRANSFER_HANDLING()": "ari-only"}
    assert {"PJSIP_HEADER(add,Call-Info)", "PJSIP_HEADER(add,Alert-Info)"} < variables["1002"].keys()


def test_a_trunk_that_is_down_reaches_nobody(talk: Talk, world: AsteriskWorld):
    assert talk.port.snapshot().trunks == ("trunk",)
    world.asterisk.endpoint_is("trunk", "offline")
    assert not talk.until(TrunkChanged, trunk="trunk", up=False).up
    order = Originate(command_id="c", leg="out", call="c", to=number(ALLOWED))
    assert talk.refused(order) is Refusal.UNREACHABLE
    assert talk.port.snapshot().trunks == ()


def test_a_phone_that_asterisk_cannot_reach_after_all(talk: Talk, world: AsteriskWorld):
    world.register("1001")
    world.asterisk.endpoints["1001"] = "offline"
    assert talk.refused(Originate(command_id="c", leg="a", call="c", to=sip_user("1001"))) is Refusal.UNREACHABLE
    assert not talk.port.snapshot().legs


@pytest.mark.parametrize(
    ("cause", "why"),
    [(16, EndCause.REJECTED), (19, EndCause.NO_ANSWER), (18, EndCause.NO_ANSWER), (34, EndCause.FAILED)],
)
def test_why_a_call_that_we_made_came_to_nothing(talk: Talk, world: AsteriskWorld, cause: int, why: EndCause):
    leg = talk.dial("1001")
    talk.until(LegChanged, leg=leg, phase=LegPhase.RINGING)
    world.asterisk.hang_up(world.channel(leg), cause)
    end = talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED)
    assert (end.cause, end.by_peer) == (why, True)


def test_a_leg_from_which_nothing_comes_is_ended_by_asterisk(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    world.asterisk.hang_up(world.channel(leg), 44)
    end = talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED)
    assert (end.cause, end.by_peer) == (EndCause.MEDIA_TIMEOUT, False)


def test_a_call_is_handed_over_to_the_carrier(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    channel = world.channel(leg)
    talk.done(TransferAtCarrier, leg=leg, target=ALLOWED)
    assert world.asterisk.redirected[channel.id] == "PJSIP/sip:0312345678@carrier.example"
    world.asterisk.hang_up(channel)
    assert talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED).cause is EndCause.TRANSFERRED


def test_a_desk_phone_asks_to_transfer(talk: Talk, world: AsteriskWorld):
    leg = talk.agent()
    world.asterisk.tell(
        "ChannelTransfer",
        refer_to={"requested_destination": {"destination": "sip:1002@pbx.example;user=phone"}},
        referred_by={"source_channel": world.channel(leg).told()},
    )
    assert talk.until(TransferRequested, leg=leg).target == "1002"


def test_what_this_engine_cannot_do_is_refused(talk: Talk):
    leg = talk.caller()
    for n, command in enumerate(
        (
            AcceptBrowser(command_id="c0", leg="b", call="c", user="u", offer="v=0"),
            ListenForTones(command_id="c1", leg=leg, on=True),
        )
    ):
        assert talk.refused(command) is Refusal.NOT_CAPABLE, n


def test_a_channel_that_is_gone_before_we_know_it(talk: Talk, world: AsteriskWorld):
    """Asterisk's word that a channel is gone comes after our order: then there is no such leg."""
    leg = talk.caller()
    with world.asterisk.lock:
        world.asterisk.channels.pop(world.channel(leg).id)
    for command in (
        SendDigits(command_id="c1", leg=leg, digits="1"),
        StartRecording(command_id="c2", leg=leg, recording="r", key_name="key"),
    ):
        assert talk.refused(command) is Refusal.UNKNOWN_LEG
    assert isinstance(talk.tell(Join(command_id="c3", room="r", leg=leg, role=Role.CUSTOMER)), CommandDone)
    assert isinstance(talk.tell(Hangup(command_id="c4", leg=leg)), CommandDone)
    assert talk.until(LegChanged, leg=leg, phase=LegPhase.ENDED).cause is EndCause.NORMAL


def test_an_order_that_is_not_answered_ends_no_call(talk: Talk, world: AsteriskWorld):
    caller, agent = talk.caller(), talk.agent()

    def too_late(**_: object) -> None:
        time.sleep(0.3)
        raise RuntimeError("too late")

    world.asterisk.do_post_channels_dtmf = too_late
    world.asterisk.do_delete_channels, delete = too_late, world.asterisk.do_delete_channels
    with impatient(talk):
        assert talk.refused(SendDigits(command_id="c1", leg=caller, digits="1")) is Refusal.UNREACHABLE
        assert isinstance(talk.tell(Hangup(command_id="c2", leg=agent)), CommandDone)
        # Not before Asterisk has given up on both orders.
        time.sleep(0.7)
        world.asterisk.do_delete_channels = delete
        assert talk.until(LegChanged, leg=agent, phase=LegPhase.ENDED).cause is EndCause.NORMAL
    assert {one.leg for one in talk.port.snapshot().legs} == {caller}


def test_a_kept_connection_that_asterisk_hangs_up_is_made_anew(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    world.server.hangs_up_on = 1
    talk.done(SendDigits, leg=leg, digits="7")
    assert world.keys_told(leg) == "7" and not world.server.hangs_up_on
    world.server.hangs_up_on = 2
    assert talk.refused(SendDigits(command_id="c", leg=leg, digits="8")) is Refusal.UNREACHABLE
    assert leg in {one.leg for one in talk.port.snapshot().legs}


def test_a_command_on_which_the_adapter_breaks_is_answered(talk: Talk, monkeypatch: pytest.MonkeyPatch):
    leg = talk.caller()
    monkeypatch.setattr("caasis.telephony.adapters.asterisk.rooms.wire", lambda hearing: 1 / 0)
    assert talk.refused(Join(command_id="c", room="room", leg=leg, role=Role.CUSTOMER)) is Refusal.NOT_CAPABLE
    assert leg in {one.leg for one in talk.port.snapshot().legs}


def test_a_call_of_whose_making_we_got_no_answer(talk: Talk, world: AsteriskWorld):
    make = world.asterisk.do_post_channels
    world.register("1001")

    def late(**asked: object) -> object:
        made = make(**asked)
        time.sleep(0.3)
        return made

    world.asterisk.do_post_channels = late
    with impatient(talk):
        talk.done(Originate, leg="agent", call="c", to=sip_user("1001"))
    world.peer_answers("1001")
    talk.until(LegChanged, leg="agent", phase=LegPhase.ANSWERED)


@contextmanager
def impatient(talk: Talk) -> Iterator[None]:
    """Meanwhile the adapter waits 0.1 s for an answer."""
    assert isinstance(talk.port, AsteriskEngine)
    http = talk.port._ari._http
    patience, http.timeout = http.timeout, 0.1
    yield
    http.timeout = patience
