"""What callers hear: prompts spoken by a synthesiser or recorded by a person, as files that the engine plays."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from caasis.telephony.prompts.lines import Prepared, names_of, prepare
from caasis.telephony.prompts.open_jtalk import ATTRIBUTION, OpenJTalk, is_installed
from caasis.telephony.prompts.ports import RATE, CannotSpeak, Samples, Speech, Voice
from caasis.telephony.prompts.sound import NotASound, Recorded, read_wav, wav_bytes
from caasis.telephony.prompts.store import NoVoice, PromptStore, Ready
from caasis.telephony.prompts.tones import BUILT_IN, Tones

__all__ = [
    "ATTRIBUTION",
    "BUILT_IN",
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
    "read_wav",
    "wav_bytes",
]


def local_speech() -> Speech:
    """What speaks on this machine: Open JTalk where it is installed, else tones, which say so."""
    return OpenJTalk() if is_installed() else Tones()


def open_store() -> PromptStore:
    """The process's store over the folder `TELEPHONY_PROMPTS`; without that setting the installation's own folder."""
    return _store(Path(getattr(settings, "TELEPHONY_PROMPTS", "") or settings.CAASIS_HOME / "prompts"))


@lru_cache(maxsize=4)
def _store(folder: Path) -> PromptStore:
    return PromptStore(folder, local_speech())
