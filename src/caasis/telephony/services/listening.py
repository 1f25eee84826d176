"""Hearing a recording: opened for a stated purpose, written down, then served as a WAV from any second on."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound, WrongState
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import Forgotten, record_key_bytes
from caasis.telephony.adapters.embedded.media.recording_file import (
    NotARecording,
    RecordingDamaged,
    RecordingReader,
    open_recording,
)
from caasis.telephony.adapters.embedded.media.sound import RATE
from caasis.telephony.models import Recording
from caasis.telephony.recording_files import path_of

MISSING = "この録音は見つかりません。一覧を開き直してください。"
GONE = "この録音は、もう聞けません。管理者に知らせてください。"
HEADER = 44
#: Two sides of 16 bits: left what the other side said, right what it heard.
_FRAME = 4


@dataclass(slots=True)
class Sound:
    """An open recording as the octets of a WAV file; `octets` closes it at its end."""

    reader: RecordingReader

    @property
    def size(self) -> int:
        return HEADER + self.reader.samples * _FRAME

    def octets(self, first: int, stop: int) -> Iterator[bytes]:
        """The file's octets within [first, stop), a second at most in one piece."""
        try:
            if first < HEADER:
                yield _header(self.reader.samples)[first:stop]
                first = HEADER
            if first < stop:
                begin = first - HEADER
                skip, left = begin % _FRAME, stop - first
                last = -(-(stop - HEADER) // _FRAME)
                for piece in self.reader.samples_between(begin // _FRAME, last):
                    data = np.ascontiguousarray(piece, dtype="<i2").tobytes()[skip:][:left]
                    skip, left = 0, left - len(data)
                    yield data
        finally:
            self.reader.close()


def begin_listening(*, actor: Actor, recording_id: UUID, purpose: Purpose) -> Recording:
    """Somebody is about to hear a recording: written into the access log with the purpose.

    :raises NotFound: another centre's, refused by the caller, removed, or not there yet.
    """
    with actor_transaction(actor):
        row = _audible(actor, recording_id)
        record_access(
            actor=actor, action="hear_recording", object_kind="recording", object_id=row.id, centre_id=row.centre_id,
            purpose=purpose,
        )  # fmt: skip
        return row


def open_sound(*, actor: Actor, recording_id: UUID) -> Sound:
    """The sound of a recording that `begin_listening` has written down.

    :raises NotFound: as there. :raises WrongState: its key was destroyed, or the file is gone or damaged.
    """
    with actor_transaction(actor):
        row = _audible(actor, recording_id)
        try:
            key = record_key_bytes(row.record_key_id)
        except Forgotten:
            raise WrongState(GONE) from None
    path = path_of(row)
    if path is None:
        raise WrongState(GONE)
    try:
        return Sound(open_recording(path, key))
    except (OSError, NotARecording, RecordingDamaged):
        raise WrongState(GONE) from None


def _audible(actor: Actor, recording_id: UUID) -> Recording:
    rows = Recording.objects.filter(id=recording_id, refused=False, removed_at=None).exclude(ready_at=None)
    row = rows.select_related("call").first()
    if row is None or not actor.works_for(row.call.centre_id):
        raise NotFound(MISSING)
    return row


def _header(samples: int) -> bytes:
    size = samples * _FRAME
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE, RATE * _FRAME, _FRAME, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
