"""Which provider this installation has for one way of sending: `<way>.toml` of the home, or none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from caasis.platform.settings_file import BadSettings, read_owners_file

log = logging.getLogger(__name__)
Setup = TypeVar("Setup")


@dataclass(frozen=True, slots=True)
class Told:
    """What the file says: the adapter, the portal's address without a / at its end, and the adapter's own settings."""

    path: Path
    adapter: str
    portal: str
    values: dict[str, Any]


def read_provider_file(path: Path, needed: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> Told | None:
    """Read it; None where there is no such file. Raises BadSettings.

    :param needed: adapter → settings without which it can do nothing. :param more: adapter → what else it takes.
    """
    told = read_owners_file(path)
    if not told:
        return None
    adapter = told.pop("adapter", "")
    if adapter not in needed:
        raise BadSettings(f"{path} の「adapter」は {'、'.join(needed)} のどれかです。")
    portal = told.pop("portal", "")
    if not isinstance(portal, str) or urlsplit(portal).scheme not in ("http", "https") or not urlsplit(portal).netloc:
        raise BadSettings(f"{path} の「portal」に、相談サイトのアドレスを https:// から書いてください。")
    if missing := [name for name in needed[adapter] if not told.get(name)]:
        raise BadSettings(f"{path} に「{missing[0]}」を書いてください（docs/operations.md）。")
    if unknown := set(told) - {*needed[adapter], *more[adapter]}:
        raise BadSettings(f"{path} の「{min(unknown)}」は、設定できる項目ではありません。")
    return Told(path, adapter, portal.rstrip("/"), told)


def wrong_value(path: Path, name: str) -> BadSettings:
    """The refusal of a value that can't be meant."""
    return BadSettings(f"{path} の「{name}」の書き方が違います（docs/operations.md）。")


def kept_setup(read: Callable[[Path], Setup | None], file: str) -> Setup | None:
    """The setup of this installation, read anew when its file changes. Cheap: asked at every step of a call.

    None where there is none, or what the file says is no use (which the log and `caasis doctor` tell).
    """
    home = Path(settings.CAASIS_HOME)
    try:
        # Also a `chmod 600` is a change: before it, the file was of no use.
        changed = (home / file).stat().st_ctime_ns
    except OSError:
        return None
    return _read_once(read, home, changed)  # type: ignore[arg-type, return-value]


@lru_cache(maxsize=8)
def _read_once(read: Callable[[Path], object], home: Path, changed: int) -> object:
    try:
        return read(home)
    except BadSettings as error:
        log.error("nothing is sent this way: %s", error)
        return None
