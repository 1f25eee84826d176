"""Japanese speech by the real synthesiser: what it says is what was meant, and it comes without a network."""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import caasis.telephony
from caasis.engines.ivr import Flow, Sound, estimated_seconds, every_sound, read_flow, review
from caasis.engines.japanese.spoken import COUNTERS, counter_kana, pieces
from caasis.telephony import prompts
from caasis.telephony.prompts import ATTRIBUTION, RATE, CannotSpeak, OpenJTalk, PromptStore, Tones, Voice, local_speech
from caasis.telephony.prompts.open_jtalk import sounds_of
from caasis.telephony.prompts.sound import faults_of, loudness
from tests.engines.test_spoken import TABLE, rows

SPEECH = OpenJTalk()
FLOW = Path(caasis.telephony.__file__).parent / "data" / "flows" / "consumer_centre.toml"


def reading(text: str) -> str:
    return sounds_of(SPEECH._library.g2p(text, kana=True))


# --- readings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kana", "heard"),
    [("ジュー", "ジュウ"), ("ジュウ", "ジュウ"), ("レイジ", "レエジ"), ("レージ", "レエジ"), ("トオカ", "トオカ"), ("トーカ", "トオカ"),
     ("ヲ、ヅ。ヂ", "オズジ"), ("きゅう", "キュウ"), ("abcイチ", "イチ"), ("ー", ""), ("", "")],
)  # fmt: skip
def test_two_spellings_of_one_sound_are_alike(kana: str, heard: str) -> None:
    assert sounds_of(kana) == heard


def test_every_number_of_the_table_is_said_as_it_is_spelled() -> None:
    """That the spelling is right is for tests/engines/test_spoken.py to say."""
    wrong = []
    for written, _ in rows(TABLE):
        said, at = reading(SPEECH.spelled(written)), 0
        for piece in pieces(written, katakana=True):
            meant = sounds_of(piece.spoken)
            if piece.spoken != piece.written and (at := said.find(meant, at)) < 0:
                wrong.append((written, meant, said))
                break
    assert not wrong


def test_every_counter_is_said_as_it_is_spelled() -> None:
    wrong = []
    for counter in COUNTERS:
        for value in (1, 3, 4, 6, 7, 8, 9, 10, 14, 20, 100, 300, 1000):
            meant = sounds_of(counter_kana(value, counter))
            said = reading(SPEECH.spelled(f"{value}{counter}"))
            if meant != said:
                wrong.append((value, counter, meant, said))
    assert not wrong


def test_numbers_stay_written_where_they_are_read_rightly_and_are_spelled_where_they_are_not() -> None:
    assert SPEECH.spelled("約3分お待ちください。") == "約3分お待ちください。"
    assert SPEECH.spelled("7人です。") == "ナナニンです。"
    assert SPEECH.spelled("188番です。") == "イチハチハチバンです。"
    assert SPEECH.spelled("数字はありません。") == "数字はありません。"


def test_hiragana_would_be_misread_and_is_not_used() -> None:
    assert reading("はちばん") != sounds_of("ハチバン"), "the reason why numbers are spelled in katakana"
    assert reading(SPEECH.spelled("8番を押してください。")).startswith("ハチバンオ")


def test_a_number_that_is_read_otherwise_in_its_sentence_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = OpenJTalk()
    alone = {"3分": "サンプン"}
    monkeypatch.setattr(OpenJTalk, "_reading", lambda self, text: sounds_of(alone.get(text, "サンブノイチ")))
    assert speech.spelled("約3分です。") == "約サンプンです。"


# --- sound ------------------------------------------------------------------------------------------------------------


def test_a_sentence_becomes_sound_of_the_telephone() -> None:
    heard = SPEECH.speak("お電話ありがとうございます。", voice=Voice())
    assert heard.dtype == np.int16 and heard.ndim == 1
    assert 1.0 < len(heard) / RATE < 4.0
    assert faults_of(heard) == () and -20 < loudness(heard) < -5
    assert np.abs(heard.astype(int)).max() / 32768 == pytest.approx(0.7, abs=0.001)
    power = np.abs(np.fft.rfft(heard.astype(float))) ** 2
    hertz = np.fft.rfftfreq(len(heard), 1 / RATE)
    assert power[hertz > 3960].sum() < 1e-5 * power.sum()
    assert power[(hertz > 200) & (hertz < 3400)].sum() > 0.5 * power.sum()


def test_the_same_text_is_the_same_sound_and_the_voice_changes_it() -> None:
    text = "相談員におつなぎします。"
    usual = SPEECH.speak(text, voice=Voice())
    assert np.array_equal(usual, SPEECH.speak(text, voice=Voice(name="mei")))
    assert len(SPEECH.speak(text, voice=Voice(speed=1.5))) < 0.8 * len(usual)
    assert not np.array_equal(usual, SPEECH.speak(text, voice=Voice(half_tone=3.0))[: len(usual)])


@pytest.mark.parametrize("text", ["", "。。。", "   ", "\n", "「」"])
def test_nothing_to_say_is_told(text: str) -> None:
    with pytest.raises(CannotSpeak, match="読み上げられる文字がありません"):
        SPEECH.speak(text, voice=Voice())


def test_a_voice_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotSpeak, match="「taro」という声はありません"):
        SPEECH.speak("はい。", voice=Voice(name="taro"))


def test_a_synthesiser_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("synthesis failed")

    monkeypatch.setattr(SPEECH._library, "tts", fail)
    with pytest.raises(CannotSpeak, match="文を短くする"):
        SPEECH.speak("はい。", voice=Voice())


def test_a_line_as_long_as_a_flow_may_have_is_spoken() -> None:
    heard = SPEECH.speak("ご相談の内容を、ゆっくりお話しください。" * 25, voice=Voice(speed=2.0))
    assert len(heard) / RATE > 30


def test_strange_signs_do_no_harm() -> None:
    for text in ("①を押す🙂", "ＡＴＭ（ｶﾅ）", "x" * 50, "<b>太字</b>", "A\x00B\tC", "〔要確認〕です。"):
        assert len(SPEECH.speak(text, voice=Voice()))


def test_it_speaks_japanese_alone() -> None:
    assert SPEECH.speaks("ja") and SPEECH.speaks("ja-simple") and not SPEECH.speaks("en")
    assert SPEECH.notice == "" and "mei_normal" in SPEECH.version


def test_a_second_of_speech_costs_a_small_part_of_a_second() -> None:
    SPEECH.speak("はい。", voice=Voice())
    begin = time.process_time()
    heard = SPEECH.speak("ただいま電話が大変混み合っています。このままお待ちください。", voice=Voice())
    assert (time.process_time() - begin) / (len(heard) / RATE) < 0.5


def test_a_store_speaks_with_it(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, SPEECH)
    (ready,) = store.ready("ただいまの待ち時間は、約10分です。")
    assert ready.seconds > 2 and ready.faults == ()
    digits = store.ready("〔0120〕、ですね。", personal=True)
    assert len(digits) == 5 and all(0.1 < digit.seconds < 1.0 for digit in digits[:4])


# --- the library ------------------------------------------------------------------------------------------------------


def test_the_librarys_remark_is_kept_away_and_nothing_else() -> None:
    code = (
        "import sys, types\n"
        "from caasis.telephony.prompts.open_jtalk import OpenJTalk\n"
        "import builtins; real = builtins.__import__\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pyopenjtalk.yomi_model': print('something else')\n"
        "sys.meta_path.insert(0, Finder())\n"
        "OpenJTalk()._library\n"
        "print('done')\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert run.stdout == "something else\ndone\n"
    assert "ONNX" not in run.stdout + run.stderr


def test_the_voice_lies_in_the_package_and_its_licence_is_named() -> None:
    spec = find_spec("pyopenjtalk")
    assert spec is not None and spec.origin
    folder = Path(spec.origin).parent
    licence = (folder / "htsvoice" / "LICENSE_mei_normal.htsvoice").read_text(encoding="utf-8")
    assert "Creative Commons Attribution 3.0" in licence and 'HTS Voice "Mei"' in licence
    assert "Nagoya Institute of Technology" in licence
    assert 'HTS Voice "Mei"' in ATTRIBUTION and "CC BY 3.0" in ATTRIBUTION
    assert (folder / "dictionary" / "sys.dic").stat().st_size > 10**6
    assert (folder / "htsvoice" / "mei_normal.htsvoice").exists()


def test_a_machine_without_it_gets_tones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(local_speech(), OpenJTalk)
    monkeypatch.setattr(prompts, "is_installed", lambda: False)
    assert isinstance(local_speech(), Tones)


# --- the flow that an installation begins with ------------------------------------------------------------------------


def test_the_seed_flow_says_nothing_that_is_read_as_another_word() -> None:
    said = " ".join(reading(SPEECH.spelled(sound.text)) for sound in every_sound(seed()))
    for wanted in (
        "イチハチハチカラ",
        "コメジルシオ",
        "キュウオオシテ",
        "ヒャクトオバン",
        "シャアプキュウイチイチゼロ",
        "クジカラジュウロクジサンジュップンマデ",
        "イップンイナイ",
        "イワレテイルカタワ",
        "ナニモオサナイデ",
    ):
        assert sounds_of(wanted) in said, wanted
    assert "ホオワ" not in said, "方は is read かたは by people and ほうは by the synthesiser"


@pytest.mark.slow
def test_every_line_of_the_seed_flow_is_spoken_and_takes_about_as_long_as_estimated(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, SPEECH)
    lengths: dict[str, float] = {}
    for sound in every_sound(seed()):
        (ready,) = store.ready(sound.text)
        assert ready.faults == (), sound.text
        lengths[sound.text] = ready.seconds
        assert ready.seconds * 0.8 < estimated_seconds(sound) < ready.seconds * 1.5 + 0.5, sound.text

    def length_of(sound: Sound) -> float:
        return lengths.get(sound.text, 12.0)

    findings = review(seed(), length_of=length_of)
    assert findings.is_sound and findings.to_person is not None and findings.to_person.seconds < 180


def seed() -> Flow:
    return read_flow(tomllib.loads(FLOW.read_text(encoding="utf-8"))["flow"])
