"""The keys inside a backup: sealed with a passphrase, so that a stolen backup opens nothing."""

from __future__ import annotations

import io
import secrets
import tarfile
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from caasis.platform.crypto.ciphers import WrongKeyOrPlace, open_bytes, seal_bytes

_MAGIC = b"CAASISKEYS1"
_SALT = 16
_PLACE = "backup:keys"


class WrongPassphrase(ValueError):
    """The passphrase does not open the keys of this backup."""


def pack(folder: Path, *patterns: str) -> bytes:
    """A tar of the files of a folder (keys, anchors) that the patterns name (all without any), without owners and times."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted({path for pattern in patterns or ("**/*",) for path in folder.glob(pattern)}):
            if path.is_file():
                info = tarfile.TarInfo(str(path.relative_to(folder)))
                data = path.read_bytes()
                info.size, info.mode = len(data), 0o600
                tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Write the files of a tar below a folder; names that lead elsewhere are refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        names = [member.name for member in tar if member.isfile()]
        tar.extractall(folder, filter="data")
    for name in names:
        (folder / name).chmod(0o600)


def seal(data: bytes, passphrase: str) -> bytes:
    salt = secrets.token_bytes(_SALT)
    return _MAGIC + salt + seal_bytes(_key(passphrase, salt), data, _PLACE)


def open_sealed(data: bytes, passphrase: str) -> bytes:
    """:raises WrongPassphrase: it doesn't open."""
    if not data.startswith(_MAGIC):
        raise WrongPassphrase("鍵の控えの形が違います。")
    salt = data[len(_MAGIC) : len(_MAGIC) + _SALT]
    try:
        return open_bytes(_key(passphrase, salt), data[len(_MAGIC) + _SALT :], _PLACE)
    except WrongKeyOrPlace:
        raise WrongPassphrase("合言葉が違います。バックアップを作ったときの合言葉を入れてください。") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
