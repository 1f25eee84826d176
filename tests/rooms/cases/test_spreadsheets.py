"""Files that spreadsheets open: encodings, kinds of cells, and formulas that stay words."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from caasis.cases.services.spreadsheets import LONGEST_CELL, CsvFile, XlsxFile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULAS = ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']


def csv_of(rows: list[list[Any]], **how: Any) -> bytes:
    out = io.BytesIO()
    file = CsvFile(out, **how)
    for row in rows:
        file.row(row)
    file.close()
    return out.getvalue()


def sheet_of(rows: list[list[Any]]) -> tuple[Any, zipfile.ZipFile]:
    out = io.BytesIO()
    file = XlsxFile(out, widths=[10, 20])
    for row in rows:
        file.row(row)
    file.close()
    archive = zipfile.ZipFile(out)
    assert archive.testzip() is None
    for name in archive.namelist():
        ElementTree.fromstring(archive.read(name))
    return ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml")), archive


def text_of(cell: Any) -> str | None:
    return cell.findtext(f"{MAIN}is/{MAIN}t") if cell.get("t") == "inlineStr" else cell.findtext(f"{MAIN}v")


def test_utf8_has_its_mark_and_every_character():
    content = csv_of([["件名", "金額"], ["𠮷田の「屋根」, 改行\nあり", 1_480_000], [None, date(2026, 11, 26)]])
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [["件名", "金額"], ["𠮷田の「屋根」, 改行\nあり", "1480000"], ["", "2026-11-26"]]


def test_shift_jis_keeps_what_it_can_and_marks_the_rest():
    content = csv_of([["髙橋①の㈱", "𠮷田😀"]], shift_jis=True)
    assert content.decode("cp932") == "髙橋①の㈱,〓田〓\r\n"


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("shift_jis", [False, True])
def test_a_csv_cell_is_never_a_formula(formula, shift_jis):
    content = csv_of([[formula, "ふつう"]], shift_jis=shift_jis).decode("cp932" if shift_jis else "utf-8-sig")
    assert next(csv.reader(io.StringIO(content, newline=""))) == ["'" + formula, "ふつう"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_an_xlsx_cell_is_never_a_formula(formula):
    root, archive = sheet_of([["見出し"], [formula]])
    cell = root.findall(f".//{MAIN}c")[1]
    assert cell.get("t") == "inlineStr" and cell.find(f"{MAIN}f") is None and text_of(cell) == formula.replace("\r", "\n")
    styles = ElementTree.fromstring(archive.read("xl/styles.xml")).find(f"{MAIN}cellXfs")
    assert styles is not None and styles[int(cell.get("s", "0"))].get("quotePrefix") == "1"


def test_an_xlsx_keeps_words_numbers_and_days_apart():
    root, _ = sheet_of([["件名", "金額"], ["<屋根> & 「瓦」", 1_480_000], ["", date(2026, 11, 26)], [None, 0]])
    rows = [[text_of(cell) for cell in row] for row in root.iter(f"{MAIN}row")]
    assert rows == [["件名", "金額"], ["<屋根> & 「瓦」", "1480000"], [None, "46352"], [None, "0"]]
    assert [row.get("r") for row in root.iter(f"{MAIN}row")] == ["1", "2", "3", "4"]


def test_an_xlsx_survives_what_xml_does_not_know():
    root, _ = sheet_of([["あ\x00い\x0bう\ud800え\uffff"], ["長" * (LONGEST_CELL + 5)]])
    cells = [text_of(cell) for cell in root.iter(f"{MAIN}c")]
    assert cells == ["あいうえ", "長" * LONGEST_CELL]
