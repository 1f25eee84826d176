"""Rows of the corporate-number register's download file (法人番号公表サイト 基本3情報ダウンロード, CSV).

Thirty columns without a header; the numbers below are the columns' places in 「リソース定義書」 (要確認: the layout is as known
to mid-2025). A complete file has one row for each number, a file of differences one for each change.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from caasis.engines.identity import Keys, keys_of_name, parse_corporate_number, read_name
from caasis.engines.identity.names import is_kana
from caasis.engines.japanese import normalise_text

COLUMNS = 30
_NUMBER, _PROCESS, _NAME, _PREFECTURE, _CITY, _STREET = 1, 2, 6, 9, 10, 11
_PREFECTURE_CODE, _OUTSIDE, _CLOSED, _LATEST, _KANA, _HIDDEN = 13, 16, 18, 23, 28, 29
#: 処理区分 99: the number was assigned by mistake and is taken back.
_DELETED = "99"
LONGEST_NAME = 160


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One business as the register has it, with its keys."""

    number: str
    name: str
    core: str
    form: str
    kana: str
    readings: tuple[str, ...]
    prefecture_code: str
    address: str
    closed_on: date | None
    keys: Keys


class RowProblem(ValueError):
    """A row that can't be taken, with a sentence that says why."""


def split_line(line: str) -> list[str]:
    """The cells of one line. :raises RowProblem: the line is no row of this file."""
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error:
        raise RowProblem("CSVとして読めません。") from None
    if len(cells) != COLUMNS:
        raise RowProblem(f"列が{len(cells)}あります。{COLUMNS}列のファイルだけを受け取れます。")
    return cells


def read_row(cells: Sequence[str], *, guess_reading: bool = True) -> RegisterRow | None:
    """One row, or None for what is no present entry (an older version of it, a number taken back, hidden from search).

    :raises RowProblem: a value can't be taken.
    """
    number = parse_corporate_number(cells[_NUMBER])
    if number is None:
        raise RowProblem("法人番号が13桁でないか、検査用数字が合いません。")
    if cells[_PROCESS] == _DELETED or cells[_LATEST] == "0" or cells[_HIDDEN] == "1":
        return None
    name = normalise_text(cells[_NAME])
    if not name:
        raise RowProblem("商号または名称がありません。")
    kana = normalise_text(cells[_KANA])[:200] if cells[_KANA] else ""
    read = read_name(name, kana=kana, guess_reading=guess_reading and not kana)
    if not read.readings and is_kana(read.core):
        raise RowProblem("商号または名称を読み取れません。")
    address = normalise_text(cells[_OUTSIDE] or f"{cells[_PREFECTURE]}{cells[_CITY]}{cells[_STREET]}")
    return RegisterRow(
        number=number,
        name=name[:LONGEST_NAME],
        core=read.core[:LONGEST_NAME],
        form=read.form,
        kana=kana,
        readings=read.readings,
        prefecture_code=cells[_PREFECTURE_CODE][:2],
        address=address[:240],
        closed_on=_day(cells[_CLOSED]),
        keys=keys_of_name(read),
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise RowProblem("閉鎖年月日を読み取れません。") from None
