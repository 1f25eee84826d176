"""What a provider of SMS can do for us."""

from __future__ import annotations

from typing import Protocol


class SmsRefused(Exception):
    """The provider will not send this, today or tomorrow; `code` is its own code, without personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SmsUnreachable(Exception):
    """The provider has certainly not got it: it may be tried again."""


class SmsLost(Exception):
    """Whether the provider has got it is not known: tried again, it might come twice."""


class SmsPort(Protocol):
    """One provider."""

    def send(self, *, number: str, text: str) -> str:
        """Hand a text to a number (+81…) over; the provider's own name of it.

        Raises SmsRefused, SmsUnreachable, SmsLost.
        """
