"""Japanese speech by Open JTalk, through the library pyopenjtalk-plus: dictionary and voice lie inside its package.

Licences, as the package's files state them: the library is under the MIT licence, its dictionary and Open JTalk under
BSD-like licences of three clauses. The voice is HTS Voice "Mei", Copyright (c) 2009-2013 Nagoya Institute of
Technology, Department of Computer Science (MMDAgent Project Team), under the Creative Commons Attribution 3.0 licence:
where sound made with it is passed on, it has to be named.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
import warnings
from collections.abc import Iterable
from functools import cached_property
from importlib import import_module, metadata
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from caasis.engines.japanese import to_katakana
from caasis.engines.japanese.spoken import Piece, pieces
from caasis.telephony.prompts.ports import CannotSpeak, Samples, Voice
from caasis.telephony.prompts.sound import as_samples, to_telephone

ATTRIBUTION = 'HTS Voice "Mei" (c) 2009-2013 Nagoya Institute of Technology, CC BY 3.0'
_LIBRARY = "pyopenjtalk"
#: The library's remark, printed when it is imported, that an optional part is missing. Prompts don't need that part.
_REMARK = re.compile(r".*ONNX Runtime.*\n")
_FULL_SCALE = 32768.0
#: The loudest moment of a prompt, of full scale; and what is less than that is silence.
_PEAK, _NOTHING = 0.7, 1e-4
#: Changes when this file makes another sound of the same text.
_OWN_VERSION = 1


def is_installed() -> bool:
    """Whether the library is there."""
    return find_spec(_LIBRARY) is not None


class OpenJTalk:
    """The adapter. Safe to use from several threads: the library takes one sentence at a time."""

    notice = ""

    def __init__(self) -> None:
        self._ready = threading.local()

    @cached_property
    def version(self) -> str:
        return f"open_jtalk {_OWN_VERSION} {metadata.version('pyopenjtalk-plus')} mei_normal"

    def speaks(self, language: str) -> bool:
        return language.partition("-")[0] == "ja"

    def speak(self, text: str, *, voice: Voice) -> Samples:
        """The text in the voice Mei; a voice of another name does not exist.

        About 0.05 seconds of CPU for one of speech.
        """
        if voice.name not in ("", "mei"):
            raise CannotSpeak(f"「{voice.name}」という声はありません。")
        try:
            signal, rate = self._library.tts(self.spelled(text), voice.speed, voice.half_tone, predict_nani=False)
        except RuntimeError as error:
            raise CannotSpeak("この文は読み上げられません。文を短くするか、記号を減らしてください。") from error
        heard = to_telephone(signal / _FULL_SCALE, rate)
        loudest = float(np.abs(heard).max(initial=0.0))
        if loudest < _NOTHING:
            raise CannotSpeak("読み上げられる文字がありません。文を入れてください。")
        return as_samples(heard * (_PEAK / loudest))

    def spelled(self, text: str) -> str:
        """The text as it is given to the synthesiser.

        A number stays as it is written where the synthesiser reads it as `japanese.spoken` does, because it knows the
        accent of such words; else it is spelled in katakana. Whether a number is read alike is asked of it alone and
        once more in its sentence.
        """
        cut = pieces(text, katakana=True)
        chosen = "".join(self._written_or_spoken(piece) for piece in cut)
        numbers = [sounds_of(piece.spoken) for piece in cut if piece.spoken != piece.written]
        if _are_in_order(numbers, self._reading(chosen)):
            return chosen
        return "".join(piece.spoken for piece in cut)

    def _written_or_spoken(self, piece: Piece) -> str:
        alike = piece.written == piece.spoken or self._reading(piece.written) == sounds_of(piece.spoken)
        return piece.written if alike else piece.spoken

    def _reading(self, text: str) -> str:
        return sounds_of(self._library.g2p(text, kana=True, predict_nani=False))

    @property
    def _library(self) -> ModuleType:
        """The library, ready for this thread."""
        if not hasattr(self._ready, "library"):
            library = self._imported
            with warnings.catch_warnings():
                # It opens its word list once for each thread, by a name that the list's library would like to see
                # changed.
                warnings.filterwarnings("ignore", r"Dictionary\.create\(\) is deprecated", DeprecationWarning)
                library.utils.get_sudachi_tokenizer()
            self._ready.library = library
        ready: ModuleType = self._ready.library
        return ready

    @cached_property
    def _imported(self) -> ModuleType:
        """Imported at the first use: its dictionary takes some 100 MB of address space."""
        heard = io.StringIO()
        with contextlib.redirect_stdout(heard):
            library = import_module(_LIBRARY)
        # Whatever else was printed meanwhile belongs on the terminal.
        sys.stdout.write(_REMARK.sub("", heard.getvalue()))
        return library


_VOWELS = {
    sign: vowel
    for vowel, signs in (
        ("ア", "アカサタナハマヤラワガザダバパャァヮ"),
        ("イ", "イキシチニヒミリギジヂビピィ"),
        ("ウ", "ウクスツヌフムユルグズヅブプュゥヴ"),
        ("エ", "エケセテネヘメレゲゼデベペェ"),
        ("オ", "オコソトノホモヨロゴゾドボポョォヲ"),
    )
    for sign in signs
}
_SAME = str.maketrans("ヲヂヅ", "オジズ")


def sounds_of(kana: str) -> str:
    """Kana as they sound: katakana, long vowels written out (ジュー, ジュウ → ジュウ; レー, レイ → レエ), no pauses."""
    heard = ""
    for sign in to_katakana(kana).translate(_SAME):
        vowel = _VOWELS.get(heard[-1:], "")
        if sign == "ー" or (sign == "イ" and vowel == "エ") or (sign == "ウ" and vowel == "オ"):
            heard += vowel
        elif "ァ" <= sign <= "ヺ":
            heard += sign
    return heard


def _are_in_order(parts: Iterable[str], whole: str) -> bool:
    at = 0
    for part in parts:
        found = whole.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True
