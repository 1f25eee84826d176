"""Prompts and music: their order, their ends, and what else is heard meanwhile."""

from __future__ import annotations

import pytest

from caasis.telephony.commands import Hangup, Join, Play, Prompt, StopPlay
from caasis.telephony.signals import DigitPressed, PlayEnded
from caasis.telephony.vocabulary import PlayEnd, Role
from tests.rooms.telephony.contract.talk import Talk
from tests.rooms.telephony.contract.world import LONG, MUSIC, SHORT, World


def play(talk: Talk, leg: str, *names: str, offset_ms: int = 0, **how: bool) -> str:
    """Play prompts; the play's id."""
    name = talk.new("play")
    prompts = tuple(Prompt(name=one, offset_ms=offset_ms) for one in names)
    talk.done(Play, leg=leg, play=name, prompts=prompts, **how)
    return name


def sound(name: str) -> str:
    return f"prompt:{name}"


def ends(talk: Talk, name: str) -> list[PlayEnd]:
    return [one.reason for one in talk.all(PlayEnded, play=name)]


def test_a_prompt_is_heard_and_ends(talk: Talk):
    leg = talk.caller()
    name = play(talk, leg, LONG)
    began = talk.told[-1].at
    talk.hears(leg, sound(LONG))
    ended = talk.until(PlayEnded, play=name)
    assert (ended.leg, ended.reason) == (leg, PlayEnd.FINISHED)
    talk.hears(leg)
    # Three seconds of sound take about three seconds.
    assert 2.5 <= (ended.at - began).total_seconds() <= 4.5


def test_prompts_follow_one_another(talk: Talk):
    leg = talk.caller()
    name = play(talk, leg, LONG, MUSIC, SHORT)
    talk.hears(leg, sound(LONG))
    talk.hears(leg, sound(MUSIC))
    talk.until(PlayEnded, play=name)
    assert ends(talk, name) == [PlayEnd.FINISHED]


def test_a_prompt_begins_at_its_offset(talk: Talk):
    leg = talk.caller()
    name = play(talk, leg, LONG, offset_ms=2_500)
    began = talk.told[-1].at
    ended = talk.until(PlayEnded, play=name)
    assert 0.2 <= (ended.at - began).total_seconds() <= 2.0


def test_music_loops_until_it_is_stopped(talk: Talk, world: World):
    leg = talk.caller()
    name = play(talk, leg, MUSIC, loop=True)
    for _ in range(4):
        world.pass_time(0.8)
        talk.hears(leg, sound(MUSIC))
    assert not ends(talk, name)
    talk.done(StopPlay, play=name)
    assert talk.until(PlayEnded, play=name).reason is PlayEnd.STOPPED
    talk.hears(leg)


def test_a_new_play_ends_the_one_before(talk: Talk, world: World):
    leg = talk.caller()
    first = play(talk, leg, LONG)
    talk.hears(leg, sound(LONG))
    second = play(talk, leg, MUSIC, loop=True)
    assert talk.until(PlayEnded, play=first).reason is PlayEnd.STOPPED
    talk.hears(leg, sound(MUSIC))
    world.pass_time(3.5)
    assert ends(talk, first) == [PlayEnd.STOPPED] and ends(talk, second) == []


def test_plays_of_two_legs_do_not_touch_each_other(talk: Talk):
    one, other = talk.caller(), talk.caller()
    play(talk, one, LONG)
    play(talk, other, MUSIC, loop=True)
    talk.hears(one, sound(LONG))
    talk.hears(other, sound(MUSIC))


def test_a_key_ends_a_play_that_waits_for_one(talk: Talk, world: World):
    leg = talk.caller()
    name = play(talk, leg, LONG, until_key=True)
    talk.hears(leg, sound(LONG))
    world.press(leg, "12")
    assert talk.until(PlayEnded, play=name).reason is PlayEnd.KEY
    talk.until(DigitPressed, leg=leg, digit="2")
    assert [one.digit for one in talk.all(DigitPressed, leg=leg)] == ["1", "2"]
    assert ends(talk, name) == [PlayEnd.KEY]
    talk.hears(leg)


def test_a_key_does_not_end_a_play_that_does_not_wait_for_one(talk: Talk, world: World):
    leg = talk.caller()
    name = play(talk, leg, LONG)
    world.press(leg, "1")
    talk.until(DigitPressed, leg=leg, digit="1")
    assert talk.until(PlayEnded, play=name).reason is PlayEnd.FINISHED


def test_a_key_of_another_leg_does_not_end_a_play(talk: Talk, world: World):
    leg, other = talk.caller(), talk.caller()
    name = play(talk, leg, LONG, until_key=True)
    world.press(other, "1")
    talk.until(DigitPressed, leg=other, digit="1")
    assert talk.until(PlayEnded, play=name).reason is PlayEnd.FINISHED


@pytest.mark.parametrize("by_peer", [True, False])
def test_a_play_ends_with_its_leg(talk: Talk, world: World, by_peer: bool):
    leg = talk.caller()
    name = play(talk, leg, MUSIC, loop=True)
    talk.hears(leg, sound(MUSIC))
    if by_peer:
        world.peer_hangs_up(leg)
    else:
        talk.done(Hangup, leg=leg)
    assert talk.until(PlayEnded, play=name).reason is PlayEnd.HANGUP


def test_a_prompt_takes_the_place_of_what_is_heard_but_not_of_what_is_said(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent)
    name = play(talk, caller, MUSIC, loop=True)
    talk.hears(caller, sound(MUSIC))
    talk.hears(agent, caller)
    talk.done(StopPlay, play=name)
    talk.hears(caller, agent)
    talk.hears(agent, caller)


def test_a_prompt_over_the_talk_is_mixed_with_it_for_one_leg_only(talk: Talk):
    caller, agent = talk.caller(), talk.agent()
    talk.done(Join, room="room", leg=caller, role=Role.CUSTOMER)
    talk.done(Join, room="room", leg=agent, role=Role.AGENT)
    talk.hears(caller, agent)
    name = play(talk, agent, LONG, over=True)
    talk.hears(agent, caller, sound(LONG))
    talk.hears(caller, agent)
    assert talk.until(PlayEnded, play=name).reason is PlayEnd.FINISHED
    talk.hears(agent, caller)


def test_a_prompt_over_silence_is_heard_as_it_is(talk: Talk):
    leg = talk.caller()
    play(talk, leg, MUSIC, loop=True, over=True)
    talk.hears(leg, sound(MUSIC))
