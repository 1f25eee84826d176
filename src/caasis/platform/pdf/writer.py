"""Writing the PDF file itself (ISO 32000-1), with one embedded font."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence

from caasis.platform.pdf.fonts import GETA, Font, find_font
from caasis.platform.pdf.layout import LEADING, MM, Page, Sheet, lay_out

_HALF, _FULL = 500, 1000


class _Embedded:
    """The glyphs of the machine's font that a file uses, in the order of their first use."""

    def __init__(self, font: Font) -> None:
        self.font = font
        self.glyphs = [0]
        self.meaning = {0: ""}

    def width(self, character: str) -> int:
        return self.font.width(self._glyph(character)[0])

    def _glyph(self, character: str) -> tuple[int, str]:
        glyph = self.font.glyph(character)
        return (glyph, character) if glyph else (self.font.glyph(GETA), GETA)

    def encode(self, line: str) -> str:
        codes = []
        for character in line:
            glyph, shown = self._glyph(character)
            if glyph not in self.meaning:
                self.meaning[glyph] = shown
                self.glyphs.append(glyph)
            codes.append(f"{self.glyphs.index(glyph):04X}")
        return "".join(codes)

    def objects(self, first: int) -> list[bytes]:
        """Font, descendant, descriptor, file, and the way back from glyphs to text."""
        font = self.font
        widths = " ".join(str(font.width(glyph)) for glyph in self.glyphs)
        kind, file = ("CIDFontType0", "FontFile3") if font.has_cff else ("CIDFontType2", "FontFile2")
        box = " ".join(map(str, font.box))
        subtype = "/Subtype /CIDFontType0C" if font.has_cff else ""
        identity = "" if font.has_cff else " /CIDToGIDMap /Identity"
        return [
            _text(
                f"<< /Type /Font /Subtype /Type0 /BaseFont /CAASIS+Gothic /Encoding /Identity-H"
                f" /DescendantFonts [{first + 1} 0 R] /ToUnicode {first + 4} 0 R >>"
            ),
            _text(
                f"<< /Type /Font /Subtype /{kind} /BaseFont /CAASIS+Gothic"
                f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
                f" /FontDescriptor {first + 2} 0 R /DW {_FULL} /W [0 [{widths}]]{identity} >>"
            ),
            _text(
                f"<< /Type /FontDescriptor /FontName /CAASIS+Gothic /Flags 4 /FontBBox [{box}] /ItalicAngle 0"
                f" /Ascent {font.ascent} /Descent {font.descent} /CapHeight {font.ascent} /StemV 80 /{file} {first + 3} 0 R >>"
            ),
            _stream(font.subset(self.glyphs), subtype),
            _stream(self._to_unicode().encode()),
        ]

    def _to_unicode(self) -> str:
        pairs = [
            f"<{number:04X}> <{self.meaning[glyph].encode('utf-16-be').hex().upper()}>"
            for number, glyph in enumerate(self.glyphs)
            if self.meaning[glyph]
        ]
        # A block of the table holds at most a hundred pairs.
        blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /CaaSIS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\nendcmap\n"
            "CMapName currentdict /CMap defineresource pop\nend\nend"
        )


class _Named:
    """A Japanese font that PDF readers bring themselves, for machines without one."""

    def width(self, character: str) -> int:
        return _HALF if unicodedata.east_asian_width(character) in ("Na", "H", "N") else _FULL

    def encode(self, line: str) -> str:
        return line.encode("utf-16-be").hex().upper()

    def objects(self, first: int) -> list[bytes]:
        return [
            _text(
                f"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UTF16-H /Encoding /UniJIS-UTF16-H"
                f" /DescendantFonts [{first + 1} 0 R] >>"
            ),
            _text(
                f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5"
                f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >>"
                f" /FontDescriptor {first + 2} 0 R /DW {_FULL} /W [1 94 {_HALF}] >>"
            ),
            _text(
                "<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] /ItalicAngle 0"
                " /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
            ),
        ]


def _text(words: str) -> bytes:
    return words.encode("ascii")


def _stream(body: bytes, entries: str = "") -> bytes:
    packed = zlib.compress(body, 9)
    return _text(f"<< /Length {len(packed)} /Filter /FlateDecode {entries} >>\nstream\n") + packed + b"\nendstream"


def make_pdf(sheets: Sequence[Sheet], *, title: str, font: Font | None = None) -> bytes:
    """Return a PDF with the sheets one after the other. `title` is for the reader's window: nothing personal.

    `font` is for tests; without it the machine's own is taken (see `fonts.find_font`). Raises layout.TooLong.
    """
    found = font or find_font()
    face: _Embedded | _Named = _Embedded(found) if found is not None else _Named()
    pages = [page for sheet in sheets for page in lay_out(_plain(sheet), face.width)]
    contents = [_stream(_draw(page, face)) for page in pages]
    first_page, first_font = 4, 4 + 2 * len(pages)
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(pages)))
    name = ("\ufeff" + title).encode("utf-16-be").hex().upper()
    objects = [
        _text(
            "<< /Type /Catalog /Pages 2 0 R /Lang (ja-JP) /ViewerPreferences << /DisplayDocTitle true /PrintScaling /None >> >>"
        ),
        _text(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"),
        _text(f"<< /Title <{name}> >>"),
    ]
    for number, page in enumerate(pages):
        objects.append(
            _text(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page.width * MM:.2f} {page.height * MM:.2f}]"
                f" /Resources << /Font << /F {first_font} 0 R >> >> /Contents {first_page + 2 * number + 1} 0 R >>"
            )
        )
        objects.append(contents[number])
    return _file([*objects, *face.objects(first_font)])


def _plain(sheet: Sheet) -> Sheet:
    """Without what has no shape: line ends of other systems, tabs, control characters, variation selectors."""
    text = sheet.text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "　")
    kept = "".join(
        c
        for c in text
        if c == "\n"
        or not (
            unicodedata.category(c) in ("Cc", "Cf", "Cs")
            or "\ufe00" <= c <= "\ufe0f"
            or "\U000e0100" <= c <= "\U000e01ef"
        )
    )
    return Sheet(**{**vars(sheet), "text": kept})


def _draw(page: Page, face: _Embedded | _Named) -> bytes:
    lines = [f"BT /F {page.size} Tf {page.size * LEADING:.2f} TL"]
    lines.append(f"{page.margin * MM:.2f} {(page.height - page.margin) * MM - page.size:.2f} Td")
    lines.extend(f"<{face.encode(line)}> Tj T*" if line else "T*" for line in page.lines)
    return "\n".join([*lines, "ET"]).encode()


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R /Info 3 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
