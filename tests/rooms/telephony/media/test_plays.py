"""Prompts and music: what a leg hears, frame by frame, and why a play ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media import PlayEnd, UnknownLeg
from caasis.telephony.adapters.embedded.media.plays import Play
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE
from caasis.telephony.vocabulary import PlayEnd as Reason
from tests.rooms.telephony.media.telephone import LOUD, PATIENT, Exchange, sine, tones_in

PIECES = st.lists(st.integers(0, 700), min_size=1, max_size=6).filter(any)


def pieces(sizes: list[int]) -> list[np.ndarray]:
    """Pieces that count on, from 1."""
    ends = np.cumsum([0, *sizes])
    return [np.arange(begin + 1, end + 1).astype(np.int16) for begin, end in pairwise(ends)]


def play(sizes: list[int], *, loop: bool = False) -> Play:
    return Play(0, "play", pieces(sizes), loop=loop, until_key=False, over=False)


@PATIENT
@given(PIECES)
def test_all_of_it_is_heard_once_and_in_order(sizes):
    made, frames = play(sizes), []
    while (frame := made.next()) is not None:
        frames.append(frame.copy())
    heard = np.concatenate(frames)
    assert np.array_equal(heard[: sum(sizes)], np.arange(1, sum(sizes) + 1))
    assert not heard[sum(sizes) :].any() and len(heard) - sum(sizes) < FRAME
    assert made.next() is None


@PATIENT
@given(PIECES)
def test_a_loop_begins_again_without_a_gap(sizes):
    made = play(sizes, loop=True)
    frames = []
    for _ in range(12):
        frame = made.next()
        assert frame is not None
        frames.append(frame.copy())
    assert np.array_equal(np.concatenate(frames), np.arange(12 * FRAME) % sum(sizes) + 1)


@pytest.mark.parametrize(
    "wrong", [[], [np.zeros(0, np.int16)], [np.zeros(9)], [np.zeros((2, 9), np.int16)], [np.zeros(9, np.uint8)]]
)
def test_what_is_no_sound_is_refused(exchange: Exchange, wrong: list[np.ndarray]):
    exchange.call("a")
    with pytest.raises(ValueError, match=r"sound|nothing"):
        exchange.engine.play("a", "p", wrong, loop=False, until_key=False, over=False)


def test_a_play_needs_a_leg(exchange: Exchange):
    with pytest.raises(UnknownLeg):
        exchange.engine.play("nobody", "p", [sine(500, 800)], loop=False, until_key=False, over=False)


def begin(exchange: Exchange, leg: str, name: str, hz: float, seconds: float = 60, **how: bool) -> None:
    how = {"loop": False, "until_key": False, "over": False} | how
    exchange.engine.play(leg, name, [sine(hz, round(seconds * RATE))], **how)


def ends(exchange: Exchange) -> list[tuple[str, str, Reason]]:
    return [(one.leg, one.play, one.reason) for one in exchange.all(PlayEnd)]


def heard(exchange: Exchange, leg: str) -> dict[float, float]:
    return tones_in(exchange.telephones[leg].heard(10), [500, 700, 900, 1_100])


def test_a_play_takes_the_place_of_the_room_for_one_leg_and_ends(exchange: Exchange):
    exchange.call("a", 500)
    exchange.call("b", 700)
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.engine.set_hearing("b", {"a": 1.0})
    exchange.talk(20)
    assert heard(exchange, "a") == {700: 1.0}
    begin(exchange, "a", "prompt", 900, seconds=0.5)
    exchange.talk(20)
    assert heard(exchange, "a") == {900: 1.0} and heard(exchange, "b") == {500: 1.0}
    assert ends(exchange) == []
    exchange.talk(20)
    assert heard(exchange, "a") == {700: 1.0}
    assert ends(exchange) == [("a", "prompt", Reason.FINISHED)]


def test_a_play_over_the_talk_is_mixed_with_it(exchange: Exchange):
    exchange.call("a", 500)
    exchange.call("b", 700)
    exchange.engine.set_hearing("a", {"b": 1.0})
    begin(exchange, "a", "beep", 900, over=True)
    exchange.talk(30)
    assert heard(exchange, "a") == {700: 1.0, 900: 1.0}


def test_music_loops_until_it_is_stopped(exchange: Exchange):
    exchange.call("a")
    begin(exchange, "a", "music", 900, seconds=0.1, loop=True)
    exchange.talk(60)
    assert heard(exchange, "a") == {900: 1.0} and not ends(exchange)
    exchange.engine.stop_play("music")
    exchange.engine.stop_play("another")
    exchange.talk(15)
    assert heard(exchange, "a") == {} and ends(exchange) == [("a", "music", Reason.STOPPED)]


def test_a_new_play_ends_the_one_before(exchange: Exchange):
    exchange.call("a")
    begin(exchange, "a", "first", 900)
    exchange.talk(15)
    begin(exchange, "a", "second", 1_100)
    exchange.talk(15)
    assert ends(exchange) == [("a", "first", Reason.STOPPED)] and heard(exchange, "a") == {1_100: 1.0}


def test_a_play_ends_with_its_leg(exchange: Exchange):
    exchange.call("a")
    begin(exchange, "a", "music", 900, loop=True)
    exchange.talk(3)
    exchange.hang_up("a")
    exchange.tick()
    assert ends(exchange) == [("a", "music", Reason.HANGUP)]


def test_two_plays_over_a_loud_talk_are_cut_off_not_turned_over(exchange: Exchange):
    exchange.call("a")
    exchange.engine.play("a", "loud", [np.full(800, 30_000, np.int16)], loop=True, until_key=False, over=True)
    exchange.call("b")
    exchange.engine.set_hearing("a", {"b": 1.0})
    exchange.telephones["b"].hz = 500
    exchange.talk(15)
    assert exchange.telephones["a"].heard(5).min() > 30_000 - LOUD - 1_500
