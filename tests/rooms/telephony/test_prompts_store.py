"""The folder of prompts: recordings go before speech, speech is made once, and nothing half-written is ever seen."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from caasis.telephony.prompts import (
    BUILT_IN,
    RATE,
    CannotSpeak,
    NotASound,
    NoVoice,
    PromptStore,
    Samples,
    Tones,
    Voice,
    read_wav,
    wav_bytes,
)
from caasis.telephony.prompts.tones import attention


class Recorder:
    """A synthesiser that writes down what it is asked for: a tone of a tenth of a second for each character."""

    def __init__(self, version: str = "1", notice: str = "") -> None:
        self.version = version
        self.notice = notice
        self.asked: list[tuple[str, Voice]] = []

    def speaks(self, language: str) -> bool:
        return language == "ja"

    def speak(self, text: str, *, voice: Voice) -> Samples:
        self.asked.append((text, voice))
        if not text.strip("。"):
            raise CannotSpeak("読み上げられる文字がありません。")
        return tone(0.1 * len(text))


def tone(seconds: float, level: float = 0.5) -> Samples:
    at = np.arange(round(RATE * seconds)) / RATE
    return np.rint(level * 32767 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)


def played(store: PromptStore, name: str) -> Samples:
    return read_wav(store.path_of(name).read_bytes()).samples


@pytest.fixture
def speech() -> Recorder:
    return Recorder()


@pytest.fixture
def store(tmp_path: Path, speech: Recorder) -> PromptStore:
    return PromptStore(tmp_path, speech)


# --- speech -----------------------------------------------------------------------------------------------------------


def test_a_text_is_spoken_once_and_kept_under_a_name_that_the_engine_takes(
    store: PromptStore, speech: Recorder
) -> None:
    (ready,) = store.ready("お待ちください。")
    assert ready.seconds == pytest.approx(0.8) and not ready.recorded and ready.faults == ()
    assert ready.name.startswith("say-") and store.path_of(ready.name).exists()
    assert len(played(store, ready.name)) == 6400
    assert store.ready("お待ちください。") == (ready,) and len(speech.asked) == 1


def test_the_folder_remembers_over_a_restart(tmp_path: Path, store: PromptStore, speech: Recorder) -> None:
    first = store.ready("はい。")
    assert PromptStore(tmp_path, speech).ready("はい。") == first and len(speech.asked) == 1


@pytest.mark.parametrize("change", ["version", "voice", "text"])
def test_another_version_voice_or_text_is_another_sound(tmp_path: Path, store: PromptStore, change: str) -> None:
    (first,) = store.ready("はい。")
    other = Recorder(version="2") if change == "version" else Recorder()
    voice = Voice(speed=1.2) if change == "voice" else None
    (second,) = PromptStore(tmp_path, other, voice=voice).ready("いいえ。" if change == "text" else "はい。")
    assert second.name != first.name and other.asked == [
        ("いいえ。" if change == "text" else "はい。", voice or Voice())
    ]


def test_a_sound_that_is_gone_or_broken_is_made_anew(tmp_path: Path, store: PromptStore, speech: Recorder) -> None:
    (ready,) = store.ready("はい。")
    store.path_of(ready.name).unlink()
    assert store.ready("はい。") == (ready,) and len(speech.asked) == 2
    store.path_of(ready.name).write_bytes(b"RIFFbroken")
    assert PromptStore(tmp_path, speech).ready("はい。") == (ready,) and len(speech.asked) == 3
    assert len(played(store, ready.name)) == 2400


def test_what_cannot_be_spoken_is_told(store: PromptStore) -> None:
    with pytest.raises(CannotSpeak, match="読み上げられる文字がありません"):
        store.ready("。")
    with pytest.raises(NoVoice, match="録音を付けてください"):
        store.ready("Hello.", language="en")


def test_a_prompt_that_takes_too_long_is_told(store: PromptStore) -> None:
    (ready,) = store.ready("あ" * 601)
    assert "長さが60秒あります" in ready.faults[0] or "長さが61秒" in ready.faults[0]


def test_the_notice_of_the_speech_is_passed_on(tmp_path: Path) -> None:
    assert PromptStore(tmp_path, Recorder(notice="合図です。")).notice == "合図です。"


@pytest.mark.parametrize("wrong", [{"speed": 0.4}, {"speed": 2.1}, {"half_tone": 13.0}])
def test_a_voice_keeps_within_bounds(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="voice"):
        Voice(**wrong)  # type: ignore[arg-type]


# --- what a caller entered --------------------------------------------------------------------------------------------


def test_a_callers_number_is_put_together_from_digits_and_never_written(
    tmp_path: Path, store: PromptStore, speech: Recorder
) -> None:
    pieces = store.ready("番号は、〔09012〕、ですね。", personal=True)
    assert [text for text, _ in speech.asked] == ["番号は、", "〔0〕", "〔9〕", "〔1〕", "〔2〕", "、ですね。"]
    assert not any("09012" in text for text, _ in speech.asked)
    assert len(pieces) == 7 and pieces[1] == pieces[3], "the same digit is the same sound"
    assert pieces[4].seconds > pieces[3].seconds, "after four digits there is a breath"
    names = {piece.name for piece in pieces}
    assert {path.stem for path in tmp_path.glob("*.wav")} == names
    before = len(speech.asked)
    assert store.ready("〔21〕", personal=True) and len(speech.asked) - before <= 2


def test_a_personal_line_may_be_nothing_but_the_number(store: PromptStore) -> None:
    assert len(store.ready("〔12〕。", personal=True)) == 2


# --- recordings -------------------------------------------------------------------------------------------------------


def test_a_recording_replaces_what_would_be_spoken_and_gives_way_again(store: PromptStore, speech: Recorder) -> None:
    kept = store.record("greeting", wav_bytes(tone(2.0)))
    assert kept.recorded and kept.seconds == 2.0 and kept.name.startswith("greeting-")
    assert store.ready("こんにちは。", prompt="greeting") == (kept,) and speech.asked == []
    assert store.ready("Hello.", prompt="greeting", language="en") == (kept,)
    assert store.recordings() == ("greeting",)
    assert store.forget("greeting") and not store.forget("greeting")
    assert not store.ready("こんにちは。", prompt="greeting")[0].recorded and store.recordings() == ()


def test_a_name_without_a_recording_is_spoken(store: PromptStore) -> None:
    assert not store.ready("こんにちは。", prompt="greeting")[0].recorded


def test_a_new_recording_has_a_new_name(store: PromptStore) -> None:
    first = store.record("greeting", wav_bytes(tone(1.0)))
    second = store.record("greeting", wav_bytes(tone(1.5)))
    assert first.name != second.name and store.path_of(first.name).exists(), "who plays the old one is not cut off"
    assert store.ready("", prompt="greeting") == (second,)


def test_a_recording_that_somebody_laid_into_the_folder_counts(tmp_path: Path, store: PromptStore) -> None:
    (tmp_path / "recorded" / "bye.wav").write_bytes(wav_bytes(tone(1.0)))
    (tmp_path / "recorded" / "さようなら.wav").write_bytes(wav_bytes(tone(1.0)))
    assert store.recordings() == ("bye",) and store.ready("さようなら。", prompt="bye")[0].recorded


def test_a_recording_with_faults_is_kept_and_they_are_told(store: PromptStore) -> None:
    assert "ほとんど入っていません" in store.record("quiet", wav_bytes(tone(1.0, level=0.0))).faults[0]


def test_a_file_that_is_no_sound_is_not_kept(store: PromptStore) -> None:
    store.record("greeting", wav_bytes(tone(1.0)))
    with pytest.raises(NotASound, match="WAV"):
        store.record("greeting", b"mp3")
    assert store.ready("x", prompt="greeting")[0].recorded, "the one before stays"


def test_a_broken_recording_in_the_folder_is_told_and_the_text_is_spoken(tmp_path: Path, store: PromptStore) -> None:
    (tmp_path / "recorded" / "greeting.wav").write_bytes(b"RIFF")
    (ready,) = store.ready("こんにちは。", prompt="greeting")
    assert not ready.recorded and "録音「greeting」を使えない" in ready.faults[0]
    with pytest.raises(NoVoice):
        store.ready("Hello.", prompt="greeting", language="en")


@pytest.mark.parametrize("name", ["", "../etc", "a b", "x" * 81, "録音", ".hidden"])
def test_a_name_never_leaves_the_folder(store: PromptStore, name: str) -> None:
    with pytest.raises(ValueError, match="prompt's name"):
        store.record(name, wav_bytes(tone(1.0)))
    with pytest.raises(ValueError, match="prompt's name"):
        store.path_of(name)


def test_a_long_name_stays_a_name(store: PromptStore) -> None:
    assert len(store.record("x" * 80, wav_bytes(tone(1.0))).name) <= 80


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, store: PromptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record("greeting", wav_bytes(tone(1.0)))
    before = sorted(path.name for path in tmp_path.rglob("*"))

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.record("greeting", wav_bytes(tone(2.0)))
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    monkeypatch.undo()
    assert store.ready("x", prompt="greeting")[0].seconds == 1.0


def test_who_reads_meanwhile_sees_the_old_file_or_the_new_one(tmp_path: Path, store: PromptStore) -> None:
    path = tmp_path / "recorded" / "greeting.wav"
    short, long = wav_bytes(tone(1.0)), wav_bytes(tone(1.5))
    store.record("greeting", short)
    seen: set[bytes] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(30):
        store.record("greeting", long if turn % 2 else short)
    stop.set()
    reader.join()
    assert seen <= {short, long}


# --- sounds without words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_sounds_without_words_are_there_and_can_be_replaced(tmp_path: Path, store: PromptStore, name: str) -> None:
    made = store.built_in(name)
    assert made.name.startswith(name) and not made.recorded and made.faults == ()
    samples = played(store, made.name)
    assert np.abs(samples).max() > 3000 and np.abs(samples.astype(int)).max() < 32767
    assert PromptStore(tmp_path, Recorder()).built_in(name) == made
    assert store.record(name, wav_bytes(tone(1.0))) == store.built_in(name)
    with pytest.raises(KeyError):
        store.built_in("waltz")


def test_the_music_can_go_round_without_a_seam() -> None:
    music = BUILT_IN["hold_music"]().astype(int)
    assert len(music) / RATE == pytest.approx(32.0)
    steps = np.abs(np.diff(np.concatenate([music, music[:1]])))
    assert steps[-1] <= steps.max()
    assert abs(int(music.mean())) < 50


# --- where nothing can speak ------------------------------------------------------------------------------------------


def test_tones_say_that_they_are_no_speech() -> None:
    tones = Tones()
    assert "読み上げられません" in tones.notice and tones.speaks("xx")
    heard = tones.speak("こんにちは。", voice=Voice())
    assert np.array_equal(heard[: len(attention())], attention()) and not heard[len(attention()) :].any()
    assert np.array_equal(heard, tones.speak("別の文。", voice=Voice(speed=2.0)))


def test_tones_may_be_silent() -> None:
    silent = Tones(audible=False)
    assert not silent.speak("x", voice=Voice()).any() and silent.version != Tones().version
