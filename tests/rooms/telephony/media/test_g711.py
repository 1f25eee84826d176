"""G.711 by its own tables: decision values, the codes at them, and what every code comes back as."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.embedded.media.g711 import (
    ALAW_SILENCE,
    ALAW_TO_PCM,
    PCM_TO_ALAW,
    PCM_TO_ULAW,
    ULAW_SILENCE,
    ULAW_TO_PCM,
    decode_alaw,
    decode_ulaw,
    encode_alaw,
    encode_ulaw,
)
from tests.rooms.telephony.media.telephone import PATIENT

SAMPLES = np.arange(-32_768, 32_768).astype(np.int16)
#: Where the segments end (G.711, table 2a, 14 bits), and where those after the first begin (table 1a, in smallest steps).
ULAW_SEGMENTS = (31, 95, 223, 479, 991, 2015, 4063, 8159)
ALAW_SEGMENTS = (16, 32, 64, 128, 256, 512, 1024)


def test_every_code_of_a_law_comes_back_as_it_was():
    codes = np.arange(256).astype(np.uint8)
    assert np.array_equal(encode_alaw(decode_alaw(codes)), codes)


def test_every_code_of_mu_law_comes_back_as_it_was_but_for_the_second_nothing():
    codes = np.arange(256).astype(np.uint8)
    back = encode_ulaw(decode_ulaw(codes))
    assert np.flatnonzero(back != codes).tolist() == [0x7F]
    assert back[0x7F] == 0xFF and decode_ulaw(np.array([0x7F, 0xFF], np.uint8)).tolist() == [0, 0]


def test_codes_that_are_known():
    assert [int(ULAW_TO_PCM[code]) for code in (0x00, 0x80, 0x0F, 0x8F, 0xFE, 0x7E, ULAW_SILENCE)] == [
        -32124, 32124, -16764, 16764, 8, -8, 0,
    ]  # fmt: skip
    assert [int(ALAW_TO_PCM[code]) for code in (0x2A, 0xAA, 0x55, ALAW_SILENCE, 0x85, 0x05)] == [
        -32256, 32256, -8, 8, 4224, -4224,
    ]  # fmt: skip


@pytest.mark.parametrize(("decoding", "encoding"), [(ULAW_TO_PCM, PCM_TO_ULAW), (ALAW_TO_PCM, PCM_TO_ALAW)])
def test_a_louder_sample_never_becomes_a_quieter_one(decoding, encoding):
    back = decoding[encoding[SAMPLES.view(np.uint16)]].astype(np.int64)
    assert (np.diff(back) >= 0).all()
    assert len(np.unique(decoding)) in (255, 256)


def test_mu_law_is_wrong_by_half_a_step_at_most():
    magnitude = np.abs(SAMPLES.astype(np.int64))
    # A step is 2 in 14 bits in the first segment and twice as much in each one after it; a sample has 16 bits.
    step = 4 * 2 ** (np.searchsorted(ULAW_SEGMENTS, magnitude / 4, side="right") + 1)
    wrong = np.abs(decode_ulaw(encode_ulaw(SAMPLES)) - SAMPLES.astype(np.int64))
    usual = magnitude < 4 * ULAW_SEGMENTS[-1]
    assert (wrong[usual] <= step[usual] / 2 + 4).all()
    assert (wrong[~usual] <= 32_768 - 32_124).all()


def test_a_law_is_wrong_by_half_a_step_at_most():
    magnitude = np.abs(SAMPLES.astype(np.int64))
    # The first two segments have the same step.
    step = 8 * 2 ** np.searchsorted(ALAW_SEGMENTS, magnitude / 16, side="right").clip(1)
    wrong = np.abs(decode_alaw(encode_alaw(SAMPLES)) - SAMPLES.astype(np.int64))
    usual = magnitude < 32_768 - 512
    assert (wrong[usual] <= step[usual] / 2).all() and wrong.max() <= 512


def test_a_segment_begins_where_the_table_says():
    for number, last in enumerate(ULAW_SEGMENTS[:-1]):
        inside, outside = (int(PCM_TO_ULAW[4 * value]) for value in (last - 1, last))
        assert (7 - (inside >> 4 & 7), 7 - (outside >> 4 & 7)) == (number, number + 1)
    for number, last in enumerate(ALAW_SEGMENTS):
        inside, outside = ((int(PCM_TO_ALAW[16 * value]) ^ 0x55) >> 4 & 7 for value in (last - 1, last))
        assert (inside, outside) == (number, number + 1)


@PATIENT
@given(st.integers(-32_768, 32_767))
def test_what_was_coded_once_stays_the_same(sample):
    one = np.array([sample], np.int16)
    for encode, decode in ((encode_ulaw, decode_ulaw), (encode_alaw, decode_alaw)):
        once = decode(encode(one))
        assert np.array_equal(decode(encode(once)), once)
