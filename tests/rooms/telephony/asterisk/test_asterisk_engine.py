"""What the Asterisk adapter does beside the contract, on the model of Asterisk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from caasis.telephony.adapters.asterisk import AsteriskEngine, AsteriskSetup
from caasis.telephony.commands import (
    EVERYBODY,
    NOBODY,
    AcceptBrowser,
    Answer,
    Hangup,
    Join,
    ListenForTones,
    Originate,
    Play,
    Prompt,
    Reject,
    SendDigits,
    SetAudibility,
    StartRecording,
    StopRecording,
    TransferAtCarrier,
)
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.signals import (
    CommandDone,
    IncomingCall,
    LegChanged,
    PlayEnded,
    RecordingReady,
    Signal,
    TransferRequested,
    TrunkChanged,
)
from caasis.telephony.vocabulary import Capability, EndCause, LegPhase, PlayEnd, Presentation, Refusal, Role
from tests.rooms.telephony.asterisk.model import Channel
from tests.rooms.telephony.asterisk.server import PASSWORD, USER, Server
from tests.rooms.telephony.contract.asterisk_world import AsteriskWorld, asterisk, seal
from tests.rooms.telephony.contract.talk import Talk, number, sip_user
from tests.rooms.telephony.contract.world import ALLOWED, LONG, MUSIC, OWN, SHORT


@pytest.fixture
def talk() -> Iterator[Talk]:
    with asterisk() as made:
        yield Talk(made)


@pytest.fixture
def world(talk: Talk) -> AsteriskWorld:
    assert isinstance(talk.world, AsteriskWorld)
    return talk.world


@pytest.fixture
def server() -> Iterator[Server]:
    """An Asterisk alone."""
    made = Server(sounds={})
    yield made
    made.kill()
    assert not made.violations, made.violations


def setup(server: Server, folder: Path, **more: object) -> AsteriskSetup:
    plain = AsteriskSetup(url=server.url, user=USER, password=PASSWORD, recordings=folder, timeout_s=2.0)
    return replace(plain, **more)  # type: ignore[arg-type]


def soon(check: Callable[[], bool], within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < until
        time.sleep(0.01)


def reached(engine: AsteriskEngine) -> bool:
    try:
        engine.snapshot()
    except EngineUnreachable:
        return False
    return True


# Reaching it


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


# Calls


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


# Sound


def supervised(talk: Talk) -> tuple[str, str, str]:
    caller, agent, supervisor = talk.caller(), talk.agent("1001"), talk.agent("1002")
    for leg, role, heard_by in (
        (caller, Role.CUSTOMER, EVERYBODY), (agent, Role.AGENT, EVERYBODY), (supervisor, Role.SUPERVISOR, NOBODY),
    ):  # fmt: skip
        talk.done(Join, room="room", leg=leg, role=role, heard_by=heard_by)
    talk.hears(supervisor, caller, agent)
    return caller, agent, supervisor


def ours(world: AsteriskWorld) -> tuple[int, int]:
    """How many snoops and bridges there are."""
    snoops = sum(one.technology == "Snoop" for one in world.asterisk.channels.values())
    return snoops, len(world.asterisk.bridges)


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


# Recordings


def test_no_recording_without_its_key(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    order = StartRecording(command_id="c", leg=leg, recording="r", key_name="unknown")
    assert talk.refused(order) is Refusal.NOT_PERMITTED
    assert ours(world) == (0, 0)


def test_a_side_that_is_lost_is_silent_and_said_to_be(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    time.sleep(0.7)
    fetch = world.asterisk.do_get_recordings_stored_file
    heard = next(name for name, one in world.asterisk.live.items() if one.channel.spy == "out")

    def fetch_one(recordingName: str, **asked: object) -> bytes:
        return b"no sound" if recordingName == heard else fetch(recordingName=recordingName, **asked)

    world.asterisk.do_get_recordings_stored_file = fetch_one
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert ready.failed
    assert world.recorded(ready.file) == ({leg}, set())


def test_a_recording_that_cannot_be_written_stays_with_asterisk_and_is_said_to_be_lost(
    talk: Talk, world: AsteriskWorld
):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    world.folder.rmdir()
    world.folder.write_text("no folder")
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert (ready.file, ready.sha256) == ("", "") and ready.failed
    assert len(world.asterisk.stored) == 2
    world.folder.unlink()
    world.folder.mkdir()


def test_a_file_of_whose_end_asterisk_does_not_tell_is_fetched_all_the_same(
    talk: Talk, world: AsteriskWorld, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("caasis.telephony.adapters.asterisk.recordings.PATIENCE_S", 0.3)
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    time.sleep(0.7)
    tell = world.asterisk.tell
    world.asterisk.tell = lambda kind, **facts: None if kind == "RecordingFinished" else tell(kind, **facts)
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert not ready.failed and world.recorded(ready.file)[0] == {leg}


def test_a_recording_that_asterisk_cannot_write(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    soon(lambda: len(world.asterisk.live) == 2)
    with world.asterisk.lock:
        live = world.asterisk.live.pop(next(iter(world.asterisk.live)))
        live.channel.recording = None
        world.asterisk.tell("RecordingFailed", recording=live.told() | {"state": "failed", "cause": "no space"})
    assert talk.until(RecordingReady, recording="r").failed == "no space"
    assert not world.asterisk.live and not world.asterisk.stored


def test_only_what_is_sealed_is_written_to_our_folder(talk: Talk, world: AsteriskWorld):
    leg = talk.caller()
    talk.done(StartRecording, leg=leg, recording="r", key_name="key")
    time.sleep(0.3)
    talk.done(StopRecording, recording="r")
    ready = talk.until(RecordingReady, recording="r")
    assert [one.name for one in world.folder.iterdir()] == [ready.file]
    content = (world.folder / ready.file).read_bytes()
    assert b"RIFF" not in content and seal("key", content).startswith(b"RIFF")


# What comes that nobody asked for


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
