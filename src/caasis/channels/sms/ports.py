"""What a provider of SMS can do for us."""

from __future__ import annotations

from typing import Protocol


class SmsPort(Protocol):
    """One provider."""

    def send(self, *, number: str, text: str) -> str:
        """Hand a text to a number (+81…) over; the provider's own name of it.

        Raises Refused, Unreachable, Lost.
        """
