"""Packets as they come from the sockets, in one block of memory, and read many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caasis.telephony.adapters.embedded.media import rtp
from caasis.telephony.adapters.embedded.media.sound import AnyArray, Counts, Flags, Places

#: Octets kept of a packet; one that fills them all is too large to be sound of a telephone (G.711 of 60 ms has 492).
WIDTH = 1024
_MASK_16, _MASK_32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Batch:
    """Headers of packets that may be RTP, and where their payload lies. `rows` are numbers of rows of the inbox."""

    rows: Places
    places: Places
    payload_types: Counts
    sequence: Counts
    timestamps: Counts
    sources: Counts
    sizes: Counts

    def only(self, which: Flags) -> Batch:
        """The packets that are marked."""
        return Batch(
            self.rows[which],
            self.places[which],
            self.payload_types[which],
            self.sequence[which],
            self.timestamps[which],
            self.sources[which],
            self.sizes[which],
        )


class Inbox:
    """One packet for each leg at most, in the order in which they were found.

    The fields that the reader of the sockets fills itself, for speed, are public: it receives into `views[count]`, appends
    place and length, and counts.
    """

    def __init__(self, rows: int) -> None:
        self.block = np.zeros((rows, WIDTH), np.uint8)
        self._words = self.block.view(">u2")
        self._long_words = self.block.view(">u4")
        whole = self.block.reshape(-1).data
        self.views = [whole[row * WIDTH : (row + 1) * WIDTH] for row in range(rows)]
        self.places: list[int] = []
        self.lengths: list[int] = []

    def clear(self) -> None:
        """Be empty again."""
        self.places.clear()
        self.lengths.clear()

    @property
    def next_view(self) -> memoryview:
        """Where the next packet goes."""
        return self.views[len(self.places)]

    def put(self, place: int, data: bytes) -> None:
        """Take a packet that was opened elsewhere; at most `WIDTH` octets."""
        self.next_view[: len(data)] = data
        self.places.append(place)
        self.lengths.append(len(data))

    def read(self) -> tuple[Batch, Places]:
        """What may be RTP, and the places whose packet can't be."""
        count = len(self.places)
        places = np.array(self.places, np.intp)
        sizes = np.array(self.lengths, np.int64)
        first = self.block[:count, 0]
        good = (sizes > rtp.HEADER) & (sizes < WIDTH) & ((first & 0xC0) == rtp.PLAIN)
        sizes -= rtp.HEADER
        for row in np.flatnonzero(good & (first != rtp.PLAIN)):
            sizes[row] = self._straighten(int(row), int(sizes[row]) + rtp.HEADER)
            good[row] = sizes[row] > 0
        batch = Batch(
            np.arange(count),
            places,
            (self.block[:count, 1] & 0x7F).astype(np.int64),
            self._words[:count, 1].astype(np.int64),
            self._long_words[:count, 1].astype(np.int64),
            self._long_words[:count, 2].astype(np.int64),
            sizes,
        )
        return (batch, places[:0]) if good.all() else (batch.only(good), places[~good])

    def frames(self, rows: Places) -> AnyArray:
        """The first 160 octets of the payload of these rows."""
        return self.block[rows, rtp.HEADER : rtp.HEADER + rtp.PACKET["payload"].shape[0]]

    def payload(self, row: int, size: int) -> AnyArray:
        """The whole payload of one row."""
        return self.block[row, rtp.HEADER : rtp.HEADER + size]

    def _straighten(self, row: int, length: int) -> int:
        """Bring the payload to where it lies in a plain packet; its size, 0 when the packet is a lie."""
        where = rtp.payload_range(self.views[row][:length])
        if where is None:
            return 0
        begin, end = where
        self.views[row][rtp.HEADER : rtp.HEADER + end - begin] = bytes(self.views[row][begin:end])
        return end - begin
