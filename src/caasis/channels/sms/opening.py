"""Which provider of SMS this installation has: `sms.toml` of the home, or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from caasis.channels.provider_file import Told, kept_setup, read_provider_file, wrong_value
from caasis.channels.sms.folder import FolderSms
from caasis.channels.sms.ports import SmsPort
from caasis.channels.sms.twilio import TwilioSms
from caasis.platform.settings_file import BadSettings

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
    told = read_provider_file(home / FILE, _NEEDED, _MORE)
    return SmsSetup(_made(told, home), told.portal) if told else None


def _made(told: Told, home: Path) -> SmsPort:
    if told.adapter == "folder":
        return FolderSms(home / "sms")
    for name, value in told.values.items():
        good = isinstance(value, (int, float)) and value > 0 if name == "timeout_s" else isinstance(value, str)
        if not good:
            raise wrong_value(told.path, name)
    if urlsplit(told.values.get("url", "https://x")).scheme not in ("http", "https"):
        raise BadSettings(f"{told.path} の「url」は https:// で始めてください。")
    return TwilioSms(**told.values)


def open_sms() -> SmsPort | None:
    """The provider, if there is one."""
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
    return kept_setup(read_setup, FILE)
