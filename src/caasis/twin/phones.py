"""The demo's SIP phones, with passwords of this installation. Written before anything of the product is loaded."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

#: account → the name by which its desk phone registers.
DESK_PHONES = {"counsellor": "1001", "counsellor2": "1002", "supervisor": "1003"}
#: The phone that stands for a telephone of the public, and its number.
PUBLIC_PHONE, PUBLIC_NUMBER = "9001", "+819055550101"


def write_phones(path: Path) -> bool:
    """Write the engine's file of phones with passwords of this installation (mode 0600). An existing one stays: False."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    entries = [(user, "") for user in DESK_PHONES.values()] + [(PUBLIC_PHONE, PUBLIC_NUMBER)]
    lines = ["# 見本の電話機。パスワードは、この設置だけのものです。"]
    for user, outside in entries:
        lines += ["", "[[phone]]", f'user = "{user}"', f'password = "{secrets.token_urlsafe(12)}"']
        if outside:
            lines.append(f'outside = "{outside}"')
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return True
