"""The key ring: master keys in one file outside the database, keys per centre derived from them.

Layout of `keyring.json` (mode 0600): {"current": 2, "blind": 1, "masters": {"1": base64, "2": base64},
"blind_masters": {"1": base64}}. A centre's key-encryption key is HKDF-SHA256(master, info="kek:<centre>"), its
blind-index key HKDF-SHA256(blind master, info="blind:<centre>"). So no centre's key is stored, and rotation means a
new master and wrapping the record keys anew.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class KeyRingMissing(RuntimeError):
    """There is no key ring where one is expected. Without it nothing sealed can be opened."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Master keys by version. `current` seals new data, `blind` indexes new values."""

    current: int
    blind: int
    masters: dict[int, bytes]
    blind_masters: dict[int, bytes]

    def __hash__(self) -> int:
        return hash((self.current, self.blind, tuple(sorted(self.masters)), tuple(sorted(self.masters.values()))))

    def centre_key(self, centre_id: UUID, version: int) -> bytes:
        """32 bytes that wrap the record keys of one centre."""
        return _derive(self.masters[version], f"kek:{centre_id}")

    def blind_key(self, centre_id: UUID, version: int) -> bytes:
        """32 bytes that make the blind index of one centre: equal numbers in two centres can't be matched."""
        return _derive(self.blind_masters[version], f"blind:{centre_id}")


@functools.lru_cache(maxsize=8192)
def _derive(master: bytes, info: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info.encode()).derive(master)


def keyring_path(home: Path) -> Path:
    return home / "keys" / "keyring.json"


def create_keyring(home: Path) -> KeyRing:
    """Make a key ring where there is none; an existing one is read and never overwritten."""
    path = keyring_path(home)
    if path.exists():
        return load_keyring(home)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ring = KeyRing(1, 1, {1: secrets.token_bytes(32)}, {1: secrets.token_bytes(32)})
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    _write(own, ring)
    try:
        # A link never overwrites: of two that start at once one wins, and both use the winner's keys.
        os.link(own, path)
    except FileExistsError:
        return load_keyring(home)
    finally:
        own.unlink(missing_ok=True)
    return ring


def load_keyring(home: Path) -> KeyRing:
    path = _path_text(home)
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        raise KeyRingMissing(
            f"{path} がありません。バックアップから鍵を戻すか、新しい環境なら「caasis up」を実行してください。"
        ) from None
    return _load(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=8)
def _path_text(home: Path) -> str:
    # Each sealed value asks for the ring: making and hashing a Path took longer than asking the file.
    return str(keyring_path(home))


@functools.lru_cache(maxsize=8)
def _load(path: str, _mtime: int, _size: int) -> KeyRing:
    raw = json.loads(Path(path).read_text())
    return KeyRing(
        current=raw["current"],
        blind=raw["blind"],
        masters={int(v): base64.b64decode(k) for v, k in raw["masters"].items()},
        blind_masters={int(v): base64.b64decode(k) for v, k in raw["blind_masters"].items()},
    )


def add_master(home: Path) -> KeyRing:
    """A new master key becomes current; the older ones stay until every record key is wrapped anew."""
    ring = load_keyring(home)
    version = max(ring.masters) + 1
    new = KeyRing(version, ring.blind, {**ring.masters, version: secrets.token_bytes(32)}, ring.blind_masters)
    _write(keyring_path(home), new)
    return new


def drop_masters(home: Path, versions: set[int]) -> KeyRing:
    """Forget master keys that wrap nothing any more."""
    ring = load_keyring(home)
    if ring.current in versions:
        raise ValueError("the current master key can't be dropped")
    new = KeyRing(
        ring.current,
        ring.blind,
        {v: k for v, k in ring.masters.items() if v not in versions},
        ring.blind_masters,
    )
    _write(keyring_path(home), new)
    return new


def add_blind_master(home: Path) -> KeyRing:
    """A new blind-index key becomes current; values are indexed anew side by side (`caasis privacy reindex`)."""
    ring = load_keyring(home)
    version = max(ring.blind_masters) + 1
    new = KeyRing(ring.current, version, ring.masters, {**ring.blind_masters, version: secrets.token_bytes(32)})
    _write(keyring_path(home), new)
    return new


def drop_blind_masters(home: Path, versions: set[int]) -> KeyRing:
    """Forget blind-index keys under which no row stands any more."""
    ring = load_keyring(home)
    if ring.blind in versions:
        raise ValueError("the current blind-index key can't be dropped")
    kept = {v: k for v, k in ring.blind_masters.items() if v not in versions}
    new = KeyRing(ring.current, ring.blind, ring.masters, kept)
    _write(keyring_path(home), new)
    return new


def _write(path: Path, ring: KeyRing) -> None:
    raw = {
        "current": ring.current,
        "blind": ring.blind,
        "masters": {str(v): base64.b64encode(k).decode() for v, k in ring.masters.items()},
        "blind_masters": {str(v): base64.b64encode(k).decode() for v, k in ring.blind_masters.items()},
    }
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(raw, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    # The new name must survive a power cut too: what is sealed with a new master from now on is lost without it.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
