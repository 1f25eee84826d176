"""The demo's SMS and mail: nothing leaves the machine, each becomes a file in `sms/` or `mail/` of the home."""

from __future__ import annotations

import os
from pathlib import Path

_WAYS = {"sms": "SMS", "mail": "メール"}


def write_providers(home: Path, portal: str) -> list[str]:
    """Write `sms.toml` and `mail.toml` (mode 0600) with the folder as their provider; the ways. Existing files stay."""
    return [way for way in _WAYS if _write(home / f"{way}.toml", way, portal)]


def _write(path: Path, way: str, portal: str) -> bool:
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"# 見本。{_WAYS[way]}は外へ出ず、{way}/ の中のファイルになります。\n")
        file.write(f'adapter = "folder"\nportal = "{portal}"\n')
    return True
