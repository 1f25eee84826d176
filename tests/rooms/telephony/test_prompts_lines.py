"""The lines of a flow: prepared one by one, named while somebody listens, and never silent."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from caasis.engines.ivr import Office, Sound
from caasis.engines.ivr.turn import fill
from caasis.telephony.prompts import PromptStore, Tones, names_of, prepare, wav_bytes
from tests.engines.ivr_flows import box, flow_of, ja
from tests.rooms.telephony.test_prompts_store import Recorder, tone

FLOW = flow_of(
    box("announce", "first", {"next": "away"}, say={"ja": {"text": "こんにちは。", "prompt": "hello"}, "en": "Hello."}),
    box("triage", "away", {"next": "mute", "unknown": "queue"}, say=ja("〔{number}〕です。"), office="tax"),
    box("announce", "mute", {"next": "bye"}, say=ja("。")),
)


def test_every_line_is_made_ready_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    speech = Recorder()
    store = PromptStore(tmp_path, speech)
    prepared = {one.sound.text: one for one in prepare(store, FLOW)}
    assert prepared["こんにちは。"].seconds == pytest.approx(0.6) and prepared["こんにちは。"].faults == ()
    assert "読み上げられません" in prepared["Hello."].faults[0] and prepared["Hello."].seconds == 0.0
    assert "文字がありません" in prepared["。"].faults[0]
    assert not any("{" in text for text in prepared), "what is filled in is not known yet"
    asked = len(speech.asked)
    assert [one.seconds for one in prepare(store, FLOW)] == [one.seconds for one in prepared.values()]
    assert len(speech.asked) == asked + 1, "only the line that can't be said is tried again"


def test_a_recording_is_prepared_in_the_place_of_speech(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, Recorder())
    store.record("hello", wav_bytes(tone(1.5, level=0.0)))
    hello = next(one for one in prepare(store, FLOW) if one.sound.prompt == "hello")
    assert hello.seconds == 1.5 and "ほとんど入っていません" in hello.faults[0]


def test_who_listens_hears_the_lines_in_order(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, Recorder())
    recorded = store.record("hello", wav_bytes(tone(1.0)))
    personal = Sound(text="〔12〕ですね。", personal=True)
    names = names_of(store, [Sound(text="はい。"), Sound(text="こんにちは。", prompt="hello"), personal])
    assert names[0].startswith("say-") and names[1] == recorded.name and len(names) == 2 + 3
    assert all(store.path_of(name).exists() for name in names)


@pytest.mark.parametrize("sound", [Sound(text="Hello.", language="en"), Sound(text="。")])
def test_a_line_that_cannot_be_said_is_a_signal_and_is_logged(
    tmp_path: Path, sound: Sound, caplog: pytest.LogCaptureFixture
) -> None:
    store = PromptStore(tmp_path, Recorder())
    with caplog.at_level(logging.WARNING):
        assert names_of(store, [sound]) == (store.built_in("attention").name,)
    assert "can't be said" in caplog.text and sound.text not in caplog.text, "a line may hold what nobody may log"


def test_a_machine_that_cannot_speak_still_plays_something(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, Tones())
    assert store.notice and all(one.seconds > 1 for one in prepare(store, FLOW))


def test_what_is_filled_in_is_spoken_before_anybody_calls(tmp_path: Path) -> None:
    speech = Recorder()
    store = PromptStore(tmp_path, speech)
    flow = flow_of(
        box("triage", "away", {"next": "ask", "unknown": "queue"}, say=ja("{office}は〔{number}〕です。"), office="tax"),
        box("collect", "ask", {"collected": "bye", "no_key": "queue"}, say=ja("番号をどうぞ。"), say_done=ja("{digits}ですね。"),
            stored_as="case", least=2, most=8),
    )  # fmt: skip
    list(prepare(store, flow, offices={"tax": Office("見本税務署", "03-5555-0123")}))
    asked = len(speech.asked)
    names_of(
        store,
        [Sound(text="見本税務署は〔03-5555-0123〕です。"), Sound(text="〔9073〕ですね。", personal=True)],
    )
    assert len(speech.asked) == asked, "nothing is left to be spoken while somebody listens"


def test_what_a_caller_entered_is_no_file_of_its_own_however_its_line_is_written(tmp_path: Path) -> None:
    for text in ("{digits}ですね。", "〔{digits}〕ですね。"):
        filled = fill(text, {"digits": "90731234"})
        assert filled == "〔90731234〕ですね。"
        speech = Recorder()
        names_of(PromptStore(tmp_path, speech), [Sound(text=filled, personal=True)])
        assert not any("9073" in asked for asked, _ in speech.asked)


def test_music_is_a_recording_a_built_in_sound_or_never_silence(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, Recorder())
    music = store.built_in("hold_music").name
    assert store.named("hold_music").name == music == store.named("gone").name == store.named("no name!").name
    recorded = store.record("spring", wav_bytes(tone(1.0))).name
    assert store.named("spring").name == recorded
    (tmp_path / "recorded" / "spring.wav").write_bytes(b"not a sound")
    assert store.named("spring").name == music
    (tmp_path / "recorded" / "hold_music.wav").write_bytes(b"not a sound")
    assert store.named("hold_music").name == music
