"""The machine's Japanese font: where it is, which glyph a character has and how wide it is."""

from __future__ import annotations

import mmap
import os
import struct
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from caasis.platform.pdf import truetype
from caasis.platform.pdf.cff import CFF, CFFError

#: Where Debian, Fedora, macOS and Windows keep a font with the characters of JIS X 0213, the best first.
PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
    "C:/Windows/Fonts/BIZ-UDGothicR.ttc",
    "C:/Windows/Fonts/msgothic.ttc",
)
#: What stands for a character that the font does not have.
GETA = "〓"


class FontError(ValueError):
    """A file that is no font of this kind."""


class Font:
    """One font of the machine. Its file stays mapped; only what is asked for is read."""

    def __init__(self, path: Path) -> None:
        """Read the first font of the file. Raises FontError or OSError."""
        with path.open("rb") as file:
            self._map = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        try:
            self._tables = self._directory()
            head, hhea = self._tables[b"head"], self._tables[b"hhea"]
            self.units: int = struct.unpack(">H", head[18:20])[0]
            self.box = tuple(round(n * 1000 / self.units) for n in struct.unpack(">4h", head[36:44]))
            self.ascent, self.descent = (round(n * 1000 / self.units) for n in struct.unpack(">2h", hhea[4:8]))
            self._metrics = struct.unpack(">H", hhea[34:36])[0]
            self._ranges = sorted(self._read_cmap())
            self._starts = [start for start, _, _ in self._ranges]
            self._cff = CFF(self._tables[b"CFF "]) if b"CFF " in self._tables else None
        except (KeyError, IndexError, struct.error, CFFError) as error:
            raise FontError(f"{path.name}: {error}") from error

    def _directory(self) -> dict[bytes, memoryview]:
        data, start = self._map, 0
        if bytes(data[:4]) == b"ttcf":
            start = struct.unpack(">I", data[12:16])[0]
        count = struct.unpack(">H", data[start + 4 : start + 6])[0]
        tables = {}
        for number in range(count):
            place = start + 12 + 16 * number
            at, length = struct.unpack(">II", data[place + 8 : place + 16])
            tables[bytes(data[place : place + 4])] = data[at : at + length]
        return tables

    def _read_cmap(self) -> Iterable[tuple[int, int, int]]:
        """(first, last character, glyph of the first) of each range; ranges of format 4 are taken apart."""
        cmap = self._tables[b"cmap"]
        found: dict[int, memoryview] = {}
        for number in range(struct.unpack(">H", cmap[2:4])[0]):
            platform, _, at = struct.unpack(">HHI", cmap[4 + 8 * number : 12 + 8 * number])
            if platform in (0, 3):
                found[struct.unpack(">H", cmap[at : at + 2])[0]] = cmap[at:]
        if 12 in found:
            table = found[12]
            for number in range(struct.unpack(">I", table[12:16])[0]):
                yield struct.unpack(">III", table[16 + 12 * number : 28 + 12 * number])
            return
        table = found[4]
        doubled = struct.unpack(">H", table[6:8])[0]
        for number in range(doubled // 2):
            ends, starts = 14 + 2 * number, 16 + doubled + 2 * number
            end, start = (struct.unpack(">H", table[at : at + 2])[0] for at in (ends, starts))
            delta = struct.unpack(">H", table[starts + doubled : starts + doubled + 2])[0]
            at = starts + 2 * doubled
            offset = struct.unpack(">H", table[at : at + 2])[0]
            for character in range(start, min(end, 0xFFFE) + 1):
                glyph = character
                if offset:
                    place = at + offset + 2 * (character - start)
                    glyph = struct.unpack(">H", table[place : place + 2])[0]
                    if not glyph:
                        continue
                yield character, character, (glyph + delta) & 0xFFFF

    def glyph(self, character: str) -> int:
        """The glyph of a character; 0 where the font has none."""
        code = ord(character)
        place = bisect_right(self._starts, code) - 1
        if place < 0 or code > self._ranges[place][1]:
            return 0
        start, _, glyph = self._ranges[place]
        return int(glyph + code - start)

    def width(self, glyph: int) -> int:
        """Width of a glyph in thousandths of the type size."""
        place = min(glyph, self._metrics - 1) * 4
        width: int
        (width,) = struct.unpack(">H", self._tables[b"hmtx"][place : place + 2])
        return round(width * 1000 / self.units)

    @property
    def has_cff(self) -> bool:
        return self._cff is not None

    def subset(self, glyphs: list[int]) -> bytes:
        """A font with these glyphs alone, numbered in their order: bare CFF, or a TrueType file. The first is 0."""
        if self._cff is not None:
            return self._cff.subset(glyphs)
        return truetype.subset(self._tables, glyphs)


@lru_cache(maxsize=4)
def load_font(path: str) -> Font:
    return Font(Path(path))


def find_font() -> Font | None:
    """The font that CAASIS_PDF_FONT names, else the first known one of the machine, else None."""
    named = os.environ.get("CAASIS_PDF_FONT", "")
    if named:
        return load_font(named)
    for place in PLACES:
        if Path(place).is_file():
            return load_font(place)
    return None
