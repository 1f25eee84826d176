"""Which mail server this installation has for letters to consumers: `mail.toml` of the home, or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from caasis.channels.mail.composing import ascii_address
from caasis.channels.mail.folder import FolderMail
from caasis.channels.mail.ports import MailPort
from caasis.channels.mail.smtp import PORTS, SmtpMail
from caasis.channels.provider_file import Told, kept_setup, read_provider_file, wrong_value
from caasis.platform.settings_file import BadSettings

FILE = "mail.toml"
_NEEDED = {"smtp": ("host", "sender"), "folder": ()}
_MORE = {"smtp": ("port", "security", "user", "password", "sender_name", "authority", "timeout_s"), "folder": ()}
_NUMBERS = {"port": 65_535, "timeout_s": 600}


@dataclass(frozen=True, slots=True)
class MailSetup:
    """The server, and the portal's address as the public types it, without a / at its end."""

    port: MailPort
    portal: str


def read_setup(home: Path) -> MailSetup | None:
    """What `HOME/mail.toml` says; None where there is no such file. Raises BadSettings."""
    told = read_provider_file(home / FILE, _NEEDED, _MORE)
    return MailSetup(_made(told, home), told.portal) if told else None


def _made(told: Told, home: Path) -> MailPort:
    if told.adapter == "folder":
        return FolderMail(home / "mail")
    values = told.values
    for name, value in values.items():
        if name in _NUMBERS:
            good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _NUMBERS[name]
        else:
            good = isinstance(value, str) and not set(value) & {"\r", "\n", "\0"}
        if not good:
            raise wrong_value(told.path, name)
    if values.get("security", "starttls") not in PORTS:
        raise BadSettings(f"{told.path} の「security」は {'、'.join(PORTS)} のどれかです。")
    if values.get("authority") and not Path(values["authority"]).is_file():
        raise BadSettings(f"{told.path} の「authority」のファイルが見つかりません。")
    try:
        return SmtpMail(**values | {"sender": ascii_address(values["sender"])})
    except ValueError:
        raise wrong_value(told.path, "sender") from None


def open_mail() -> MailPort | None:
    """The server, if there is one."""
    found = _setup()
    return found.port if found else None


def portal_address() -> str:
    """The portal's address for letters, "" where none is set."""
    found = _setup()
    return found.portal if found else ""


def is_available() -> bool:
    """Whether a mail can be sent at all."""
    return _setup() is not None


def _setup() -> MailSetup | None:
    return kept_setup(read_setup, FILE)
