"""ITU-T G.711: 8-bit codes of μ-law (PCMU) and A-law (PCMA) and 16-bit samples, by table.

The tables are those of the ITU's own software tools (G.191): μ-law works on 14 bits and A-law on 13, taken from the upper
bits of a sample. μ-law has two codes for nothing, of which a sample can only give one: 0x7F decodes to 0 and comes back as
0xFF. Every other code comes back as it was.
"""

from __future__ import annotations

import numpy as np

from caasis.telephony.adapters.embedded.media.sound import Codes, Samples

#: Payload types of RFC 3551.
PCMU, PCMA = 0, 8
#: The codes of silence.
ULAW_SILENCE, ALAW_SILENCE = 0xFF, 0xD5


def _ulaw_decoding() -> Samples:
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    samples: Samples = np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)
    return samples


def _alaw_decoding() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    # In the two lowest segments the steps are alike; from the second on the leading one is not sent.
    linear = (np.where(exponent > 0, mantissa + 16, mantissa) << 4) + 8
    magnitude = linear << np.maximum(exponent - 1, 0)
    samples: Samples = np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)
    return samples


def _all_samples() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int64)


def _exponent(magnitude: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The place of the leading bit; every magnitude is 1 or more."""
    return np.floor(np.log2(magnitude)).astype(np.int64)


def _ulaw_encoding() -> Codes:
    sample = _all_samples()
    # The one's complement of a negative sample is its magnitude less one: so are ties broken in G.191.
    magnitude = np.minimum((np.where(sample < 0, ~sample, sample) >> 2) + 33, 0x1FFF)
    segment = _exponent(magnitude) - 4
    code = ((8 - segment) << 4) | (0x0F - ((magnitude >> segment) & 0x0F))
    codes: Codes = np.where(sample < 0, code, code | 0x80).astype(np.uint8)
    return codes


def _alaw_encoding() -> Codes:
    sample = _all_samples()
    magnitude = np.where(sample < 0, ~sample, sample) >> 4
    segment = np.maximum(_exponent(np.maximum(magnitude, 1)) - 3, 0)
    mantissa = np.where(segment > 0, (magnitude >> np.maximum(segment - 1, 0)) - 16, magnitude)
    code = (segment << 4) | mantissa
    codes: Codes = (np.where(sample < 0, code, code | 0x80) ^ 0x55).astype(np.uint8)
    return codes


#: 256 samples by code.
ULAW_TO_PCM, ALAW_TO_PCM = _ulaw_decoding(), _alaw_decoding()
#: 65,536 codes by the bits of a sample, read as a number without sign.
PCM_TO_ULAW, PCM_TO_ALAW = _ulaw_encoding(), _alaw_encoding()
#: 512 samples by code, those of A-law from 256 on: so are frames of both laws decoded at once.
BOTH_TO_PCM = np.concatenate([ULAW_TO_PCM, ALAW_TO_PCM])


def encode_ulaw(samples: Samples) -> Codes:
    """Codes of μ-law for samples of any shape."""
    return PCM_TO_ULAW.take(samples.view(np.uint16))


def encode_alaw(samples: Samples) -> Codes:
    """Codes of A-law for samples of any shape."""
    return PCM_TO_ALAW.take(samples.view(np.uint16))


def decode_ulaw(codes: Codes) -> Samples:
    """Samples for codes of μ-law of any shape."""
    return ULAW_TO_PCM.take(codes)


def decode_alaw(codes: Codes) -> Samples:
    """Samples for codes of A-law of any shape."""
    return ALAW_TO_PCM.take(codes)
