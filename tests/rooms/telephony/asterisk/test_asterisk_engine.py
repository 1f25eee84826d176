"""How an Asterisk is reached, taken over and lost, and what comes that nobody asked for."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from caasis.telephony.adapters.asterisk import AsteriskEngine
from caasis.telephony.commands import (
    Answer,
    Hangup,
    Originate,
    StartRecording,
    TransferAtCarrier,
)
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.signals import (
    IncomingCall,
    LegChanged,
    Signal,
)
from caasis.telephony.vocabulary import Capability, Refusal
from tests.rooms.telephony.asterisk.model import Channel
from tests.rooms.telephony.asterisk.scene import reached, setup, soon
from tests.rooms.telephony.asterisk.server import Server
from tests.rooms.telephony.contract.asterisk_world import AsteriskWorld
from tests.rooms.telephony.contract.talk import Talk, number
from tests.rooms.telephony.contract.world import ALLOWED, OWN


def test_an_asterisk_that_is_not_there_or_lets_nobody_in_is_unreachable(server: Server, tmp_path: Path):
    for wrong in (
        setup(server, tmp_path, password="wrong"),
        setup(server, tmp_path, app="another"),
        setup(server, tmp_path, url="http://127.0.0.1:9/ari"),
    ):
        engine = AsteriskEngine(wrong)
        time.sleep(0.2)
        assert not reached(engine)
        with pytest.raises(EngineUnreachable):
            engine.send(Hangup(command_id="c", leg="l"))
        engine.close()


def test_it_is_tried_again_until_it_is_there(server: Server, tmp_path: Path):
    server.kill()
    engine = AsteriskEngine(setup(server, tmp_path))
    time.sleep(0.2)
    assert not reached(engine)
    server.start()
    soon(lambda: reached(engine))
    engine.close()


def test_what_an_earlier_life_has_left_behind_is_ended(server: Server, tmp_path: Path):
    engine = AsteriskEngine(setup(server, tmp_path))
    soon(lambda: reached(engine))
    server.asterisk.call_in(Channel("17.1", "PJSIP/trunk-1", "Ring", number="0312345678"), ["trunk=trunk"])
    soon(lambda: len(engine.snapshot().legs) == 1)
    engine.close()
    assert server.asterisk.channels, "calls go on when the port is closed"
    again = AsteriskEngine(setup(server, tmp_path))
    soon(lambda: reached(again) and not server.asterisk.channels)
    assert not again.snapshot().legs
    assert not [
        one for one in again.signals(boot="", after=0, timeout_s=0) if isinstance(one, IncomingCall | LegChanged)
    ]
    again.close()


def test_two_at_one_application_the_newer_wins(server: Server, tmp_path: Path):
    first = AsteriskEngine(setup(server, tmp_path))
    soon(lambda: reached(first))
    second = AsteriskEngine(setup(server, tmp_path))
    soon(lambda: not reached(first))
    for one in (first, second):
        one.close()


def test_without_a_seal_nothing_is_recorded(server: Server, tmp_path: Path):
    engine = AsteriskEngine(setup(server, tmp_path))
    soon(lambda: reached(engine))
    assert engine.capabilities == {Capability.SIP, Capability.WHISPER, Capability.TAP}
    server.asterisk.call_in(Channel("17.1", "PJSIP/trunk-1", "Ring", number="0312345678"), [])
    soon(lambda: len(engine.snapshot().legs) == 1)
    leg = engine.snapshot().legs[0].leg
    engine.send(Answer(command_id="answer", leg=leg))
    engine.send(StartRecording(command_id="record", leg=leg, recording="r", key_name="key"))
    engine.send(TransferAtCarrier(command_id="transfer", leg=leg, target=ALLOWED))
    soon(lambda: len([one for one in engine.signals(boot="", after=0, timeout_s=0) if hasattr(one, "refusal")]) == 2)
    refused = [one.refusal for one in engine.signals(boot="", after=0, timeout_s=0) if hasattr(one, "refusal")]
    assert refused == [Refusal.NOT_CAPABLE, Refusal.NOT_CAPABLE]
    engine.close()


def test_no_number_is_written_to_the_log(talk: Talk, world: AsteriskWorld, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        talk.caller()
        talk.done(Originate, leg="out", call="c", to=number(ALLOWED), caller=OWN)
    for digits in (ALLOWED[3:], OWN[3:]):
        assert digits not in caplog.text


def test_events_that_are_not_known_or_not_as_they_should_be_end_no_call(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    for event in (
        {"type": "SomethingNew"},
        {"type": "StasisStart", "args": [], "channel": {"id": "ours-unknown"}},
        {"type": "StasisStart"},
        {"type": "PlaybackFinished", "playback": {"id": "unknown", "state": "done"}},
        {"type": "RecordingFinished", "recording": {"name": "unknown"}},
        {"type": "ChannelDestroyed", "cause": 16, "channel": {"id": "unknown"}},
        {"type": "EndpointStateChange", "endpoint": {"technology": "IAX2", "resource": "x", "state": "online"}},
    ):
        world.asterisk.listener(event)
    world.press(leg, "7")
    talk.eventually(lambda: any(getattr(one, "digit", "") == "7" for one in talk.all(Signal)))
    assert leg in {one.leg for one in talk.port.snapshot().legs} and talk.port.snapshot().users == ()
