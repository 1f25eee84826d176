"""A flow as a drawing: where each box stands and how each arrow runs, layer under layer from the first box down.

After Sugiyama, Tagawa and Toda (1981): arrows that lead back are turned round, each box stands one layer below the last of
those that lead to it, long arrows get a place of their own in every layer that they cross, the order inside the layers is
swept so that few arrows cross, and last the places are moved under each other. Lengths are pixels of the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from caasis.engines.ivr.boxes import Box
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.labels import outcome_label
from caasis.engines.ivr.vocabulary import NEXT

WIDTH, HEIGHT, GAP, LAYER = 184, 58, 28, 142
#: Words of an arrow stand under the box: so much for a sign of Japanese, and around all of them.
SIGN, AROUND, MOST_SIGNS = 12, 14, 13
_MARGIN, _LONG_GAP, _SWEEPS = 16, 18, 12


@dataclass(frozen=True, slots=True)
class Place:
    """A box on the drawing: its upper left corner and its size."""

    box: Box
    x: float
    y: float
    width: float
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow: from, to, the words at its beginning and where they stand, and its way as an SVG path. back: it leads up."""

    start: str
    end: str
    words: str
    x: float
    y: float
    path: str
    back: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    places: tuple[Place, ...]
    arrows: tuple[Arrow, ...]


def draw(flow: Flow) -> Drawing:
    """The drawing of a flow, sound or not. Arrows to boxes that aren't there are left out. The same flow is drawn the same."""
    words = {box.id: _words(flow, box) for box in flow.boxes}
    return _Sheet(flow, words).drawing()


def _words(flow: Flow, box: Box) -> Mapping[str, str]:
    """Words of the arrows of a box, by the box to which they lead: those of two outcomes that lead to one stand together."""
    found: dict[str, list[str]] = {}
    for outcome in dict.fromkeys((*box.outcomes, *box.next)):
        to = box.next.get(outcome, "")
        if flow.box(to) is not None and to != box.id:
            found.setdefault(to, []).append("" if outcome == NEXT else _short(outcome_label(box, outcome)))
    return {to: _cut("・".join(filter(None, words)), MOST_SIGNS) for to, words in found.items()}


def _short(words: str) -> str:
    """Of a menu's choice the key is enough: its words stand in the box to which it leads."""
    return words[0] if words[:1] in "0123456789*#" and words[1:2] == " " else words


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


@dataclass(slots=True)
class _Sheet:
    """One drawing in the making. Nodes are boxes by their id, and (from, to, layer) for the places of long arrows."""

    flow: Flow
    words: Mapping[str, Mapping[str, str]]
    layer: dict[str, int] = field(default_factory=dict)
    back: set[tuple[str, str]] = field(default_factory=set)
    rows: list[list[str]] = field(default_factory=list)
    chains: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    up: dict[str, list[str]] = field(default_factory=dict)
    down: dict[str, list[str]] = field(default_factory=dict)
    x: dict[str, float] = field(default_factory=dict)

    def drawing(self) -> Drawing:
        self._turn_round()
        self._layers()
        self._long_arrows()
        self._order()
        self._move()
        tops = [_MARGIN + number * LAYER for number in range(len(self.rows))]
        places = tuple(
            Place(box, self.x[box.id] - self._wide(box.id) / 2, tops[self.layer[box.id]], self._wide(box.id))
            for box in self.flow.boxes
        )
        arrows = tuple(self._arrow(start, end, tops) for start, end in self.chains)
        right = max((self.x[node] + self._wide(node) / 2 for row in self.rows for node in row), default=0.0)
        return Drawing(right + _MARGIN, _MARGIN + len(self.rows) * LAYER - LAYER + HEIGHT + _MARGIN, places, arrows)

    def _wide(self, node: str) -> float:
        if node not in self.words:
            return _LONG_GAP
        ports = sum(self._port(words) for words in self.words[node].values())
        return max(WIDTH, ports)

    @staticmethod
    def _port(words: str) -> float:
        return max(30, len(words) * SIGN + AROUND)

    def _turn_round(self) -> None:
        """Find the arrows that lead back: to a box from which the way has come. Without recursion: flows may be long."""
        seen: set[str] = set()
        roots = [one.id for one in (self.flow.start, self.flow.emergency) if one is not None]
        for root in (*roots, *(box.id for box in self.flow.boxes)):
            if root in seen:
                continue
            seen.add(root)
            way, stack = {root}, [(root, iter(self.words[root]))]
            while stack:
                node, onward = stack[-1]
                to = next(onward, None)
                if to is None:
                    way.discard(node)
                    stack.pop()
                elif to in way:
                    self.back.add((node, to))
                elif to not in seen:
                    seen.add(to)
                    way.add(to)
                    stack.append((to, iter(self.words[to])))

    def _edges(self) -> list[tuple[str, str]]:
        """Arrows as they run down."""
        every = [(start, end) for start, ends in self.words.items() for end in ends]
        return [(end, start) if (start, end) in self.back else (start, end) for start, end in every]

    def _layers(self) -> None:
        edges = self._edges()
        left = {box.id: sum(1 for _, end in edges if end == box.id) for box in self.flow.boxes}
        onward: dict[str, list[str]] = {box.id: [] for box in self.flow.boxes}
        for start, end in edges:
            onward[start].append(end)
        ready = [box for box, count in left.items() if count == 0]
        self.layer = dict.fromkeys(left, 0)
        while ready:
            node = ready.pop()
            for to in onward[node]:
                self.layer[to] = max(self.layer[to], self.layer[node] + 1)
                left[to] -= 1
                if left[to] == 0:
                    ready.append(to)
        # Whatever nothing leads to stands right above what it leads to, except where every call begins.
        fixed = self.flow.start.id if self.flow.start else ""
        ends = {end for _, end in edges}
        for box in self.flow.boxes:
            if box.id != fixed and box.id not in ends and onward[box.id]:
                self.layer[box.id] = min(self.layer[to] for to in onward[box.id]) - 1

    def _long_arrows(self) -> None:
        self.rows = [[] for _ in range(max(self.layer.values(), default=-1) + 1)]
        for box in self.flow.boxes:
            self.rows[self.layer[box.id]].append(box.id)
        for start, ends in self.words.items():
            for end in ends:
                top, bottom = (end, start) if (start, end) in self.back else (start, end)
                chain = [top]
                for number in range(self.layer[top] + 1, self.layer[bottom]):
                    chain.append(f"{start}>{end}>{number}")
                    self.rows[number].append(chain[-1])
                chain.append(bottom)
                self.chains[start, end] = chain
                for above, below in pairwise(chain):
                    self.down.setdefault(above, []).append(below)
                    self.up.setdefault(below, []).append(above)

    def _order(self) -> None:
        """Sweep up and down by the middle of the neighbours; the order with the fewest crossings is kept."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(_SWEEPS):
            beside = self.up if sweep % 2 == 0 else self.down
            numbers = range(1, len(self.rows)) if sweep % 2 == 0 else range(len(self.rows) - 2, -1, -1)
            for number in numbers:
                other = self.rows[number - 1 if sweep % 2 == 0 else number + 1]
                place = {node: at for at, node in enumerate(other)}
                row = self.rows[number]
                middle = {}
                for at, node in enumerate(row):
                    near = [place[one] for one in beside.get(node, ())]
                    middle[node] = sum(near) / len(near) if near else at * len(other) / max(1, len(row))
                row.sort(key=middle.__getitem__)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _crossings(self) -> int:
        count = 0
        for upper, lower in pairwise(self.rows):
            place = {node: at for at, node in enumerate(lower)}
            ends = [place[to] for node in upper for to in sorted(self.down.get(node, ()), key=place.__getitem__)]
            count += sum(1 for at, end in enumerate(ends) for later in ends[at + 1 :] if later < end)
        return count

    def _move(self) -> None:
        for row in self.rows:
            at = 0.0
            for node in row:
                self.x[node] = at + self._wide(node) / 2
                at += self._wide(node) + GAP
        for sweep in range(_SWEEPS):
            beside = self.up if sweep % 2 == 0 else self.down
            for row in self.rows if sweep % 2 == 0 else reversed(self.rows):
                wanted = []
                for node in row:
                    near = [self.x[one] for one in beside.get(node, ())]
                    wanted.append(sum(near) / len(near) if near else self.x[node])
                self._settle(row, wanted)
        left = min((self.x[node] - self._wide(node) / 2 for row in self.rows for node in row), default=0.0)
        for node in self.x:
            self.x[node] += _MARGIN - left

    def _settle(self, row: Sequence[str], wanted: Sequence[float]) -> None:
        """The places nearest to those wanted (least squares) that keep the order and the gaps: pool adjacent violators."""
        offsets, at = [], 0.0
        for number, node in enumerate(row):
            if number:
                at += (self._wide(row[number - 1]) + self._wide(node)) / 2 + GAP
            offsets.append(at)
        pools: list[tuple[float, int]] = []
        for wish, offset in zip(wanted, offsets, strict=True):
            pools.append((wish - offset, 1))
            while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
                (first, many), (second, more) = pools[-2:]
                pools[-2:] = [((first * many + second * more) / (many + more), many + more)]
        values = [value for value, many in pools for _ in range(many)]
        for node, value, offset in zip(row, values, offsets, strict=True):
            self.x[node] = value + offset

    def _arrow(self, start: str, end: str, tops: Sequence[float]) -> Arrow:
        back, chain = (start, end) in self.back, self.chains[start, end]
        port = self._port_x(start, end)
        words = self.words[start][end]
        low = tops[self.layer[start]] + HEIGHT
        if back:
            # Out of the side of the lower box, up through its places, into the side of the upper one.
            points = [(self.x[node], tops[self._row(node, start, end)] + HEIGHT / 2) for node in reversed(chain[1:-1])]
            right = self.x[end] + self._wide(end) / 2
            points = [(port, low), *points, (right, tops[self.layer[end]] + HEIGHT / 2)]
            beside = (self.x[start] + self._wide(start) / 2 + 14, tops[self.layer[start]] + HEIGHT / 2)
            return Arrow(start, end, words, port, low + 14, _up(points, beside, right + 24), back)
        points = [(self.x[node], tops[self._row(node, start, end)] + HEIGHT / 2) for node in chain[1:-1]]
        points = [(port, low + (20 if words else 2)), *points, (self.x[end], tops[self.layer[end]] - 2)]
        return Arrow(start, end, words, port, low + 14, _down(points), back)

    def _row(self, node: str, start: str, end: str) -> int:
        return int(node.removeprefix(f"{start}>{end}>"))

    def _port_x(self, start: str, end: str) -> float:
        """Where an arrow leaves its box: side by side under it, in the order of the next layer."""
        first = {to: self.chains[start, to] for to in self.words[start]}
        order = sorted(first, key=lambda to: self.x[first[to][1]] if (start, to) not in self.back else float("inf"))
        at = self.x[start] - sum(self._port(self.words[start][to]) for to in order) / 2
        for to in order:
            if to == end:
                return at + self._port(self.words[start][to]) / 2
            at += self._port(self.words[start][to])
        return self.x[start]


def _down(points: Sequence[tuple[float, float]]) -> str:
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        path += f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
    return path


def _up(points: Sequence[tuple[float, float]], beside: tuple[float, float], beyond: float) -> str:
    """Under the lower box to its right side (`beside`), up, and from the right (`beyond`) into the upper box."""
    (x, y), *rest = points
    aside, top = beside
    path = f"M{x:.0f} {y + 20:.0f}C{x:.0f} {y + 44:.0f} {aside:.0f} {y + 44:.0f} {aside:.0f} {top:.0f}"
    at = beside
    end_x, end_y = rest[-1]
    for to_x, to_y in (*rest[:-1], (beyond, end_y + HEIGHT)):
        middle = (at[1] + to_y) / 2
        path += f"C{at[0]:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
        at = (to_x, to_y)
    return path + f"C{at[0]:.0f} {end_y:.0f} {at[0]:.0f} {end_y:.0f} {end_x + 2:.0f} {end_y:.0f}"
