"""What callers hear: prompts spoken by a synthesiser or recorded by a person, as files that the engine plays."""

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
    "local_speech",
    "names_of",
    "prepare",
    "read_wav",
    "wav_bytes",
]


def local_speech() -> Speech:
    """What speaks on this machine: Open JTalk where it is installed, else tones, which say so."""
    return OpenJTalk() if is_installed() else Tones()
