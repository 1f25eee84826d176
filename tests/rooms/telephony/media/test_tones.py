"""Keys told by sound: every key under every trouble of a line, and speech that is no key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from caasis.telephony.adapters.embedded.media.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE
from caasis.telephony.adapters.embedded.media.tones import KEYS, ToneDetector, tone

KEYPAD = "123A456B789C*0#D"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
ALL = [*KEYS] * 8


@dataclass(frozen=True)
class Trouble:
    """How keys come over a line: milliseconds, amplitude of the low tone, level of the high one beside it in dB, noise (its
    standard deviation), and the share by which the frequencies are off.
    """

    on_ms: int = 60
    off_ms: int = 60
    amplitude: float = 4_000
    twist_db: float = 0
    noise: float = 0
    off_by: float = 0
    law: str = "mu"


def sound(keys: list[str], trouble: Trouble, seed: int = 1) -> np.ndarray:
    """Keys over a line, at random phases, beginning at no tick's beginning."""
    random = np.random.default_rng(seed)
    parts = [np.zeros(int(random.integers(1, 400)))]
    for key in keys:
        row, column = divmod(KEYPAD.index(key), 4)
        times = np.arange(trouble.on_ms * RATE // 1000) / RATE
        phases, off = random.uniform(0, 2 * np.pi, 2), 1 + trouble.off_by * random.choice((-1, 1), 2)
        high = 10 ** (trouble.twist_db / 20)
        parts.append(
            trouble.amplitude
            * (
                np.sin(2 * np.pi * LOW[row] * off[0] * times + phases[0])
                + high * np.sin(2 * np.pi * HIGH[column] * off[1] * times + phases[1])
            )
        )
        parts.append(np.zeros(trouble.off_ms * RATE // 1000))
    parts.append(np.zeros(RATE // 4))
    whole = np.concatenate(parts)
    whole = np.clip(whole + random.normal(0, trouble.noise, len(whole)), -32_768, 32_767).astype(np.int16)
    return decode_alaw(encode_alaw(whole)) if trouble.law == "a" else decode_ulaw(encode_ulaw(whole))


def detect(*lines: np.ndarray) -> list[list[tuple[str, int]]]:
    """The keys that are found on each line, with their milliseconds."""
    detector = ToneDetector(len(lines))
    found: list[list[tuple[str, int]]] = [[] for _ in lines]
    begun: list[list[str]] = [[] for _ in lines]
    for place in range(len(lines)):
        detector.listen(place, True)
    longest = max(len(line) for line in lines)
    padded = np.stack([np.pad(line, (0, longest - len(line))) for line in lines])
    for begin in range(0, longest - FRAME + 1, FRAME):
        for heard in detector.tick(padded[:, begin : begin + FRAME]):
            if heard.ended:
                found[heard.place].append((heard.digit, heard.duration_ms))
            else:
                begun[heard.place].append(heard.digit)
    assert begun == [[digit for digit, _ in line] for line in found]
    return found


TROUBLES = {
    "none": Trouble(),
    "40 ms of tone and pause": Trouble(on_ms=40, off_ms=40),
    "30 ms of pause": Trouble(on_ms=40, off_ms=30, noise=50),
    "A-law": Trouble(on_ms=40, off_ms=40, law="a"),
    "very loud": Trouble(amplitude=15_000),
    "quiet": Trouble(amplitude=400, noise=20),
    "high tone louder": Trouble(twist_db=8),
    "high tone quieter": Trouble(twist_db=-8),
    "noise 15 dB below": Trouble(noise=700),
    "off by 1.5 %": Trouble(on_ms=40, off_ms=40, off_by=0.015),
    "off by 1.8 %": Trouble(on_ms=50, off_ms=50, off_by=0.018, noise=100),
    "all of it": Trouble(on_ms=45, off_ms=40, twist_db=5, noise=250, off_by=0.015),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_every_key_is_found_once(trouble: Trouble):
    # Half of the keys are pressed twice in a row.
    keys = [key for key in np.random.default_rng(7).permutation(ALL) for _ in range(1 + KEYS.index(key) % 2)]
    found = detect(sound(keys, trouble))[0]
    assert [digit for digit, _ in found] == keys
    assert all(abs(duration - trouble.on_ms) <= 20 for _, duration in found)


REFUSED = {
    "23 ms": Trouble(on_ms=23, off_ms=60),
    "too quiet": Trouble(amplitude=60),
    "twist of 12 dB": Trouble(twist_db=12),
    "off by 4 %": Trouble(off_by=0.04),
    "noise as loud": Trouble(noise=4_000),
}


@pytest.mark.parametrize("trouble", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_key_is_not_found(trouble: Trouble):
    assert detect(sound(ALL, trouble))[0] == []


def test_a_break_of_10_ms_does_not_double_a_key():
    whole = tone("5", 0.2)
    whole[800:880] = 0
    [found] = detect(np.concatenate([np.zeros(333, np.int16), whole, np.zeros(800, np.int16)]))
    assert [digit for digit, _ in found] == ["5"]


def test_a_long_key_is_told_once_with_its_length():
    [found] = detect(np.concatenate([tone("#", 1.5), np.zeros(800, np.int16)]))
    assert found[0][0] == "#" and abs(found[0][1] - 1_500) <= 20 and len(found) == 1


def test_single_tones_and_other_pairs_are_no_keys():
    times = np.arange(RATE) / RATE
    for pair in ((697, 697), (1_209, 1_209), (697, 770), (1_209, 1_633), (400, 450), (350, 440), (480, 620)):
        both = 4_000 * (np.sin(2 * np.pi * pair[0] * times) + np.sin(2 * np.pi * pair[1] * times + 1))
        assert detect(both.astype(np.int16))[0] == []


def test_many_lines_at_once_are_as_one_by_one():
    lines = [sound(list(np.random.default_rng(seed).permutation(ALL)[:20]), Trouble(), seed) for seed in range(5)]
    assert detect(*lines) == [detect(line)[0] for line in lines]


def test_only_where_it_is_wanted():
    detector = ToneDetector(2)
    frames = np.stack([tone("1", 0.2).reshape(-1, FRAME)] * 2)
    assert [one for tick in range(10) for one in detector.tick(frames[:, tick])] == []
    detector.listen(1, True)
    assert [one.place for tick in range(10) for one in detector.tick(frames[:, tick])] == [1]
    detector.listen(1, False)
    assert [one for tick in range(10) for one in detector.tick(frames[:, tick])] == []
    # Legs that are not there any more are not looked at.
    detector.listen(1, True)
    assert detector.tick(frames[:1, 0]) == []


SENTENCES = (
    "消費生活センターでございます。お電話ありがとうございます。ただいま大変混み合っております。",
    "定期購入のご相談は1を、訪問販売のご相談は2を、架空請求のご相談は3を押してください。",
    "先月、インターネットで化粧品を注文したところ、二回目の商品が届き、解約したいのですが、電話がつながりません。",
    "いいいいい、うううう、えええ、おおおお、ああああ。ピーという発信音の後に、お名前とご用件をお話しください。",
    "もしもし、あの、ええと、昨日の夕方にですね、知らない番号から電話がかかってきまして、未納料金があると言われたんです。",
)


def speech(voices: tuple[int, ...], sentences: tuple[str, ...] = SENTENCES) -> np.ndarray:
    """Spoken Japanese at 8 kHz, as loud as a telephone, in voices by half tones."""
    import pyopenjtalk

    lowpass = np.sinc(np.arange(-120, 121) / 6.2) * np.hamming(241)
    lowpass /= lowpass.sum()
    parts = []
    for sentence in sentences:
        for voice in voices:
            wave, rate = pyopenjtalk.tts(sentence, half_tone=voice)
            assert rate == 6 * RATE
            narrow = np.convolve(wave, lowpass, "same")[::6]
            parts.append(12_000 * narrow / np.abs(narrow).max())
    return decode_ulaw(encode_ulaw(np.concatenate(parts).astype(np.int16)))


@pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")
def test_speech_is_no_key():
    said = speech((0,), SENTENCES[:2])
    assert len(said) > 12 * RATE
    assert detect(said, (said * 0.2).astype(np.int16)) == [[], []]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")
def test_minutes_of_speech_in_many_voices_are_no_key():
    said = speech((-8, -4, 4, 8, 12))
    assert len(said) > 180 * RATE
    assert (
        detect(said, (said * 0.2).astype(np.int16), np.clip(said * 2.5, -32_000, 32_000).astype(np.int16)) == [[]] * 3
    )


def test_keys_are_found_in_the_noise_of_a_street_and_over_music_before_and_after():
    random = np.random.default_rng(3)
    music = sum(2_000 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE) for hz in (262, 330, 392, 523))
    line = np.concatenate([music, sound(list("159"), Trouble(noise=300)), music])
    line = line + random.normal(0, 300, len(line))
    assert [digit for digit, _ in detect(line.astype(np.int16))[0]] == list("159")
