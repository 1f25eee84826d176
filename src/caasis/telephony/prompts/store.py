"""The folder of prompts: what was recorded, what is spoken, and the files that the telephone engine plays.

    FOLDER/NAME.wav           ready: 8 kHz, 16 bits, one side. The engine knows a sound by NAME.
    FOLDER/recorded/NAME.wav  recordings as they came, of any rate, width and number of sides

A ready file's name ends in a hash of what it holds: it never changes, and whoever has read it may keep it. Nothing that
a caller entered is ever written here: such numbers are put together from single digits.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from caasis.engines.japanese.spoken import speak
from caasis.telephony.prompts.ports import RATE, Samples, Speech, Voice
from caasis.telephony.prompts.sound import NotASound, faults_of, read_wav, trimmed, wav_bytes
from caasis.telephony.prompts.tones import BUILT_IN

log = logging.getLogger(__name__)

#: Names of built-in sounds that the switchboard plays.
HOLD_MUSIC, BEEP = "hold_music", "beep"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
#: A name has 80 signs at most; the hash takes 16 and a hyphen.
_STEM = 60
#: Between the digits of a number: so many samples of silence, and after every four more of it.
_GAP_S, _PAUSE_S = 0.06, 0.35
_GROUP = 4
_MARKED = re.compile("〔([^〔〕]*)〕")


class NoVoice(Exception):
    """Nobody speaks this language here, and there is no recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A sound that the engine can play by its name. faults: what its author should know, a sentence each."""

    name: str
    seconds: float
    recorded: bool
    faults: tuple[str, ...] = ()


class PromptStore:
    """Prompts by name or by text. A recording of a name replaces what would be spoken; a spoken text is made once.

    Several processes may use one folder: a file is written beside its place and moved there when it is whole.
    """

    def __init__(self, folder: Path, speech: Speech, *, voice: Voice | None = None) -> None:
        self._folder = folder
        self._speech = speech
        self._voice = voice or Voice()
        self._known: dict[tuple[str, ...], Ready] = {}
        (folder / "recorded").mkdir(parents=True, exist_ok=True)

    @property
    def notice(self) -> str:
        """What whoever runs the centre has to know of the speech, "" for nothing."""
        return self._speech.notice

    def speaks(self, language: str) -> bool:
        """Whether a text of this language is spoken here without a recording."""
        return self._speech.speaks(language)

    # --- what is played -----------------------------------------------------------------------------------------------

    def ready(self, text: str, *, prompt: str = "", language: str = "ja", personal: bool = False) -> tuple[Ready, ...]:
        """The sounds for a line, to be played one after another.

        That is the recording of this name if there is one that can be read, else the text, spoken. `personal`: the text
        holds a number of the caller's in the marks 〔 〕. Raises NoVoice and CannotSpeak. A recording that can't be read
        is told among the faults of what is played instead.
        """
        fault = ""
        if prompt and self._recording(prompt).exists():
            try:
                return (self._ready_recording(prompt),)
            except NotASound as error:
                fault = f"録音「{prompt}」を使えないため、読み上げています。{error}"
        if not self._speech.speaks(language):
            raise NoVoice(f"このことば（{language}）は読み上げられません。録音を付けてください。")
        if personal:
            return tuple(self._piece_by_piece(text))
        spoken = self._ready_speech(text)
        return (replace(spoken, faults=(fault, *spoken.faults)) if fault else spoken,)

    def built_in(self, name: str) -> Ready:
        """A sound without words (`tones.BUILT_IN`), or the recording of its name. Raises KeyError (name), NotASound."""
        make = BUILT_IN[name]
        if self._recording(name).exists():
            return self._ready_recording(name)
        return self._once(("built in", name), lambda: self._keep(name, make()))

    def named(self, name: str) -> Ready:
        """A sound that somebody chose by its name, such as hold music: a recording, or a built-in one.

        Where it is gone or can't be read: the built-in hold music, so that nobody waits in silence.
        """
        try:
            if name in BUILT_IN:
                return self.built_in(name)
            if self._recording(name).exists():
                return self._ready_recording(name)
        except (NotASound, ValueError):
            log.warning("a recording can't be played", extra={"check": name})
        return self._once(("built in", HOLD_MUSIC), lambda: self._keep(HOLD_MUSIC, BUILT_IN[HOLD_MUSIC]()))

    def path_of(self, name: str) -> Path:
        """The file of a ready sound, there or not. Raises ValueError for what is no name."""
        return self._folder / f"{_checked(name)}.wav"

    # --- recordings ---------------------------------------------------------------------------------------------------

    def record(self, name: str, data: bytes) -> Ready:
        """Keep a recording; it is played from now on where the name is asked for.

        Raises NotASound and ValueError (name).
        """
        path = self._recording(name)
        read_wav(data)
        _write(path, data)
        return self._ready_recording(name)

    def forget(self, name: str) -> bool:
        """Remove a recording: the text is spoken again.

        False when there was none. Raises ValueError for what is no name.
        """
        path = self._recording(name)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed

    def recordings(self) -> tuple[str, ...]:
        """Names of the recordings, in order. Files whose names are none are not seen."""
        found = (path.stem for path in (self._folder / "recorded").glob("*.wav"))
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    # --- making and keeping -------------------------------------------------------------------------------------------

    def _recording(self, name: str) -> Path:
        return self._folder / "recorded" / f"{_checked(name)}.wav"

    def _ready_recording(self, name: str) -> Ready:
        data = self._recording(name).read_bytes()

        def make() -> Ready:
            recorded = read_wav(data)
            return self._keep(name, recorded.samples, recorded=True, faults=recorded.faults)

        return self._once(("recording", name, _hash(data)), make)

    def _ready_speech(self, text: str) -> Ready:
        # The spelling is part of the key: where a reading is put right, the sound is made anew.
        key = ("speech", self._speech.version, str(self._voice), text, speak(text, katakana=True))
        return self._once(key, lambda: self._spoken(text, key))

    def _spoken(self, text: str, key: tuple[str, ...]) -> Ready:
        name = f"say-{_hash(*(part.encode() for part in key))}"
        kept = _read_ready(self.path_of(name))
        if kept is None:
            kept = self._speech.speak(text, voice=self._voice)
            _write(self.path_of(name), wav_bytes(kept))
        return Ready(name=name, seconds=len(kept) / RATE, recorded=False, faults=faults_of(kept))

    def _piece_by_piece(self, text: str) -> Iterator[Ready]:
        """What stands around the number as a text of its own, the number digit by digit."""
        end = 0
        for match in _MARKED.finditer(text):
            yield from self._words(text[end : match.start()])
            yield from self._signs(match[1])
            end = match.end()
        yield from self._words(text[end:])

    def _words(self, text: str) -> Iterator[Ready]:
        if re.search(r"\w", text):
            yield self._ready_speech(text)

    def _signs(self, number: str) -> Iterator[Ready]:
        for place, sign in enumerate(number, 1):
            pause_s = _PAUSE_S if place % _GROUP == 0 or place == len(number) else _GAP_S
            key = ("sign", self._speech.version, str(self._voice), sign, str(pause_s))
            yield self._once(key, partial(self._sign, sign, pause_s))

    def _sign(self, sign: str, pause_s: float) -> Ready:
        spoken = trimmed(self._speech.speak(f"〔{sign}〕", voice=self._voice))
        return self._keep("sign", np.concatenate([spoken, np.zeros(round(pause_s * RATE), np.int16)]))

    def _keep(self, stem: str, samples: Samples, *, recorded: bool = False, faults: tuple[str, ...] = ()) -> Ready:
        """Write a ready sound under its own hash, unless it is there."""
        data = wav_bytes(samples)
        name = f"{stem[:_STEM]}-{_hash(data)}"
        if not self.path_of(name).exists():
            _write(self.path_of(name), data)
        return Ready(name=name, seconds=len(samples) / RATE, recorded=recorded, faults=faults)

    def _once(self, key: tuple[str, ...], make: Callable[[], Ready]) -> Ready:
        """What was made before, as long as its file is there."""
        known = self._known.get(key)
        if known is None or not self.path_of(known.name).exists():
            known = self._known[key] = make()
        return known


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a prompt's name is 1 to 80 letters, digits, - and _")
    return name


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def _read_ready(path: Path) -> Samples | None:
    """A file of ours; None where there is none, or where it is not whole."""
    try:
        return read_wav(path.read_bytes()).samples
    except (FileNotFoundError, NotASound):
        return None


def _write(path: Path, data: bytes) -> None:
    """The whole file or none of it, also for who reads meanwhile."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
