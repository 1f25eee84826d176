"""A figure as the template shows it, and its table, which is also its CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from caasis.cases.services.importing import safe_cell
from caasis.desk.charts.words import NOTHING, signed
from caasis.engines.japanese import format_date_ja

Value = str | int | float | date | None


class Kind(Enum):
    """What a column holds: how it is shown and how it is written into the file."""

    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    DECIMAL = "decimal"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    kind: Kind = Kind.COUNT

    @property
    def is_number(self) -> bool:
        return self.kind not in (Kind.TEXT, Kind.DAY)

    @property
    def file_label(self) -> str:
        return f"{self.label}（％）" if self.kind is Kind.CHANGE else self.label

    def show(self, value: Value) -> str:
        """The cell for people. What can't be said is 「−」."""
        if value is None:
            return NOTHING
        if isinstance(value, date):
            return format_date_ja(value)
        if isinstance(value, str):
            return value
        if self.kind is Kind.CHANGE:
            return signed(value)
        return f"{value:,.1f}" if self.kind is Kind.DECIMAL else f"{value:,}"

    def write(self, value: Value) -> str:
        """The cell for a spreadsheet: plain numbers, ISO days, and words that are never taken for a formula."""
        if value is None:
            return NOTHING
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str):
            return safe_cell(value)
        if self.kind is Kind.CHANGE:
            return f"{round(value * 100, 1) + 0.0:.1f}"
        return f"{value:.1f}" if self.kind is Kind.DECIMAL else str(value)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; the first column names the row."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]

    def body(self) -> SafeString:
        """The rows as markup. Written here and not in the template: a year has thousands of cells."""
        numeric = [' class="app-num"' if column.is_number else "" for column in self.columns]
        written = []
        for row in self.rows:
            shown = [escape(column.show(value)) for column, value in zip(self.columns, row, strict=True)]
            cells = "".join(f"<td{css}>{words}</td>" for css, words in zip(numeric[1:], shown[1:], strict=True))
            written.append(f'<tr><th scope="row">{shown[0]}</th>{cells}</tr>')
        return mark_safe("".join(written))  # noqa: S308 - every cell went through escape()

    def csv(self) -> str:
        """The table as a file that Japanese spreadsheets open rightly (a mark of UTF-8 comes first)."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column.file_label for column in self.columns])
        for row in self.rows:
            writer.writerow([column.write(value) for column, value in zip(self.columns, row, strict=True)])
        return "\ufeff" + out.getvalue()


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the small multiples."""

    title: str
    line: str
    picture: SafeString | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: title, one sentence of take-away, the wide and the narrow drawing, and the table."""

    key: str
    title: str
    take: str
    table: Table
    wide: SafeString | None = None
    narrow: SafeString | None = None
    notes: Sequence[str] = ()
    panels: Sequence[Panel] = field(default=())
