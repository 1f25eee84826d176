"""Secrets: from NAME, from the file that NAME_FILE names, or made once below CAASIS_HOME."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def read_secret(name: str) -> str:
    """The secret's value, or an empty string when neither NAME nor NAME_FILE is set.

    :raises RuntimeError: when NAME_FILE names a file that can't be read, so that a typing error never means "none".
    """
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if value or not path:
        return value
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise RuntimeError(f"{name}_FILE: {path} を読めません（{error.strerror}）。") from error


def local_secret(home: Path, name: str) -> str:
    """A secret of this installation, made on first use below `home/keys` (mode 0600)."""
    path = home / "keys" / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    value = secrets.token_urlsafe(48)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value
