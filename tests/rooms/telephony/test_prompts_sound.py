"""Files as people bring them become sound of the telephone, and what is wrong with them is told."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.telephony.prompts import RATE, NotASound, read_wav, wav_bytes
from caasis.telephony.prompts import sound as sounds
from caasis.telephony.prompts.sound import as_samples, faults_of, loudness, to_telephone, trimmed

RATES = [4000, 6000, 8000, 11025, 16000, 22050, 24000, 32000, 44100, 44099, 48000, 96000]


def tone(hertz: float, seconds: float, rate: int, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def level_of(signal: np.ndarray, hertz: float, rate: int = RATE) -> float:
    """Amplitude of one tone in a signal, by projection."""
    at = np.arange(len(signal)) / rate
    return float(2 * abs(np.mean(signal * np.exp(-2j * np.pi * hertz * at))))


def file_of(sides: list[np.ndarray], rate: int, width: int = 2) -> bytes:
    mixed = np.stack(sides, axis=1).reshape(-1)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(sides))
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 1:
            octets = np.rint(mixed * 127 + 128).astype(np.uint8).tobytes()
        else:
            full = 2 ** (8 * width - 1) - 1
            words = np.rint(mixed * full).astype("<i4" if width > 2 else "<i2")
            octets = words.tobytes() if width != 3 else words.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        file.writeframes(octets)
    return out.getvalue()


# --- the rate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [300.0, 1000.0, 1900.0])
def test_what_the_telephone_carries_stays(rate: int, hertz: float) -> None:
    heard = to_telephone(tone(hertz, 1.0, rate), rate)
    assert len(heard) == RATE
    inner = slice(RATE // 10, -RATE // 10)
    wanted = tone(hertz, 1.0, RATE)
    assert np.abs(heard[inner] - wanted[inner]).max() < 0.003


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 11025])
@pytest.mark.parametrize("hertz", [4100.0, 5000.0, 7000.0])
def test_what_it_does_not_carry_is_gone_and_mirrors_nothing(rate: int, hertz: float) -> None:
    heard = to_telephone(tone(hertz, 1.0, rate), rate)
    inner = heard[RATE // 10 : -RATE // 10]
    assert 20 * np.log10(np.abs(inner).max() / 0.5) < -60


def test_nothing_is_heard_of_the_blocks() -> None:
    rate = 44100
    heard = to_telephone(tone(440.0, 20.0, rate), rate)
    wanted = tone(440.0, 20.0, RATE)
    assert np.abs(heard - wanted)[400:-400].max() < 0.003


@settings(max_examples=60)
@given(st.sampled_from(RATES), st.integers(0, 30_000))
def test_a_sound_keeps_its_length(rate: int, count: int) -> None:
    assert len(to_telephone(np.zeros(count), rate)) == -(-count * RATE // rate)


def test_full_scale_is_cut_and_not_wrapped() -> None:
    assert as_samples(np.array([-2.0, -1.0, 0.0, 1.0, 2.0])).tolist() == [-32768, -32767, 0, 32767, 32767]


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("sides", [1, 2, 5])
@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_every_width_and_number_of_sides_is_read(width: int, sides: int, rate: int) -> None:
    recorded = read_wav(file_of([tone(1000.0, 1.0, rate)] * sides, rate, width))
    assert recorded.faults == () and recorded.seconds == pytest.approx(1.0, abs=0.001)
    assert level_of(recorded.samples / 32767, 1000.0) == pytest.approx(0.5, abs=0.01)


def test_sides_are_mixed() -> None:
    recorded = read_wav(file_of([tone(500.0, 1.0, RATE), tone(1500.0, 1.0, RATE)], RATE))
    assert level_of(recorded.samples / 32767, 500.0) == pytest.approx(0.25, abs=0.01)
    assert level_of(recorded.samples / 32767, 1500.0) == pytest.approx(0.25, abs=0.01)


def test_our_own_files_come_back_as_they_were() -> None:
    samples = as_samples(tone(700.0, 0.5, RATE))
    assert np.array_equal(read_wav(wav_bytes(samples)).samples, samples)


def float_wav() -> bytes:
    body = tone(1000.0, 1.0, RATE).astype("<f4").tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(body),
        b"WAVE",
        b"fmt ",
        16,
        3,
        1,
        RATE,
        RATE * 4,
        4,
        32,
        b"data",
        len(body),
    )
    return head + body


GOOD = file_of([tone(1000.0, 1.0, RATE)], RATE)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "ファイルが空です"),
        (b"ID3\x03mp3", "WAVファイルとして読めません"),
        (b"RIFF", "WAVファイルとして読めません"),
        (GOOD[:30], "WAVファイルとして読めません"),
        (float_wav(), "WAVファイルとして読めません"),
        (file_of([tone(1000.0, 1.0, 200_000)], 200_000), "WAVファイルとして読めません"),
        (file_of([tone(1000.0, 1.0, 3999)], 3999), "WAVファイルとして読めません"),
        (file_of([tone(1000.0, 0.5, RATE)] * 9, RATE), "WAVファイルとして読めません"),
        (file_of([tone(1000.0, 0.05, RATE)], RATE), "音が入っていません"),
        (file_of([np.zeros(0)], RATE), "音が入っていません"),
        (file_of([np.zeros(4000 * 601)], 4000, 1), "長さが10分あります。10分まで"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(NotASound, match=sentence) as error:
        read_wav(data)
    assert str(error.value).endswith("。")


def test_a_file_that_is_too_big_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MOST_BYTES", len(GOOD) - 1)
    with pytest.raises(NotASound, match="大きすぎます"):
        read_wav(GOOD)


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.tuples(st.integers(0, 60), st.integers(0, 255), st.integers(44, 400)).map(
    lambda change: bytes([*GOOD[: change[0]], change[1], *GOOD[change[0] + 1 : change[2]]])))  # fmt: skip
def test_no_file_does_more_than_be_refused(data: bytes) -> None:
    try:
        assert read_wav(data).seconds > 0
    except NotASound as error:
        assert str(error)


# --- faults -----------------------------------------------------------------------------------------------------------


def faults(signal: np.ndarray) -> str:
    return " ".join(read_wav(file_of([signal], RATE)).faults)


def test_a_good_recording_has_no_fault() -> None:
    assert faults(tone(1000.0, 5.0, RATE)) == ""
    assert faults(tone(1000.0, 2.0, RATE, level=0.03)) == ""


def test_silence_and_low_sound_are_told() -> None:
    assert "ほとんど入っていません" in faults(np.zeros(RATE))
    assert "ほとんど入っていません" in faults(tone(1000.0, 2.0, RATE, level=0.0008))
    assert "小さくて" in faults(tone(1000.0, 2.0, RATE, level=0.01))
    assert faults(np.concatenate([tone(1000.0, 0.5, RATE), np.zeros(RATE * 4)])) == "", "pauses don't count"


def test_clipping_is_told_and_a_single_peak_is_none() -> None:
    assert "音が割れている" in faults(np.clip(tone(200.0, 2.0, RATE, level=3.0), -1, 1))
    peak = tone(200.0, 2.0, RATE)
    peak[100:110] = 1.0
    assert faults(peak) == ""
    assert sounds._is_clipped(np.ones((3, 1))) is False


def test_clipping_of_one_side_is_told() -> None:
    loud = np.clip(tone(200.0, 1.0, RATE, level=3.0), -1, 1)
    assert "音が割れている" in " ".join(read_wav(file_of([np.zeros(RATE), loud], RATE)).faults)


def test_what_is_too_long_for_a_prompt_is_told() -> None:
    assert "長さが61秒あります。電話の案内は、60秒まで" in faults(tone(1000.0, 61.0, RATE))


def test_a_file_that_is_cut_off_is_told() -> None:
    assert "途中で切れています" in " ".join(read_wav(GOOD[: len(GOOD) // 2]).faults)
    assert "途中で切れています" in " ".join(read_wav(GOOD[: len(GOOD) // 2 + 1]).faults)


def test_levels_of_nothing() -> None:
    nothing = np.zeros(0, np.int16)
    assert loudness(nothing) == -120.0 and loudness(np.zeros(RATE, np.int16)) == -120.0
    assert loudness(as_samples(tone(1000.0, 1.0, RATE, level=1.0))) == pytest.approx(-3.01, abs=0.05)
    assert "ほとんど入っていません" in faults_of(nothing)[0]


def test_silence_around_a_sound_is_cut() -> None:
    heard = as_samples(np.concatenate([np.zeros(RATE), tone(1000.0, 0.5, RATE), np.zeros(RATE)]))
    assert len(trimmed(heard)) == pytest.approx(RATE // 2 + 2 * (RATE // 100), abs=8)
    assert len(trimmed(np.zeros(RATE, np.int16))) == 0
