"""Which provider of SMS this installation has: `sms.toml` of the home, or none."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from caasis.channels.sms.folder import FolderSms
from caasis.channels.sms.ports import SmsPort
from caasis.channels.sms.twilio import TwilioSms
from caasis.platform.settings_file import BadSettings, read_owners_file

log = logging.getLogger(__name__)
FILE = "sms.toml"
_NEEDED = {"twilio": ("account", "token", "sender"), "folder": ()}
_MORE = {"twilio": ("url", "timeout_s"), "folder": ()}


@dataclass(frozen=True, slots=True)
class SmsSetup:
    """The provider, and the portal's address as the public types it, without a / at its end."""

    port: SmsPort
    portal: str


def read_setup(home: Path) -> SmsSetup | None:
    """What `HOME/sms.toml` says; None where there is no such file. Raises BadSettings."""
    path = home / FILE
    told = read_owners_file(path)
    if not told:
        return None
    adapter = told.pop("adapter", "")
    if adapter not in _NEEDED:
        raise BadSettings(f"{path} の「adapter」は {'、'.join(_NEEDED)} のどれかです。")
    portal = told.pop("portal", "")
    if not isinstance(portal, str) or urlsplit(portal).scheme not in ("http", "https") or not urlsplit(portal).netloc:
        raise BadSettings(f"{path} の「portal」に、相談サイトのアドレスを https:// から書いてください。")
    if missing := [name for name in _NEEDED[adapter] if not told.get(name)]:
        raise BadSettings(f"{path} に「{missing[0]}」を書いてください（docs/operations.md）。")
    if unknown := set(told) - {*_NEEDED[adapter], *_MORE[adapter]}:
        raise BadSettings(f"{path} の「{min(unknown)}」は、設定できる項目ではありません。")
    return SmsSetup(_made(path, adapter, told, home), portal.rstrip("/"))


def _made(path: Path, adapter: str, told: dict[str, Any], home: Path) -> SmsPort:
    if adapter == "folder":
        return FolderSms(home / "sms")
    for name, value in told.items():
        good = isinstance(value, (int, float)) and value > 0 if name == "timeout_s" else isinstance(value, str)
        if not good:
            raise BadSettings(f"{path} の「{name}」の書き方が違います（docs/operations.md）。")
    if urlsplit(told.get("url", "https://x")).scheme not in ("http", "https"):
        raise BadSettings(f"{path} の「url」は https:// で始めてください。")
    return TwilioSms(**told)


def open_sms() -> SmsPort | None:
    """The provider; None where there is none, or what the file says is no use (which the log and `caasis doctor` tell)."""
    found = _setup()
    return found.port if found else None


def portal_address() -> str:
    """The portal's address for texts, "" where none is set."""
    found = _setup()
    return found.portal if found else ""


def is_available() -> bool:
    """Whether a text can be sent at all. Cheap: asked at every step of a call."""
    return _setup() is not None


def _setup() -> SmsSetup | None:
    home = Path(settings.CAASIS_HOME)
    try:
        # Also a `chmod 600` is a change: before it, the file was of no use.
        changed = (home / FILE).stat().st_ctime_ns
    except OSError:
        return None
    return _read_once(home, changed)


@lru_cache(maxsize=4)
def _read_once(home: Path, changed: int) -> SmsSetup | None:
    try:
        return read_setup(home)
    except BadSettings as error:
        log.error("no SMS is sent: %s", error)
        return None
