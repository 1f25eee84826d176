"""RFC 3550's counts against a plain reading of its appendix, packet by packet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.reception import Reception
from tests.rooms.telephony.media.telephone import PATIENT

YES = np.array([True])


@dataclass
class Appendix:
    """RFC 3550, A.1, A.3 and A.8, one packet after another, as they are printed there."""

    base: int = -1
    max_seq: int = 0
    cycles: int = 0
    received: int = 0
    transit: int | None = None
    jitter: float = 0.0

    def count(self, sequence: int, stamp: int, arrival: int) -> None:
        if self.base < 0:
            self.base = self.max_seq = sequence
        step = (sequence - self.max_seq) % 65_536
        if step < 3_000:
            if sequence < self.max_seq:
                self.cycles += 65_536
            self.max_seq = sequence
        self.received += 1
        transit = arrival - stamp
        if self.transit is not None:
            self.jitter += (abs(transit - self.transit) - self.jitter) / 16
        self.transit = transit


def count(reception: Reception, sequence: int, stamp: int = 0, arrival: int = 0, place: int = 0) -> bool:
    good = reception.count(np.array([place]), np.array([sequence]), np.array([stamp]), arrival, YES)
    return bool(good[0])


@PATIENT
@given(
    st.integers(0, 65_535),
    st.lists(st.tuples(st.integers(-3, 5), st.integers(-200, 400)), min_size=1, max_size=80),
)
def test_counts_are_those_of_the_appendix(first, steps):
    reception, appendix = Reception(1), Appendix()
    sequence, number = first, 0
    for step, late in [(0, 0), *steps]:
        sequence, number = (sequence + step) % 65_536, number + step
        stamp, arrival = 1_000_000 + number * 160, 5_000_000 + number * 160 + late
        appendix.count(sequence, stamp, arrival)
        assert count(reception, sequence, stamp, arrival)
    assert reception.received(0) == appendix.received
    assert reception.expected(0) == appendix.cycles + appendix.max_seq - appendix.base + 1
    assert reception.lost(0) == max(0, reception.expected(0) - appendix.received)
    assert abs(reception.jitter(0) - appendix.jitter) < 1
    assert abs(reception.jitter_ms(0) - appendix.jitter / 8) < 0.01


def test_lost_packets_are_counted_and_the_share_since_the_last_report():
    reception = Reception(1)
    for sequence in (10, 11, 13, 14):
        count(reception, sequence)
    assert (reception.received(0), reception.expected(0), reception.lost(0)) == (4, 5, 1)
    assert reception.fraction_lost(0) == 256 // 5
    assert reception.fraction_lost(0) == 0
    for sequence in (15, 16, 17, 12):
        count(reception, sequence)
    assert reception.lost(0) == 0 and reception.fraction_lost(0) == 0
    assert reception.totals() == (8, 8, 0)


def test_a_jump_counts_only_when_it_goes_on():
    reception = Reception(1)
    count(reception, 1)
    assert not count(reception, 30_000)
    assert count(reception, 2)
    assert not count(reception, 40_000)
    assert count(reception, 40_001)
    assert count(reception, 40_002)
    assert (reception.received(0), reception.expected(0)) == (4, 4)


def test_another_source_keeps_what_was_counted_before():
    reception = Reception(2)
    for sequence in (1, 2, 4):
        count(reception, sequence)
    reception.restart(np.array([0]))
    for sequence in (900, 901):
        count(reception, sequence)
    assert (reception.received(0), reception.expected(0), reception.lost(0)) == (5, 6, 1)
    assert reception.highest(0) == 901
    reception.clear(0)
    assert reception.totals() == (0, 0, 0) and reception.jitter_ms(0) == 0


def test_a_clock_that_was_set_is_no_jitter():
    reception = Reception(1)
    for number in range(20):
        count(reception, number, number * 160, number * 160)
    count(reception, 20, 20 * 160 + 4_000_000, 20 * 160)
    assert reception.jitter(0) == 0


def test_events_do_not_shake_the_line():
    reception = Reception(1)
    for number in range(10):
        timed = np.array([number < 3])
        reception.count(
            np.array([0]), np.array([number]), np.array([480]), number * 160 if number < 3 else 9_999, timed
        )
    assert reception.received(0) == 10 and reception.jitter_ms(0) < 20
