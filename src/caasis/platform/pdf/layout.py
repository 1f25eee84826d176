"""Breaking text into lines, by the rules of Japanese line breaking that a reader notices (JIS X 4051)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: May not begin a line: closing brackets, full stops, small kana, prolonged sound.
NOT_FIRST = frozenset(
    "、。，．・：；？！」』）］｝〕〉》】ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞ,.)]}!?:;%％"
)
#: May not end a line: opening brackets.
NOT_LAST = frozenset("「『（［｛〔〈《【([{〒¥￥")
#: Distance of base lines in type sizes.
LEADING = 1.6
MM = 72 / 25.4
_WORD = re.compile(r"[!-~]+|.", re.DOTALL)

Widths = Callable[[str], int]


class TooLong(ValueError):
    """The text does not fit on the sheet, even in the smallest type."""


@dataclass(frozen=True)
class Sheet:
    """One page of a file: its size and margin in millimetres, its text, and how large the type is in points.

    Type grows smaller down to `smallest` until the text fits. With `flows` it goes on on further pages instead.
    """

    width: float
    height: float
    text: str
    margin: float = 10
    size: float = 10.5
    smallest: float = 7
    flows: bool = False


@dataclass(frozen=True)
class Page:
    """Lines in one size of type, ready to be drawn. Millimetres for the sheet, points for the type."""

    width: float
    height: float
    margin: float
    size: float
    lines: tuple[str, ...]


def wrap(text: str, most: float, widths: Widths) -> list[str]:
    """Lines no wider than `most` (in thousandths of the type size). Words of ASCII stay whole where they can."""
    return [line for paragraph in text.split("\n") for line in _wrap_one(paragraph, most, widths)]


def _wrap_one(paragraph: str, most: float, widths: Widths) -> list[str]:
    lines: list[list[str]] = [[]]
    filled = 0.0
    for piece in _pieces(paragraph, most, widths):
        wide = _width(piece, widths)
        if filled + wide > most and lines[-1] and piece != " ":
            lines.append(_carried(lines[-1], piece, most, widths))
            filled = sum(_width(part, widths) for part in lines[-1])
        lines[-1].append(piece)
        filled += wide
    return ["".join(line).rstrip() for line in lines]


def _carried(line: list[str], piece: str, most: float, widths: Widths) -> list[str]:
    """What the next line takes along from the end of `line`, because `piece` may not begin a line, or it not end one."""
    carried: list[str] = []
    room = most - _width(piece, widths)
    while True:
        while line and line[-1] == " ":
            line.pop()
        right = (carried or [piece])[0][0] not in NOT_FIRST and not (line and line[-1][-1] in NOT_LAST)
        if right or len(line) < 2 or _width(line[-1], widths) > room:
            return carried
        room -= _width(line[-1], widths)
        carried.insert(0, line.pop())


def _width(piece: str, widths: Widths) -> int:
    return sum(map(widths, piece))


def _pieces(paragraph: str, most: float, widths: Widths) -> list[str]:
    pieces = []
    for word in _WORD.findall(paragraph):
        pieces.extend([word] if _width(word, widths) <= most else list(word))
    return pieces


def lay_out(sheet: Sheet, widths: Widths) -> list[Page]:
    """The pages of one sheet's text. Raises TooLong."""
    across, down = (sheet.width - 2 * sheet.margin) * MM, (sheet.height - 2 * sheet.margin) * MM
    size = sheet.size
    while True:
        lines = wrap(sheet.text.rstrip(), across / size * 1000, widths)
        fits = max(1, int((down - size) / (size * LEADING)) + 1)
        if len(lines) <= fits or sheet.flows:
            break
        size -= 0.5
        if size < sheet.smallest:
            raise TooLong
    return [
        Page(sheet.width, sheet.height, sheet.margin, size, tuple(lines[first : first + fits]))
        for first in range(0, len(lines), fits)
    ]
