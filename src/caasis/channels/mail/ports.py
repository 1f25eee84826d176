"""What a mail server can do for us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in plain text. `stop_url` is the page on which its reader gets no more of the kind, "" where there is none."""

    subject: str
    text: str
    stop_url: str = ""


class MailPort(Protocol):
    """One server."""

    def send(self, *, to: str, letter: Letter) -> str:
        """Hand a letter to one address over; its Message-ID.

        Raises Refused, Unreachable, Lost (`channels/ports.py`).
        """
