"""How alike two short texts are."""

from __future__ import annotations


def edit_distance(one: str, other: str, limit: int | None = None) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.

    Optimal string alignment: no piece is edited twice (Damerau 1964). With a `limit`, anything beyond it is limit + 1.
    """
    if one == other:
        return 0
    if len(one) > len(other):
        one, other = other, one
    most = len(other) if limit is None else limit
    if len(other) - len(one) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(one) + 1))
    for row, letter in enumerate(other, start=1):
        line = [row]
        cost = row
        for column, mine in enumerate(one, start=1):
            # Written out without min(): this is the innermost loop of every suggestion.
            replaced = last[column - 1] + (mine != letter)
            cost += 1
            if last[column] + 1 < cost:
                cost = last[column] + 1
            if replaced < cost:
                cost = replaced
            if row > 1 and column > 1 and mine == other[row - 2] and letter == one[column - 2] and before[column - 2] + 1 < cost:
                cost = before[column - 2] + 1
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return min(last[-1], most + 1)


def likeness(one: str, other: str, least: float = 0.5) -> float:
    """1 for equal texts, 0 for texts without anything in common: 1 − distance ÷ longer length.

    Below `least` the figure says nothing more, and 0 is returned early.
    """
    longer = max(len(one), len(other))
    if not longer:
        return 0.0
    most = int(longer * (1 - least) + 1e-9)
    # Letters that the other text doesn't have at all each cost an edit.
    if len(set(one) - set(other)) > most or len(set(other) - set(one)) > most:
        return 0.0
    distance = edit_distance(one, other, most)
    return 0.0 if distance > most else 1 - distance / longer
