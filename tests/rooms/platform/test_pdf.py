"""PDF files with Japanese text: read back by a reader of our own, and cut fonts compared with the whole ones."""

from __future__ import annotations

import re
import struct
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.platform.pdf import Sheet, TooLong, fonts, make_pdf
from caasis.platform.pdf.cff import CFF, CFFError
from caasis.platform.pdf.fonts import Font, FontError, find_font, load_font
from caasis.platform.pdf.layout import NOT_FIRST, NOT_LAST, lay_out, wrap

NOTO = Path(fonts.PLACES[0])
TRUETYPE = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
needs_noto = pytest.mark.skipif(not NOTO.is_file(), reason="the machine has no Noto Sans CJK")
needs_truetype = pytest.mark.skipif(not TRUETYPE.is_file(), reason="the machine has no DejaVu Sans")


def streams(pdf: bytes) -> list[bytes]:
    return [zlib.decompress(body) for body in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]


def text_of(pdf: bytes) -> str:
    """The text that a reader copies: codes of the pages through the table of characters."""
    parts = streams(pdf)
    table = next(part for part in parts if b"beginbfchar" in part).decode()
    pairs = re.findall(r"<([0-9A-F]{4})> <([0-9A-F]+)>", table.split("endcodespacerange")[1])
    meaning = {code: bytes.fromhex(units).decode("utf-16-be") for code, units in pairs}
    shown = [re.findall(rb"<([0-9A-F]*)> Tj|(T\*)", part) for part in parts if part.startswith(b"BT")]
    lines = []
    for page in shown:
        lines.append(
            "".join(
                "\n" if end else "".join(meaning[codes.decode()[at : at + 4]] for at in range(0, len(codes), 4))
                for codes, end in page
            )
        )
    return "".join(lines)


def places(pdf: bytes) -> None:
    """Every object stands where the table of the file says."""
    table = pdf[int(re.findall(rb"startxref\n(\d+)", pdf)[0]) :]
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", table), start=1):
        assert pdf[int(place) :].startswith(f"{number} 0 obj".encode())


@needs_noto
def test_what_is_written_is_read_back() -> None:
    text = "通知書\n\n契約を解除します。ABC 1,480,000円 ㈱髙橋𠮷野﨑"
    pdf = make_pdf([Sheet(100, 148, text)], title="通知書")
    places(pdf)
    assert text_of(pdf).replace("\n", "") == text.replace("\n", "")
    assert b"/FontFile3" in pdf, "the font is embedded"
    assert len(pdf) < 40_000, "and only what is needed of it"
    assert "通知書".encode("utf-16-be").hex().upper().encode() in pdf


@needs_noto
@given(st.text(alphabet="あいうえお漢字、。「」ABC ー\n", min_size=1, max_size=400).filter(str.strip))
@settings(max_examples=25, deadline=None)
def test_no_character_is_lost_between_the_lines(text: str) -> None:
    pdf = make_pdf([Sheet(210, 297, text, flows=True)], title="x")
    squeezed = [re.sub(r"[ \n]", "", each) for each in (text_of(pdf), text)]
    assert squeezed[0] == squeezed[1]


@needs_noto
def test_a_cut_outline_draws_as_the_whole_one() -> None:
    font = load_font(str(NOTO))
    glyphs = [0, *(font.glyph(c) for c in "書解除、A鬱")]
    small = CFF(font.subset(glyphs))
    whole = font._cff
    assert whole is not None
    assert [small.outline(number) for number in range(len(glyphs))] == [whole.outline(glyph) for glyph in glyphs]
    assert all(outline[-1:] == b"\x0e" for outline in (small.outline(n) for n in range(len(glyphs))))


@needs_truetype
def test_a_truetype_font_is_cut_as_well() -> None:
    font = load_font(str(TRUETYPE))
    pdf = make_pdf([Sheet(210, 297, "Äé ﬁ x")], title="x", font=font)
    places(pdf)
    assert b"/FontFile2" in pdf
    assert "Äé ﬁ x" in text_of(pdf)
    file = next(part for part in streams(pdf) if part.startswith(b"\0\1\0\0"))
    count = struct.unpack(">H", file[4:6])[0]
    found = {
        file[12 + 16 * n : 16 + 16 * n]: struct.unpack(">III", file[16 + 16 * n : 28 + 16 * n]) for n in range(count)
    }
    assert {b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"} <= found.keys()
    for check, start, length in found.values():
        body = file[start : start + length] + b"\0" * (-length % 4)
        assert sum(struct.unpack(f">{len(body) // 4}I", body)) & 0xFFFFFFFF == check


@needs_noto
def test_a_character_that_the_font_lacks_becomes_a_geta() -> None:
    assert "〓" in text_of(make_pdf([Sheet(100, 148, "a\U000f0000b")], title="x"))


@needs_noto
def test_control_characters_and_variation_selectors_vanish() -> None:
    assert text_of(make_pdf([Sheet(100, 148, "葛\U000e0100飾\r\n\x07次\u200b")], title="x")).split() == ["葛飾", "次"]


def test_without_a_font_the_file_names_one_that_readers_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PLACES", ())
    monkeypatch.delenv("CAASIS_PDF_FONT", raising=False)
    assert find_font() is None
    pdf = make_pdf([Sheet(100, 148, "通知書")], title="x")
    places(pdf)
    assert b"HeiseiKakuGo-W5" in pdf
    assert "通知書".encode("utf-16-be").hex().upper().encode() in streams(pdf)[0]


def test_a_font_that_is_named_but_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for body in (b"no font at all, but long enough", b"\0\1\0\0" + b"\0" * 40):
        file = tmp_path / f"{len(body)}.ttf"
        file.write_bytes(body)
        with pytest.raises(FontError):
            Font(file)
        monkeypatch.setenv("CAASIS_PDF_FONT", str(file))
        with pytest.raises(FontError):
            find_font()


def test_outlines_that_are_none_are_refused() -> None:
    with pytest.raises((CFFError, IndexError)):
        CFF(b"\1\0\4\4" + b"\0" * 20)


def test_type_grows_smaller_until_the_text_fits() -> None:
    def wide(_: str) -> int:
        return 1000

    (page,) = lay_out(Sheet(100, 148, "あ" * 100), wide)
    assert page.size == 10.5
    (small,) = lay_out(Sheet(100, 148, "あ" * 900), wide)
    assert 7 <= small.size < 10.5
    with pytest.raises(TooLong):
        lay_out(Sheet(100, 148, "あ" * 5_000), wide)
    assert len(lay_out(Sheet(100, 148, "あ" * 5_000, flows=True), wide)) > 3


@given(st.text(alphabet="あ漢、。」「（）ーabc ", max_size=120), st.integers(3, 30))
@settings(max_examples=100, deadline=None)
def test_lines_keep_their_width_and_their_ends(text: str, columns: int) -> None:
    lines = wrap(text, columns * 1000, lambda _: 1000)
    # Blanks at the end of a line vanish; nothing else does.
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= columns for line in lines)
    for before, after in pairwise(lines):
        if len(before) > 1 and after:
            # One line may be made of nothing but such marks; then no place for a break is right.
            marks = NOT_FIRST | NOT_LAST | set(" abc")
            assert after[0] not in NOT_FIRST or set(before[1:]) <= marks
            assert before[-1] not in NOT_LAST or set(before[1:]) <= marks


def test_words_stay_whole() -> None:
    assert wrap("あいう abcde", 6_000, lambda _: 1000) == ["あいう", "abcde"]
    assert wrap("abcdefgh", 3_000, lambda _: 1000) == ["abc", "def", "gh"]
