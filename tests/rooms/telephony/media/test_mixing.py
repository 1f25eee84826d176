"""Who hears whom, against a plain sum for each leg."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.mixing import Mixer, add
from caasis.telephony.adapters.embedded.media.sound import FRAME
from tests.rooms.telephony.media.telephone import PATIENT

LEGS = 5
GAINS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])
ROWS = st.dictionaries(
    st.integers(0, LEGS - 1), st.dictionaries(st.integers(0, LEGS - 1), GAINS, max_size=LEGS), max_size=LEGS
)


def said(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-20_000, 20_000, (LEGS, FRAME)).astype(np.int16)


def plain(rows: dict[int, dict[int, float]], sound: np.ndarray) -> np.ndarray:
    heard = np.zeros((LEGS, FRAME))
    for place, row in rows.items():
        for source, gain in row.items():
            heard[place] += sound[source] * gain
    return np.clip(heard, -32_768, 32_767).astype(np.int16)


@PATIENT
@given(ROWS, ROWS, st.integers(0, 100))
def test_everybody_hears_the_sum_of_his_row(rows, changed, seed):
    mixer, sound = Mixer(LEGS + 3), said(seed)
    for place, row in rows.items():
        mixer.hear(place, row)
    assert np.array_equal(mixer.mix(sound), plain(rows, sound))
    for place, row in changed.items():
        mixer.hear(place, row)
    assert np.array_equal(mixer.mix(sound), plain(rows | changed, sound))


@PATIENT
@given(ROWS, st.integers(0, LEGS - 1))
def test_who_goes_hears_nobody_and_is_heard_by_nobody(rows, gone):
    mixer, sound = Mixer(LEGS), said(1)
    for place, row in rows.items():
        mixer.hear(place, row)
    mixer.forget(gone)
    left = {
        place: {source: gain for source, gain in row.items() if source != gone}
        for place, row in rows.items()
        if place != gone
    }
    assert np.array_equal(mixer.mix(sound), plain(left, sound))


def test_fewer_legs_than_places_can_be_mixed():
    mixer, sound = Mixer(50), said(2)
    mixer.hear(0, {1: 1.0})
    assert np.array_equal(mixer.mix(sound[:2])[0], sound[1])


def test_two_frames_together_are_cut_off_at_the_loudest():
    one, other = np.array([30_000, -30_000, 5], np.int16), np.array([30_000, -30_000, -7], np.int16)
    assert add(one, other).tolist() == [32_767, -32_768, -2]
