"""Who hears whom, by the spectrum of what each telephone's own socket receives: every room of a contact centre."""

from __future__ import annotations

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media import UnknownLeg
from caasis.telephony.adapters.embedded.media.g711 import PCMA
from caasis.telephony.adapters.embedded.media.sound import FRAME
from tests.rooms.telephony.media.telephone import Exchange, Telephone, sine

CALLER, AGENT, EXPERT, SUPERVISOR = 500, 700, 900, 1_100
HALF = 0.5


def room(exchange: Exchange, **hears: dict[str, float]) -> None:
    """Set whom each leg hears, and let it be heard."""
    for name, row in hears.items():
        exchange.engine.set_hearing(name, row)
    exchange.talk(30)


@pytest.fixture
def two(exchange: Exchange) -> Exchange:
    """A caller and an agent who talk."""
    exchange.call("caller", CALLER)
    exchange.call("agent", AGENT, law=PCMA)
    room(exchange, caller={"agent": 1.0}, agent={"caller": 1.0})
    return exchange


@pytest.fixture
def four(two: Exchange) -> Exchange:
    """An expert and a supervisor have legs as well, and hear nobody yet."""
    two.call("expert", EXPERT)
    two.call("supervisor", SUPERVISOR)
    room(two)
    return two


def hears(exchange: Exchange) -> dict[str, dict[float, float]]:
    return {name: exchange.hears(name) for name in exchange.telephones}


def test_two_hear_each_other_and_not_themselves(two: Exchange):
    assert hears(two) == {"caller": {AGENT: 1.0}, "agent": {CALLER: 1.0}}


def test_alone_there_is_silence(exchange: Exchange):
    exchange.call("caller", CALLER)
    exchange.talk(30)
    assert exchange.hears("caller") == {} and len(exchange.telephones["caller"].got) == 30


def test_hold_with_music(two: Exchange):
    two.engine.play("caller", "music", [sine(1_300, 8_000)], loop=True, until_key=False, over=False)
    room(two, caller={}, agent={})
    assert two.hears("agent") == {}
    two.telephones["music"] = music = Telephone(1_300)
    music.port = 9
    assert two.hears("caller") == {1_300: 1.0}
    two.telephones.pop("music").close()
    two.engine.stop_play("music")
    room(two, caller={"agent": 1.0}, agent={"caller": 1.0})
    assert hears(two) == {"caller": {AGENT: 1.0}, "agent": {CALLER: 1.0}}


def test_consultation(four: Exchange):
    room(four, caller={}, agent={"expert": 1.0}, expert={"agent": 1.0})
    assert hears(four) == {"caller": {}, "agent": {EXPERT: 1.0}, "expert": {AGENT: 1.0}, "supervisor": {}}


def test_attended_transfer(four: Exchange):
    room(four, agent={}, expert={"caller": 1.0}, caller={"expert": 1.0})
    four.hang_up("agent")
    four.talk(30)
    assert hears(four) == {"caller": {EXPERT: 1.0}, "expert": {CALLER: 1.0}, "supervisor": {}}


def test_conference_of_three(four: Exchange):
    room(
        four,
        caller={"agent": 1.0, "expert": 1.0},
        agent={"caller": 1.0, "expert": 1.0},
        expert={"caller": 1.0, "agent": 1.0},
    )
    assert hears(four) == {
        "caller": {AGENT: 1.0, EXPERT: 1.0},
        "agent": {CALLER: 1.0, EXPERT: 1.0},
        "expert": {CALLER: 1.0, AGENT: 1.0},
        "supervisor": {},
    }


MONITOR = {"caller": HALF, "agent": HALF}


def test_monitoring_is_heard_by_nobody(four: Exchange):
    room(four, supervisor=MONITOR)
    assert four.hears("supervisor") == {CALLER: 0.5, AGENT: 0.5}
    assert four.hears("caller") == {AGENT: 1.0} and four.hears("agent") == {CALLER: 1.0}


def test_whisper_is_heard_by_the_agent_only(four: Exchange):
    room(four, supervisor=MONITOR, agent={"caller": 1.0, "supervisor": 1.0})
    assert four.hears("agent") == {CALLER: 1.0, SUPERVISOR: 1.0}
    assert four.hears("caller") == {AGENT: 1.0}
    assert four.hears("supervisor") == {CALLER: 0.5, AGENT: 0.5}


def test_barge_is_heard_by_everybody(four: Exchange):
    room(
        four,
        supervisor={"caller": 1.0, "agent": 1.0},
        agent={"caller": 1.0, "supervisor": 1.0},
        caller={"agent": 1.0, "supervisor": 1.0},
    )
    assert four.hears("agent") == {CALLER: 1.0, SUPERVISOR: 1.0}
    assert four.hears("caller") == {AGENT: 1.0, SUPERVISOR: 1.0}
    assert four.hears("supervisor") == {CALLER: 1.0, AGENT: 1.0}


def test_everybody_hears_everybody(four: Exchange):
    everybody = list(four.telephones)
    room(four, **{one: {other: 1.0 for other in everybody if other != one} for one in everybody})
    tones = {one: float(telephone.hz) for one, telephone in four.telephones.items()}
    assert hears(four) == {one: {hz: 1.0 for other, hz in tones.items() if other != one} for one in everybody}


def test_rooms_do_not_hear_each_other(four: Exchange):
    room(four, expert={"supervisor": 1.0}, supervisor={"expert": 1.0})
    assert hears(four) == {
        "caller": {AGENT: 1.0},
        "agent": {CALLER: 1.0},
        "expert": {SUPERVISOR: 1.0},
        "supervisor": {EXPERT: 1.0},
    }


def test_mute_is_not_to_be_heard_and_to_hear(two: Exchange):
    room(two, caller={})
    assert hears(two) == {"caller": {}, "agent": {CALLER: 1.0}}


def test_a_leg_that_goes_leaves_silence_and_its_place_to_another(two: Exchange):
    two.hang_up("caller")
    two.talk(30)
    assert two.hears("agent") == {}
    two.call("next", EXPERT)
    two.talk(30)
    assert two.hears("agent") == {} and two.hears("next") == {}


def test_sources_that_are_not_there_are_left_out_and_a_leg_that_is_not_is_an_error(two: Exchange):
    room(two, caller={"agent": 1.0, "gone": 1.0})
    assert two.hears("caller") == {AGENT: 1.0}
    with pytest.raises(UnknownLeg):
        two.engine.set_hearing("gone", {})


@pytest.mark.parametrize("gain", [-0.1, 8.1, float("nan"), float("inf")])
def test_a_gain_that_can_only_be_a_mistake_is_refused(two: Exchange, gain: float):
    with pytest.raises(ValueError, match="gain"):
        two.engine.set_hearing("caller", {"agent": gain})


def test_the_other_sides_hold_stops_what_is_sent_and_nothing_else(two: Exchange):
    caller = two.telephones["caller"]
    before = len(caller.got)
    two.engine.set_sending("caller", False)
    two.talk(40)
    assert len(caller.got) == before and two.hears("agent") == {CALLER: 1.0}
    stamp, sequence = caller.got[-1].timestamp, caller.got[-1].sequence
    two.engine.set_sending("caller", True)
    two.talk(30)
    first = caller.got[before]
    # Time has passed in its stream, no packet was left out, and the first one is marked as a beginning (RFC 3551, 4.1).
    assert (first.timestamp - stamp) % 2**32 == 41 * FRAME
    assert (first.sequence - sequence) % 65_536 == 1 and first.marker
    assert not any(one.marker for one in caller.got[before + 1 :])
    assert two.hears("caller") == {AGENT: 1.0}


def test_whoever_takes_a_law_or_mu_law_gets_it(two: Exchange):
    assert {one.payload_type for one in two.telephones["agent"].got} == {8}
    assert {one.payload_type for one in two.telephones["caller"].got} == {0}
    agent = two.telephones["agent"]
    two.engine.set_remote("agent", agent.address, payload=0, events_payload=None)
    agent.law = 0
    two.talk(30)
    assert agent.got[-1].payload_type == 0
    assert hears(two) == {"caller": {AGENT: 1.0}, "agent": {CALLER: 1.0}}


def test_the_stream_to_a_telephone_has_one_source_and_counts_on(two: Exchange):
    got = two.telephones["caller"].got
    assert len({one.source for one in got}) == 1
    assert set(np.diff([one.sequence for one in got]) % 65_536) == {1}
    assert set(np.diff([one.timestamp for one in got]) % 2**32) == {FRAME}
    assert [one.marker for one in got] == [True] + [False] * (len(got) - 1)
    assert len(got) == 30 and all(len(one.payload) == FRAME for one in got)
