"""One source for each leg, and no more packets than a telephone sends."""

from __future__ import annotations

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media.admission import Admission

ONE = np.array([0])


def admit(admission: Admission, source: int, now: float) -> tuple[bool, bool]:
    good, changed = admission.admit(ONE, np.array([source]), now)
    return bool(good[0]), len(changed) == 1


def test_the_first_source_is_taken_and_kept():
    admission = Admission(2)
    assert admission.source(0) is None
    assert admit(admission, 7, 1.0) == (True, True)
    assert admit(admission, 7, 1.02) == (True, False)
    assert admit(admission, 8, 1.04) == (False, False)
    assert (admission.source(0), admission.source(1)) == (7, None)
    assert admission.refused.tolist() == [1, 0]


def test_another_source_is_taken_when_the_first_has_been_silent():
    admission = Admission(1)
    admit(admission, 7, 1.0)
    assert admit(admission, 8, 1.09) == (False, False)
    assert admit(admission, 8, 1.11) == (True, True)
    assert admit(admission, 7, 1.12) == (False, False)


def test_another_source_is_taken_when_the_other_side_said_so():
    admission = Admission(1)
    admit(admission, 7, 1.0)
    admission.restart(0)
    assert admit(admission, 8, 1.0) == (True, True)


@pytest.mark.parametrize("a_tick", [1, 2])
def test_a_telephone_may_go_on_for_ever(a_tick):
    admission = Admission(1)
    for tick in range(1_000):
        admission.tick()
        for _ in range(a_tick):
            assert admit(admission, 7, tick * 0.02)[0]


def test_a_second_that_comes_at_once_is_taken():
    admission = Admission(1)
    assert all(admit(admission, 7, 1.0)[0] for _ in range(50))


def test_a_flood_is_refused_beyond_what_a_tick_grants():
    admission = Admission(1)
    taken = 0
    for tick in range(100):
        admission.tick()
        taken += sum(admit(admission, 7, tick * 0.02)[0] for _ in range(12))
    assert taken <= 60 + 100 * 2.5
    assert admission.refused[0] == 1_200 - taken


def test_a_cleared_place_begins_anew():
    admission = Admission(1)
    for _ in range(100):
        admit(admission, 7, 1.0)
    admission.clear(0)
    assert admit(admission, 9, 1.0) == (True, True) and admission.refused[0] == 0
