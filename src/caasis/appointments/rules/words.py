"""What somebody wrote, as it is kept."""

from __future__ import annotations

import re

#: Control characters but for the line end, and halves of pairs that are no letter.
_NO_LETTERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")


def clean_words(text: str) -> str:
    """The text with one kind of line end and without what no database takes."""
    return _NO_LETTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
