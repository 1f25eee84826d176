"""Names of uploaded files: kept as the person knows them, without what could mislead or harm."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
UNNAMED = "ファイル"
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


def clean_name(name: str) -> tuple[str, str]:
    """The stem and the lower-case extension (without its dot) of an uploaded file's name.

    Folders, control characters, and invisible or direction-changing characters (a name that reads `…gpj.exe` backwards)
    are taken out; full-width extensions are folded; an over-long stem is cut.
    """
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    text = _FORBIDDEN.sub("_", text)
    stem, dot, extension = text.replace("．", ".").rpartition(".")
    extension = unicodedata.normalize("NFKC", extension).lower().strip()
    if not dot or not re.fullmatch(r"[a-z0-9]{1,8}", extension):
        stem, extension = text, ""
    stem = stem.strip(" .　")[:LONGEST].strip() or UNNAMED
    return stem, extension
