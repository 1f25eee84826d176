"""The demo's SMS: nothing leaves the machine, each text becomes a file in `sms/` of the home."""

from __future__ import annotations

import os
from pathlib import Path


def write_sms(path: Path, portal: str) -> bool:
    """Write `sms.toml` (mode 0600) with the folder as its provider. An existing one stays: False."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'# 見本。SMSは外へ出ず、sms/ の中のファイルになります。\nadapter = "folder"\nportal = "{portal}"\n')
    return True
