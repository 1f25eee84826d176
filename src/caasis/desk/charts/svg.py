"""Drawing: elements of an SVG as text, scales with round numbers, points of a line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


def number(value: float) -> str:
    """A coordinate with one decimal place at most: a tenth of a pixel is finer than any screen shows."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """One element. `class_` becomes class, other underscores hyphens; `content` is markup that is already safe."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, words: str, css: str = "") -> str:
    """Words at a place; `css` holds short class names of the style sheet (b bold, e end, m middle, …)."""
    if css:
        return element("text", escape(words), x=x, y=y, class_=css)
    return element("text", escape(words), x=x, y=y)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=css)


def dot(x: float, y: float, radius: float, css: str) -> str:
    return element("circle", cx=x, cy=y, r=radius, class_=css)


def triangle(x: float, y: float, css: str, size: float = 5) -> str:
    """A small ▲ around the point: the mark beside a colour, so that colour is never alone."""
    return element(
        "path",
        d=f"M{number(x)} {number(y - size)}L{number(x + size)} {number(y + size * 0.8)}L{number(x - size)} {number(y + size * 0.8)}Z",
        class_=css,
    )


def path(points: Sequence[tuple[float, float | None]], css: str) -> str:
    """A line through points; where a value is None the line is interrupted."""
    parts, pen_down = [], False
    for x, y in points:
        if y is None:
            pen_down = False
            continue
        parts.append(f"{'L' if pen_down else 'M'}{number(x)} {number(y)}")
        pen_down = True
    return element("path", d="".join(parts), class_=css) if parts else ""


def columns(bars: Iterable[tuple[float, float]], width: float, base: float, css: str) -> str:
    """Upright bars `(x, top)` of one width on one base, as a single path: a year of days stays small."""
    parts = [f"M{number(x)} {number(base)}V{number(top)}h{number(width)}V{number(base)}Z" for x, top in bars if top < base]
    return element("path", d="".join(parts), class_=css) if parts else ""


def drawing(width: float, height: float, content: Iterable[str], *, css: str = "", label: str = "") -> SafeString:
    """The whole picture. Without a label it is decoration, hidden from those who hear the page."""
    role: dict[str, str] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    attributes: dict[str, str] = {"viewBox": f"0 0 {number(width)} {number(height)}", **role}
    if css:
        attributes["class_"] = css
    return mark_safe(element("svg", "".join(content), **attributes))  # noqa: S308 - every word went through escape()


def round_step(span: float, parts: int) -> float:
    """The smallest of 1, 2, 5 · 10ⁿ that covers the span in so many parts."""
    if span <= 0:
        return 1.0
    rough = span / parts
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def ticks(top: float, parts: int) -> list[int]:
    """Round whole numbers from 0 to at least `top`, in about so many steps."""
    step = max(1, round(round_step(max(top, 1), parts)))
    count = max(1, math.ceil(top / step))
    return [step * index for index in range(count + 1)]
