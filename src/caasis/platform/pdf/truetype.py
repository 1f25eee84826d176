"""Cutting glyphs out of a font with TrueType outlines (OpenType specification: glyf, loca, maxp, hmtx)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

#: Tables that a PDF reader needs, or that hold the programs of the hints.
_COPIED = (b"cvt ", b"fpgm", b"prep")
_WORDS, _SCALE, _MORE, _TWO_SCALES, _FOUR_SCALES = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080


def _outline(tables: Mapping[bytes, memoryview], glyph: int) -> bytes:
    long = struct.unpack(">h", tables[b"head"][50:52])[0]
    loca = tables[b"loca"]
    if long:
        start, end = struct.unpack(">II", loca[glyph * 4 : glyph * 4 + 8])
    else:
        start, end = (2 * half for half in struct.unpack(">HH", loca[glyph * 2 : glyph * 2 + 4]))
    return bytes(tables[b"glyf"][start:end])


def _parts(outline: bytes) -> list[tuple[int, int]]:
    """(place of the number, glyph) of each part of a composite glyph."""
    if len(outline) < 10 or struct.unpack(">h", outline[:2])[0] >= 0:
        return []
    found, place, flags = [], 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack(">HH", outline[place : place + 4])
        found.append((place + 2, glyph))
        place += 4 + (4 if flags & _WORDS else 2)
        place += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _FOUR_SCALES else 0
    return found


def subset(tables: Mapping[bytes, memoryview], glyphs: Sequence[int]) -> bytes:
    """A font file with these glyphs, numbered in their order; parts of composite glyphs follow behind them."""
    order = list(glyphs)
    outlines: list[bytes] = []
    place = 0
    while place < len(order):
        outline = bytearray(_outline(tables, order[place]))
        for at, part in _parts(bytes(outline)):
            if part not in order:
                order.append(part)
            outline[at : at + 2] = struct.pack(">H", order.index(part))
        outlines.append(bytes(outline) + b"\0" * (-len(outline) % 4))
        place += 1
    loca, end = [0], 0
    for each in outlines:
        end += len(each)
        loca.append(end)
    head, hhea, maxp = (bytearray(tables[name]) for name in (b"head", b"hhea", b"maxp"))
    head[8:12] = b"\0\0\0\0"
    head[50:52] = struct.pack(">h", 1)
    hhea[34:36] = maxp[4:6] = struct.pack(">H", len(order))
    new = {
        b"glyf": b"".join(outlines),
        b"head": bytes(head),
        b"hhea": bytes(hhea),
        b"hmtx": b"".join(_metric(tables, glyph) for glyph in order),
        b"loca": struct.pack(f">{len(loca)}I", *loca),
        b"maxp": bytes(maxp),
    } | {name: bytes(tables[name]) for name in _COPIED if name in tables}
    return _file(new)


def _metric(tables: Mapping[bytes, memoryview], glyph: int) -> bytes:
    full = struct.unpack(">H", tables[b"hhea"][34:36])[0]
    hmtx = tables[b"hmtx"]
    if glyph < full:
        return bytes(hmtx[glyph * 4 : glyph * 4 + 4])
    side = full * 4 + (glyph - full) * 2
    return bytes(hmtx[full * 4 - 4 : full * 4 - 2]) + bytes(hmtx[side : side + 2])


def _file(tables: Mapping[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = struct.pack(">IHHHH", 0x00010000, count, power * 16, power.bit_length() - 1, (count - power) * 16)
    place = 12 + 16 * count
    entries, bodies = b"", b""
    for name in sorted(tables):
        body = tables[name]
        padded = body + b"\0" * (-len(body) % 4)
        check = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        entries += name + struct.pack(">III", check, place, len(body))
        bodies += padded
        place += len(padded)
    return head + entries + bodies
