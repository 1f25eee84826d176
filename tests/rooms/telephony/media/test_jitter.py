"""Jitter buffers: order, prefill, loss, late packets, growth and shrinking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.jitter import LARGEST, PREFILL, JitterBuffers
from caasis.telephony.adapters.embedded.media.sound import FRAME
from tests.rooms.telephony.media.telephone import PATIENT

ONE = np.array([0])
#: Timestamps of the tests begin shortly before they wrap around.
FIRST = 2**32 - 3 * FRAME


def frame(number: int) -> np.ndarray:
    """The sound of one packet: its number everywhere, louder than anything that fading leaves."""
    return np.full(FRAME, 1_000 + 10 * number, np.int16)


class Line:
    """One leg, its packets and its frames."""

    def __init__(self) -> None:
        self.buffers = JitterBuffers(3)

    def put(self, *numbers: int) -> None:
        for number in numbers:
            stamp = np.array([(FIRST + number * FRAME) % 2**32])
            self.buffers.put(ONE, stamp, frame(number)[None])

    def take(self) -> np.ndarray:
        return self.buffers.take(1)[0].copy()

    def numbers(self, ticks: int) -> list[int | None]:
        """What comes out: the number of a packet, None for anything else."""
        return [self._number(self.take()) for _ in range(ticks)]

    @staticmethod
    def _number(taken: np.ndarray) -> int | None:
        number, rest = divmod(int(taken[0]) - 1_000, 10)
        return number if rest == 0 and number >= 0 and (taken == taken[0]).all() else None


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_leg_begins_when_40_ms_are_in_hand(line: Line):
    line.put(0)
    assert not line.take().any()
    line.put(1)
    assert line.numbers(2) == [0, 1]


def test_a_single_packet_is_played_after_three_ticks(line: Line):
    line.put(0)
    assert line.numbers(3) == [None, None, 0]


@PATIENT
@given(st.permutations(range(2, 7)), st.booleans())
def test_order_does_not_matter_within_the_buffer(order, first_two_swapped):
    line = Line()
    line.put(*((1, 0) if first_two_swapped else (0, 1)))
    line.put(*order)
    assert line.numbers(7) == list(range(7))
    assert line.buffers.late[0] == line.buffers.dropped[0] == 0


def test_a_double_packet_is_played_once(line: Line):
    line.put(0, 1, 1, 2)
    assert line.numbers(3) == [0, 1, 2]


def test_a_late_packet_is_dropped_and_counted(line: Line):
    line.put(0, 1, 2, 3)
    assert line.numbers(3) == [0, 1, 2]
    line.put(1, 4)
    assert line.numbers(2) == [3, 4]
    assert line.buffers.late[0] == 1


def test_a_lost_packet_is_concealed_by_the_fading_frame_before(line: Line):
    line.put(0, 1, 3)
    assert line.numbers(2) == [0, 1]
    concealed = line.take()
    assert concealed[0] == 1_010 and concealed[-1] == 505 and (np.diff(concealed) <= 0).all()
    assert line.numbers(1) == [3]
    assert line.buffers.concealed[0] == 1


def test_nothing_more_fades_into_silence_within_three_frames(line: Line):
    line.put(0, 1)
    line.numbers(2)
    levels = [int(np.abs(line.take()).max()) for _ in range(5)]
    assert levels == [1_010, 505, 252, 0, 0]


def test_when_nothing_was_left_40_ms_are_gathered_again(line: Line):
    line.put(0, 1)
    assert line.numbers(4) == [0, 1, None, None]
    line.put(4)
    assert line.numbers(1) == [None]
    line.put(5)
    assert line.numbers(2) == [4, 5]


def test_the_oldest_are_dropped_beyond_160_ms(line: Line):
    line.put(*range(12))
    assert line.buffers.stock(0) == LARGEST
    assert line.numbers(8) == list(range(4, 12))
    assert line.buffers.dropped[0] == 4


def test_a_stock_that_is_never_needed_shrinks(line: Line):
    line.put(*range(6))
    played = []
    for number in range(6, 406):
        played += line.numbers(1)
        line.put(number)
    assert line.buffers.stock(0) <= PREFILL + 2 * FRAME
    assert 1 <= line.buffers.dropped[0] <= 4
    heard = [one for one in played if one is not None]
    assert heard == sorted(set(heard)) and len(heard) >= 395


def test_a_steady_line_loses_nothing_for_long(line: Line):
    line.put(0, 1)
    played = []
    for number in range(2, 3_000):
        played += line.numbers(1)
        line.put(number)
    assert played == list(range(2_998)) and line.buffers.dropped[0] == line.buffers.late[0] == 0


@PATIENT
@given(st.lists(st.integers(0, 3), min_size=20, max_size=120))
def test_packets_that_come_in_bursts_are_played_in_order_and_at_most_once(bursts):
    line, number, played = Line(), 0, []
    for size in bursts:
        line.put(*range(number, number + size))
        number += size
        played += [one for one in line.numbers(1) if one is not None]
        assert 0 <= line.buffers.stock(0) <= LARGEST
    assert played == sorted(set(played))
    assert len(played) + line.buffers.dropped[0] + line.buffers.stock(0) // FRAME == number


def test_another_count_of_timestamps_begins_anew(line: Line):
    line.put(0, 1, 2, 3)
    assert line.numbers(2) == [0, 1]
    line.put(2_000, 2_001)
    assert line.buffers.stock(0) == 2 * FRAME
    assert not line.buffers.late[0]
    taken = line.take()
    assert (taken == frame(2_000)).all()


@pytest.mark.parametrize("size", [80, 240, 320, 480, 37, 800])
def test_packets_of_any_length_join_without_a_gap(size: int):
    buffers = JitterBuffers(1)
    sound = (np.arange(1, 8_001) % 9_973).astype(np.int16)
    taken, sent = [], 0
    for _ in range(40):
        while sent + size <= len(sound) and buffers.stock(0) <= 2 * FRAME:
            buffers.put_one(0, sent, sound[sent : sent + size])
            sent += size
        taken.append(buffers.take(1)[0].copy())
    played = np.concatenate(taken)
    first = int(np.argmax(played != 0))
    length = 30 * FRAME
    assert np.array_equal(played[first : first + length], sound[:length])


def test_frames_beside_the_grid_are_taken_as_well():
    buffers = JitterBuffers(1)
    sound = np.arange(1, 1_601).astype(np.int16)
    buffers.put_one(0, 0, sound[:100])
    for number in range(6):
        begin = 100 + number * FRAME
        buffers.put(ONE, np.array([begin]), sound[None, begin : begin + FRAME])
    played = np.concatenate([buffers.take(1)[0].copy() for _ in range(6)])
    assert np.array_equal(played, sound[: 6 * FRAME])


def test_what_is_missing_within_a_frame_is_concealed_only_there():
    buffers = JitterBuffers(1)
    loud = np.full(FRAME, 1_000, np.int16)
    buffers.put(ONE, np.array([0]), loud[None])
    buffers.put(ONE, np.array([FRAME]), loud[None])
    buffers.put_one(0, 2 * FRAME, loud[:80])
    buffers.put(ONE, np.array([3 * FRAME]), loud[None])
    frames = [buffers.take(1)[0].copy() for _ in range(4)]
    assert (frames[2][:80] == 1_000).all() and (frames[2][80:] < 800).all() and (frames[2][80:] >= 490).all()
    assert (frames[3] == 1_000).all()


def test_legs_do_not_touch_each_other_and_a_cleared_place_is_silent():
    buffers = JitterBuffers(3)
    for number in range(2):
        stamps = np.array([number * FRAME, 77 + number * FRAME])
        buffers.put(np.array([0, 2]), stamps, np.stack([frame(number), frame(50 + number)]))
    frames = buffers.take(3)
    assert frames[:, 0].tolist() == [1_000, 0, 1_500]
    buffers.clear(2)
    frames = buffers.take(3)
    assert frames[:, 0].tolist() == [1_010, 0, 0] and buffers.stock(2) == 0
