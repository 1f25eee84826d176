"""Rows as files that spreadsheets open: CSV in two encodings and XLSX, written piece by piece into a stream.

XLSX is written here, because the common libraries first put plain rows into temporary files on the disk, where a killed
run would leave them. Source: ECMA-376 Part 1, SpreadsheetML (a workbook with one sheet of inline strings).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Protocol
from xml.sax.saxutils import escape

from caasis.cases.services.importing import safe_cell

Cell = str | int | date | None
#: Rows of a sheet, its heading among them, and characters of a cell (limits of Excel).
MOST_ROWS = 1_048_576
LONGEST_CELL = 32_767

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# XML 1.0 knows no control characters but tab and line breaks, and no lone surrogates.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Output(Protocol):
    def write(self, content: bytes, /) -> int: ...


class Spreadsheet(Protocol):
    """A file being written: its heading first, then rows, then the end."""

    media_type: str
    extension: str

    def row(self, cells: Sequence[Cell]) -> None: ...

    def close(self) -> None: ...


class CsvFile:
    """CSV as Japanese spreadsheets open it: UTF-8 with its mark, or Shift_JIS, where what it lacks becomes 〓.

    A cell that would be taken for a formula gets an apostrophe before it.
    """

    extension = "csv"

    def __init__(self, output: Output, *, shift_jis: bool = False) -> None:
        self._output, self._shift_jis = output, shift_jis
        self.media_type = "text/csv; charset=Shift_JIS" if shift_jis else "text/csv; charset=utf-8"
        self._line = io.StringIO()
        self._writer = csv.writer(self._line)
        if not shift_jis:
            output.write(b"\xef\xbb\xbf")

    def row(self, cells: Sequence[Cell]) -> None:
        self._writer.writerow([safe_cell(cell) if isinstance(cell, str) else _plain(cell) for cell in cells])
        self._output.write(self._encode(self._line.getvalue()))
        self._line.seek(0)
        self._line.truncate()

    def _encode(self, text: str) -> bytes:
        if not self._shift_jis:
            return text.encode("utf-8", "replace")
        try:
            return text.encode("cp932")
        except UnicodeEncodeError:
            return b"".join(_in_shift_jis(character) for character in text)

    def close(self) -> None:
        """Nothing is open."""


def _in_shift_jis(character: str) -> bytes:
    try:
        return character.encode("cp932")
    except UnicodeEncodeError:
        return "〓".encode("cp932")


def _plain(cell: Cell) -> str:
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


class XlsxFile:
    """A workbook with one sheet. Words are words (never formulas), numbers numbers, days days; the heading stays in view."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    extension = "xlsx"

    def __init__(self, output: Output, *, widths: Sequence[int] = ()) -> None:
        self._archive = zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6)  # type: ignore[call-overload]
        for name, content in _PARTS.items():
            self._archive.writestr(name, content)
        self._sheet = self._archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._rows = 0
        columns = "".join(f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1))
        self._sheet.write(
            (_SHEET + (f"<cols>{columns}</cols>" if columns else "") + "<sheetData>").encode()
        )

    def row(self, cells: Sequence[Cell]) -> None:
        self._rows += 1
        if self._rows > MOST_ROWS:
            raise ValueError("a sheet holds no more rows")
        heading = self._rows == 1
        written = "".join(_cell(cell, heading=heading) for cell in cells)
        self._sheet.write(f'<row r="{self._rows}">{written}</row>'.encode())

    def close(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._archive.close()


def _cell(cell: Cell, *, heading: bool) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, date):
        return f'<c s="2"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
    if isinstance(cell, int):
        return f'<c s="3"><v>{cell}</v></c>'
    # Style 4 says that the cell was typed with an apostrophe: editing it does not turn it into a formula either.
    style = 1 if heading else 4 if cell.startswith(_FORMULA) else 0
    text = escape(_NOT_XML.sub("", cell[:LONGEST_CELL]))
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
_PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
    '<sheets><sheet name="相談" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
    # Styles by number: 0 words, 1 heading, 2 day (format 14), 3 number with commas (format 3), 4 words behind an apostrophe.
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Meiryo"/></font><font><b/><sz val="11"/><name val="Meiryo"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs></styleSheet>',
}
