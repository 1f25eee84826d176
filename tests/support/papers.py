"""Papers as consumers send them: drawn here, so that every test knows what stands on them."""

from __future__ import annotations

import io
import subprocess
from functools import cache

from PIL import Image, ImageDraw, ImageFont


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    found = subprocess.run(
        ["fc-match", "-f", "%{file}\t%{index}", "Noto Sans CJK JP"], capture_output=True, text=True, check=True
    )
    path, _, index = found.stdout.partition("\t")
    return ImageFont.truetype(path, size, index=int(index or 0))


def drawn(*lines: str, size: int = 48, width: int = 1400) -> Image.Image:
    """Lines of print on white paper."""
    sheet = Image.new("RGB", (width, 120 + 90 * len(lines)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        pen.text((60, 50 + 90 * number), line, fill="black", font=_font(size))
    return sheet


def photo(*lines: str, form: str = "JPEG") -> bytes:
    """A photo of such a paper."""
    out = io.BytesIO()
    drawn(*lines).save(out, form, quality=90)
    return out.getvalue()


def scan(*pages: tuple[str, ...]) -> bytes:
    """A PDF of scanned pages: pictures without any text of their own."""
    out = io.BytesIO()
    first, *rest = [drawn(*lines) for lines in pages]
    first.save(out, "PDF", save_all=True, append_images=rest, resolution=150)
    return out.getvalue()
