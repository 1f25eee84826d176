"""Bridges and snoops let everybody hear just whom they should, whatever the audibility."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.asterisk.audibility import Phone, Spy, Whisper, Wiring, snoops, wire
from tests.rooms.telephony.asterisk.model import Bridge, Channel, heard

names = ["a", "b", "c", "d", "e"]


@st.composite
def hearings(draw: st.DrawFn) -> dict[str, frozenset[str]]:
    """Who hears whom among up to five legs."""
    legs = draw(st.permutations(names))[: draw(st.integers(0, 5))]
    return {leg: frozenset(other for other in legs if other != leg and draw(st.booleans())) for leg in legs}


def perceived(legs: list[str], wiring: Wiring) -> dict[str, set[str]]:
    """What each leg hears in the model of Asterisk when its channels are put together like this."""
    phones = {leg: Channel(leg, f"PJSIP/{leg}-0", "Up", in_stasis=True) for leg in legs}
    made: list[Channel] = []
    for name, members in wiring.items():
        bridge = Bridge(name, "mixing")
        for member in members:
            match member:
                case Phone(leg):
                    assert phones[leg].bridge is None, "a channel is in one bridge"
                    channel = phones[leg]
                case Spy(leg, _):
                    channel = Channel(f"{name}/{leg}", "Snoop/x-0", "Up", snooped=phones[leg], spy="in", in_stasis=True)
                    made.append(channel)
                case Whisper(leg):
                    channel = Channel(
                        f"{name}/w", "Snoop/x-0", "Up", snooped=phones[leg], whisper="out", in_stasis=True
                    )
                    made.append(channel)
            channel.bridge = bridge
            bridge.channels.append(channel)
    return {leg: set(heard(phones[leg], made)) for leg in legs}


@given(hearings())
def test_everybody_hears_just_whom_they_should(hearing: dict[str, frozenset[str]]):
    assert perceived(list(hearing), wire(hearing)) == {leg: set(others) for leg, others in hearing.items()}


@given(st.integers(2, 5))
def test_where_all_hear_all_one_bridge_is_enough(many: int):
    legs = names[:many]
    wiring = wire({leg: frozenset(legs) - {leg} for leg in legs})
    assert list(wiring.values()) == [frozenset(map(Phone, legs))] and snoops(wiring) == 0


def test_who_hears_nobody_and_is_not_heard_takes_nothing():
    assert wire({"a": frozenset(), "b": frozenset()}) == {}


def test_a_leg_that_is_not_there_is_not_heard():
    assert wire({"a": frozenset({"gone"})}) == {}


@pytest.mark.parametrize(
    ("supervisor_hears", "agent_hears", "customer_hears", "cost"),
    [
        # Monitor, whisper, barge.
        ("ca", "c", "a", 2),
        ("ca", "cs", "a", 4),
        ("ca", "cs", "as", 0),
    ],
)
def test_what_supervision_costs(supervisor_hears: str, agent_hears: str, customer_hears: str, cost: int):
    hearing = {"c": frozenset(customer_hears), "a": frozenset(agent_hears), "s": frozenset(supervisor_hears)}
    wiring = wire(hearing)
    assert snoops(wiring) == cost
    assert {Phone("c"), Phone("a")} <= wiring["talk-c"], "the talk itself stays in one bridge"
