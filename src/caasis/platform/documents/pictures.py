"""Pages as pictures, made in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from caasis.kernel.errors import Invalid

#: Longest side of a preview in pixels: an A4 page at about 140 dots an inch.
LONGEST = 1600
#: For reading by machine: an A4 page at 300 dots an inch.
LONGEST_FOR_READING = 3500
TIMEOUT_SECONDS = 40
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})
PAGED = frozenset({"application/pdf"})
UNREADABLE = "このファイルは開けません。別の形式で送ってもらってください。"


class Unreadable(Invalid):
    """A file that no decoder can make anything of, or that takes more than it may."""

    code = "unreadable_file"
    default_message = UNREADABLE


def can_picture(media_type: str) -> bool:
    """Whether pages of such a file can be shown as pictures."""
    return media_type in PICTURES | PAGED


def picture_of(content: bytes, media_type: str, *, page: int = 0, longest: int = LONGEST) -> bytes:
    """A page (from 0) as PNG, its longer side at most `longest` pixels, without what the original says beside pixels.

    :raises Unreadable: the file is broken, the page isn't there, or decoding takes too long or too much memory.
    """
    return _run("picture", content, media_type, page, longest)


def page_count(content: bytes, media_type: str) -> int:
    """How many pages a file has; 1 for a picture. :raises Unreadable: as above."""
    return int(_run("pages", content, media_type, 0, 0)) if media_type in PAGED else 1


def text_of_pdf(content: bytes) -> list[str]:
    """The text that a PDF carries itself, by page; empty texts where it is a scan. :raises Unreadable: as above."""
    return _run("text", content, "application/pdf", 0, 0).decode().split("\f")


def _run(task: str, content: bytes, media_type: str, page: int, longest: int) -> bytes:
    package = str(Path(__file__).resolve().parents[3])
    # A cold start compiles the drawing library for a second.
    compiled = ("-X", f"pycache_prefix={sys.pycache_prefix}") if sys.pycache_prefix else ()
    try:
        done = subprocess.run(
            [sys.executable, *compiled, "-m", "caasis.platform.documents.worker", task, media_type, str(page), str(longest)],
            input=content,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            # Nothing of the product's settings, keys or addresses is told to the process that decodes.
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": package, "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable from None
    if done.returncode != 0:
        raise Unreadable
    return done.stdout
