"""A letter as an e-mail (RFC 5322), with the headers that keep robots from answering and let readers leave (RFC 8058)."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from caasis.channels.mail.ports import Letter
from caasis.kernel.clock import JST


def ascii_address(address: str) -> str:
    """The address as any server takes it: a domain in Japanese becomes its xn-- form. Raises ValueError."""
    local, _, domain = address.rpartition("@")
    if not all(letter.isprintable() and letter != " " for letter in address):
        return _bad()
    try:
        local.encode("ascii")
        return f"{local}@{domain.encode('idna').decode('ascii')}" if local and domain else _bad()
    except UnicodeError:
        return _bad()


def compose(*, to: str, sender: str, sender_name: str, letter: Letter, name: str, now: datetime) -> EmailMessage:
    """The mail, ready to be sent. `to` and `sender` are ASCII; `name` is its Message-ID without the brackets.

    Raises ValueError when an address cannot stand in a header.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _named(sender, sender_name)
    mail["To"] = _named(to, "")
    # A line break in a subject would begin another header.
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(now.astimezone(JST))
    mail["Message-ID"] = f"<{name}>"
    mail["Auto-Submitted"] = "auto-generated"
    if letter.stop_url:
        mail["List-Unsubscribe"] = f"<{letter.stop_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text, charset="utf-8", cte="base64")
    return mail


def _named(address: str, display_name: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=display_name, username=local, domain=domain)


def _bad() -> str:
    raise ValueError("no address")
