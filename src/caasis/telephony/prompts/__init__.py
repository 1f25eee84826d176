"""What callers hear: prompts spoken by a synthesiser or recorded by a person, as files that the engine plays."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from caasis.telephony.prompts.lines import Prepared, names_of, prepare, prepare_line
from caasis.telephony.prompts.open_jtalk import ATTRIBUTION, OpenJTalk, is_installed
from caasis.telephony.prompts.ports import RATE, CannotSpeak, Samples, Speech, Voice
from caasis.telephony.prompts.sound import NotASound, Recorded, read_wav, wav_bytes
from caasis.telephony.prompts.store import BEEP, HOLD_MUSIC, NoVoice, PromptStore, Ready
from caasis.telephony.prompts.tones import BUILT_IN, Tones

__all__ = [
    "ATTRIBUTION",
    "BEEP",
    "BUILT_IN",
    "HOLD_MUSIC",
    "RATE",
    "CannotSpeak",
    "NoVoice",
    "NotASound",
    "OpenJTalk",
    "Prepared",
    "PromptStore",
    "Ready",
    "Recorded",
    "Samples",
    "Speech",
    "Tones",
    "Voice",
    "is_installed",
    "local_speech",
    "names_of",
    "open_store",
    "prepare",
    "prepare_line",
    "read_wav",
    "wav_bytes",
]


def local_speech() -> Speech:
    """What speaks on this machine: Open JTalk where it is installed, else tones, which say so."""
    return OpenJTalk() if is_installed() else Tones()


def open_store() -> PromptStore:
    """The process's store: the folder TELEPHONY_PROMPTS, spoken by what TELEPHONY_SPEECH names."""
    return _store(Path(settings.TELEPHONY_PROMPTS), str(settings.TELEPHONY_SPEECH))


@lru_cache(maxsize=8)
def _store(folder: Path, speech: str) -> PromptStore:
    return PromptStore(folder, import_string(speech)())
