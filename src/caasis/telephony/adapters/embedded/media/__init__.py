"""The sound of calls: RTP and browsers, mixing, prompts, keys, sealed recordings and live taps, in numpy.

`MediaEngine` is what the signalling drives; it tells `MediaHappening`s. Sealed recordings are read by `open_recording`.
"""

import os

# numpy's linear algebra would start a thread for every core, for matrices that take microseconds. It looks at this when it
# is imported for the first time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from caasis.telephony.adapters.embedded.media.browser.leg import BrowserLeg
from caasis.telephony.adapters.embedded.media.browser.sdp import BadOffer
from caasis.telephony.adapters.embedded.media.engine import MediaEngine, UnknownLeg
from caasis.telephony.adapters.embedded.media.happenings import (
    BrowserState,
    Digit,
    MediaHappening,
    MediaSilent,
    MediaStatistics,
    PlayEnd,
    Quality,
    RecordingDone,
)
from caasis.telephony.adapters.embedded.media.ports import NoPortFree
from caasis.telephony.adapters.embedded.media.process import tune_process
from caasis.telephony.adapters.embedded.media.recording_file import (
    NotARecording,
    RecordingDamaged,
    RecordingReader,
    key_name_of,
    open_recording,
)
from caasis.telephony.adapters.embedded.media.rtp_leg import RtpLeg
from caasis.telephony.adapters.embedded.media.taps import Tap
from caasis.telephony.adapters.embedded.media.wav import WavView, as_wav

__all__ = [
    "BadOffer",
    "BrowserLeg",
    "BrowserState",
    "Digit",
    "MediaEngine",
    "MediaHappening",
    "MediaSilent",
    "MediaStatistics",
    "NoPortFree",
    "NotARecording",
    "PlayEnd",
    "Quality",
    "RecordingDamaged",
    "RecordingDone",
    "RecordingReader",
    "RtpLeg",
    "Tap",
    "UnknownLeg",
    "WavView",
    "as_wav",
    "key_name_of",
    "open_recording",
    "tune_process",
]
