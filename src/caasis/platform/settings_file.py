"""Files of settings that hold passwords: TOML that its owner alone may read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


class BadSettings(ValueError):
    """The installation can't work with this; the message is for whoever runs it."""


def read_owners_file(path: Path) -> dict[str, Any]:
    """What the file says; nothing where there is none. Raises BadSettings."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return {}
    if mode & 0o077:
        raise BadSettings(f"{path} にはパスワードがあります。所有者だけが読めるようにしてください（chmod 600）。")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} を読めません: {error}") from error
