"""Sound of files and synthesisers, made fit for the telephone: 8 kHz, 16 bits, one side."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from caasis.telephony.prompts.ports import RATE, Samples

Signal = npt.NDArray[np.float64]
"""Sound of any rate: one dimension, 1.0 is full scale."""

MOST_BYTES = 60_000_000
LONGEST_S, SHORTEST_S = 600.0, 0.1
_RATES = (4_000, 192_000)
_MOST_SIDES = 8
#: The telephone carries what lies below; the filter is closed where mirrored sound would begin.
_PASS_HZ, _STOP_HZ = 3400.0, 3950.0
_BLOCK_S, _MARGIN_S = 8.0, 0.05
#: Full scale as files reach it, how many samples of it in a row are a fault, and how many such rows.
_FULL, _ROW, _ROWS = 0.999, 4, 3
_SILENT_DB, _QUIET_DB, LONG_S = -55.0, -36.0, 60.0

_NO_WAV = "WAVファイルとして読めません。録音ソフトで、形式を「WAV（PCM）」、16ビットにして保存し直してください。"


class NotASound(ValueError):
    """The file can't be used. The message is a sentence for whoever brought it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Sound of a file and what its author should know: one sentence for each fault that can be heard."""

    samples: Samples
    faults: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def read_wav(data: bytes) -> Recorded:
    """A WAV file (PCM of 8, 16, 24 or 32 bits, any number of sides up to 8, 4 to 192 kHz) as sound of the telephone.

    Sides are mixed to one. Raises NotASound.
    """
    if not data:
        raise NotASound("ファイルが空です。録音し直してください。")
    if len(data) > MOST_BYTES:
        raise NotASound(f"ファイルが大きすぎます。{MOST_BYTES // 1_000_000}メガバイトまでにしてください。")
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, width, sides, frames = (
                file.getframerate(), file.getsampwidth(), file.getnchannels(), file.getnframes(),
            )  # fmt: skip
            octets = file.readframes(frames)
    except (wave.Error, EOFError, ValueError, RuntimeError) as error:
        raise NotASound(_NO_WAV) from error
    if not (_RATES[0] <= rate <= _RATES[1] and 1 <= width <= 4 and sides <= _MOST_SIDES):
        raise NotASound(_NO_WAV)
    whole = octets[: len(octets) - len(octets) % (width * sides)]
    signal = _as_signal(whole, width).reshape(-1, sides)
    seconds = len(signal) / rate
    if seconds < SHORTEST_S:
        raise NotASound("音が入っていません。録音し直してください。")
    if seconds > LONGEST_S:
        raise NotASound(f"長さが{seconds / 60:.0f}分あります。{LONGEST_S / 60:.0f}分までにしてください。")
    faults = (
        ["ファイルが途中で切れています。終わりまで入っているか、聞いて確かめてください。"]
        if len(signal) < frames
        else []
    )
    if _is_clipped(signal):
        faults.append("音が割れているところがあります。マイクから少し離れるか、音量を下げて、録音し直してください。")
    samples = as_samples(to_telephone(signal.mean(axis=1), rate))
    return Recorded(samples, (*faults, *faults_of(samples)))


def wav_bytes(samples: Samples) -> bytes:
    """The sound as a WAV file: 8 kHz, 16 bits, one side."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def to_telephone(signal: Signal, rate: int) -> Signal:
    """The signal at `RATE`, without what lies above the telephone's band. Its length in seconds stays.

    Filtered and resampled in the frequency domain, block by block with margins (overlap-save); between 3,400 and 3,950
    Hz the filter closes as a raised cosine, so that its echo dies within the margin.
    """
    if rate == RATE or not len(signal):
        return signal
    common = math.gcd(rate, RATE)
    # So many samples come in, so many go out: blocks are whole multiples, and no sample falls between two blocks.
    step, out_step = rate // common, RATE // common
    block, margin = (step * math.ceil(seconds * rate / step) for seconds in (_BLOCK_S, _MARGIN_S))
    padded = np.concatenate([np.zeros(margin), signal, np.zeros(block + margin)])
    first, last = (at // step * out_step for at in (margin, margin + block))
    pieces = [_block(padded[at : at + block + 2 * margin], rate)[first:last] for at in range(0, len(signal), block)]
    return np.concatenate(pieces)[: math.ceil(len(signal) * RATE / rate)]


def as_samples(signal: Signal) -> Samples:
    """Full scale 1.0 as int16; what is louder is cut."""
    return np.clip(np.rint(signal * 32767), -32768, 32767).astype(np.int16)


def faults_of(samples: Samples) -> tuple[str, ...]:
    """What is wrong with a sound for the telephone: too long, silent, too quiet."""
    found = []
    seconds = len(samples) / RATE
    if seconds > LONG_S:
        found.append(f"長さが{seconds:.0f}秒あります。電話の案内は、{LONG_S:.0f}秒までに収めてください。")
    level = loudness(samples)
    if level < _SILENT_DB:
        found.append("音がほとんど入っていません。マイクを確かめて、録音し直してください。")
    elif level < _QUIET_DB:
        found.append("音が小さくて聞き取りにくいところがあります。音量を上げて、録音し直してください。")
    return tuple(found)


def trimmed(samples: Samples) -> Samples:
    """The sound without the silence (60 dB below full scale) before and after it, but for a hundredth of a second."""
    heard = np.flatnonzero(np.abs(samples) > 32)
    if not len(heard):
        return samples[:0]
    edge = RATE // 100
    return samples[max(0, heard[0] - edge) : heard[-1] + 1 + edge]


def loudness(samples: Samples) -> float:
    """Level in dB below full scale, of the loudest tenth of pieces of 50 ms: pauses don't count. -120 for nothing."""
    size = RATE // 20
    pieces = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64) / 32768
    if not len(pieces):
        return -120.0
    power = np.sort((pieces**2).mean(axis=1))[-max(1, len(pieces) // 10) :].mean()
    return 10 * math.log10(power) if power > 1e-12 else -120.0


def _block(piece: Signal, rate: int) -> Signal:
    size = len(piece) * RATE // rate
    spectrum = np.fft.rfft(piece)
    hertz = np.arange(len(spectrum)) * (rate / len(piece))
    closing = np.clip((hertz - _PASS_HZ) / (_STOP_HZ - _PASS_HZ), 0, 1)
    spectrum *= 0.5 + 0.5 * np.cos(np.pi * closing)
    kept = np.zeros(size // 2 + 1, np.complex128)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    out: Signal = np.fft.irfft(kept, size) * (size / len(piece))
    return out


def _as_signal(octets: bytes, width: int) -> Signal:
    """PCM as numbers: one octet is unsigned, more are signed, the smallest first."""
    if width == 1:
        return (np.frombuffer(octets, np.uint8).astype(np.float64) - 128) / 128
    if width == 3:
        filled = np.zeros((len(octets) // 3, 4), np.uint8)
        filled[:, 1:] = np.frombuffer(octets, np.uint8).reshape(-1, 3)
        octets, width = filled.tobytes(), 4
    signal: Signal = np.frombuffer(octets, f"<i{width}").astype(np.float64) / 2 ** (8 * width - 1)
    return signal


def _is_clipped(signal: npt.NDArray[np.float64]) -> bool:
    """Whether some side stands at full scale for several samples in a row, more than once or twice."""
    full = np.abs(signal) >= _FULL
    if len(full) < _ROW:
        return False
    rows = np.lib.stride_tricks.sliding_window_view(full, _ROW, axis=0).all(axis=-1)
    return bool((np.diff(rows.astype(np.int8), axis=0, prepend=0) == 1).sum() >= _ROWS)
