"""Cutting glyphs out of a font with CFF outlines (Adobe Technical Notes 5176 and 5177).

Outlines call shared pieces (subroutines). Each wanted glyph is written with its pieces in place, so that the small font
needs none of the tens of thousands of the large one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

Buffer = bytes | memoryview
Operator = tuple[int, ...]

_ROS, _CID_COUNT, _FD_ARRAY, _FD_SELECT = (12, 30), (12, 34), (12, 36), (12, 37)
_FONT_MATRIX, _BBOX, _CHARSET, _CHARSTRINGS, _PRIVATE, _SUBRS = (12, 7), (5,), (15,), (17,), (18,), (19,)
_FIRST_OWN_STRING = 391
_STEMS, _MASKS, _CALL, _RETURN, _CALL_GLOBAL = {1, 3, 18, 23}, {19, 20}, 10, 11, 29
#: Deeper nesting than the specification's ten is no font.
_DEEPEST = 10


class CFFError(ValueError):
    """The outlines can't be read."""


@dataclass(frozen=True)
class _Index:
    """An INDEX: objects one behind the other, found by their offsets without reading the others."""

    data: Buffer
    start: int
    count: int
    width: int

    def _offset(self, number: int) -> int:
        place = self.start + 3 + number * self.width
        return int.from_bytes(self.data[place : place + self.width], "big")

    def __getitem__(self, number: int) -> bytes:
        if not 0 <= number < self.count:
            raise CFFError(f"object {number} of {self.count}")
        base = self.start + 2 + (self.count + 1) * self.width
        return bytes(self.data[base + self._offset(number) : base + self._offset(number + 1)])

    @property
    def end(self) -> int:
        return (
            self.start + 2 + (self.count + 1) * self.width + self._offset(self.count) if self.count else self.start + 2
        )


def _index(data: Buffer, start: int) -> _Index:
    count = int.from_bytes(data[start : start + 2], "big")
    return _Index(data, start, count, data[start + 2] if count else 0)


def _no_index() -> _Index:
    return _Index(b"\0\0", 0, 0, 0)


def _write_index(objects: Sequence[bytes]) -> bytes:
    if not objects:
        return b"\0\0"
    offsets, place = [1], 1
    for each in objects:
        place += len(each)
        offsets.append(place)
    width = (place.bit_length() + 7) // 8
    head = struct.pack(">HB", len(objects), width)
    return head + b"".join(offset.to_bytes(width, "big") for offset in offsets) + b"".join(objects)


def _read_dict(data: bytes) -> dict[Operator, tuple[list[int], bytes]]:
    """Operator → its whole-number operands, and all its operands as they are written."""
    found: dict[Operator, tuple[list[int], bytes]] = {}
    numbers: list[int] = []
    place = began = 0
    while place < len(data):
        first = data[place]
        if first <= 21:
            length = 2 if first == 12 else 1
            found[tuple(data[place : place + length])] = (numbers, data[began:place])
            place += length
            numbers, began = [], place
        elif first == 30:
            place += 1
            while data[place] & 0x0F != 0x0F and data[place] >> 4 != 0x0F:
                place += 1
            place += 1
            numbers.append(0)
        else:
            number, length = _number(data, place)
            numbers.append(number)
            place += length
    return found


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A whole number of a DICT or an outline, and how many bytes it takes."""
    first = data[place]
    if first == 28:
        return struct.unpack(">h", data[place + 1 : place + 3])[0], 3
    if first == 29:
        return struct.unpack(">i", data[place + 1 : place + 5])[0], 5
    if 32 <= first <= 246:
        return first - 139, 1
    if 247 <= first <= 250:
        return (first - 247) * 256 + data[place + 1] + 108, 2
    if 251 <= first <= 254:
        return -(first - 251) * 256 - data[place + 1] - 108, 2
    raise CFFError(f"no number: {first}")


def _five(number: int) -> bytes:
    """A number that always takes five bytes, so that offsets don't move what they point to."""
    return b"\x1d" + struct.pack(">i", number)


class CFF:
    """The outlines of one font."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        names = _index(data, data[2])
        tops = _index(data, names.end)
        strings = _index(data, tops.end)
        self._global = _index(data, strings.end)
        self._top = _read_dict(tops[0])
        if _CHARSTRINGS not in self._top:
            raise CFFError("no outlines")
        self._outlines = _index(data, self._top[_CHARSTRINGS][0][0])
        if _FD_ARRAY in self._top:
            fonts = _index(data, self._top[_FD_ARRAY][0][0])
            self._fonts = [_read_dict(fonts[number]) for number in range(fonts.count)]
        else:
            self._fonts = [{_PRIVATE: self._top[_PRIVATE]}]
        self._privates = [self._private(font) for font in self._fonts]

    def _private(self, font: dict[Operator, tuple[list[int], bytes]]) -> tuple[bytes, _Index]:
        """The private DICT without its way to the subroutines, and the subroutines."""
        size, start = font[_PRIVATE][0]
        entries = _read_dict(bytes(self._data[start : start + size]))
        kept = b"".join(raw + bytes(operator) for operator, (_, raw) in entries.items() if operator != _SUBRS)
        own = _index(self._data, start + entries[_SUBRS][0][0]) if _SUBRS in entries else _no_index()
        return kept, own

    def _font_of(self, glyph: int) -> int:
        if _FD_SELECT not in self._top:
            return 0
        start = self._top[_FD_SELECT][0][0]
        data = self._data
        if data[start] == 0:
            return data[start + 1 + glyph]
        ranges = int.from_bytes(data[start + 1 : start + 3], "big")
        low, high = 0, ranges
        while high - low > 1:
            middle = (low + high) // 2
            place = start + 3 + 3 * middle
            if int.from_bytes(data[place : place + 2], "big") <= glyph:
                low = middle
            else:
                high = middle
        return data[start + 5 + 3 * low]

    def outline(self, glyph: int) -> bytes:
        """One glyph's outline with its subroutines written in place."""
        own = self._privates[self._font_of(glyph)][1]
        out: list[bytes] = []
        self._flatten(self._outlines[glyph], own, out, _Pen(), 0)
        return b"".join(out)

    def _flatten(self, code: bytes, own: _Index, out: list[bytes], pen: _Pen, depth: int) -> None:
        if depth > _DEEPEST:
            raise CFFError("subroutines call each other without end")
        place = 0
        while place < len(code):
            first = code[place]
            if first >= 32 or first == 28:
                length = 5 if first == 255 else _number(code, place)[1]
                pen.numbers.append(0 if first == 255 else _number(code, place)[0])
                out.append(code[place : place + length])
            elif first in (_CALL, _CALL_GLOBAL):
                pieces = own if first == _CALL else self._global
                out.pop()
                self._flatten(pieces[pen.numbers.pop() + _bias(pieces.count)], own, out, pen, depth + 1)
                length = 1
            elif first == _RETURN:
                return
            else:
                length = 2 if first == 12 else 1
                if first in _STEMS or first in _MASKS:
                    pen.stems += len(pen.numbers) // 2
                if first in _MASKS:
                    length += (pen.stems + 7) // 8
                pen.numbers.clear()
                out.append(code[place : place + length])
            place += length

    def subset(self, glyphs: Sequence[int]) -> bytes:
        """A font with these glyphs alone, numbered 0, 1, 2, … in their order; the first must be .notdef."""
        fonts = sorted({self._font_of(glyph) for glyph in glyphs})
        charset = b"\x02" + struct.pack(">HH", 1, len(glyphs) - 2) if len(glyphs) > 1 else b"\x00"
        select = b"\0" + bytes(fonts.index(self._font_of(glyph)) for glyph in glyphs)
        outlines = _write_index([self.outline(glyph) for glyph in glyphs])
        front = b"\x01\x00\x04\x04" + _write_index([b"CaaSIS"])
        strings = _write_index([b"Adobe", b"Identity"]) + b"\0\0"
        top_length = len(_write_index([self._top_dict(len(glyphs), 0, 0, 0, 0)]))
        at_charset = len(front) + top_length + len(strings)
        at_select = at_charset + len(charset)
        at_outlines = at_select + len(select)
        at_private = at_outlines + len(outlines)
        privates, dicts = b"", []
        for number in fonts:
            kept = self._privates[number][0]
            matrix = self._fonts[number].get(_FONT_MATRIX)
            head = matrix[1] + bytes(_FONT_MATRIX) if matrix else b""
            dicts.append(head + _five(len(kept)) + _five(at_private + len(privates)) + bytes(_PRIVATE))
            privates += kept
        top = self._top_dict(len(glyphs), at_charset, at_select, at_outlines, at_private + len(privates))
        return b"".join((front, _write_index([top]), strings, charset, select, outlines, privates, _write_index(dicts)))

    def _top_dict(self, count: int, charset: int, select: int, outlines: int, fonts: int) -> bytes:
        ros = _five(_FIRST_OWN_STRING) + _five(_FIRST_OWN_STRING + 1) + _five(0) + bytes(_ROS)
        kept = b"".join(self._top[name][1] + bytes(name) for name in (_FONT_MATRIX, _BBOX) if name in self._top)
        places = (
            (count, _CID_COUNT),
            (charset, _CHARSET),
            (select, _FD_SELECT),
            (outlines, _CHARSTRINGS),
            (fonts, _FD_ARRAY),
        )
        return ros + kept + b"".join(_five(number) + bytes(name) for number, name in places)


class _Pen:
    """What an outline's reader must remember across subroutines: numbers not used yet, and how many stems there are."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.stems = 0


def _bias(count: int) -> int:
    return 107 if count < 1240 else 1131 if count < 33900 else 32768
