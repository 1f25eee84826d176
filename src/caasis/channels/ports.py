"""What can become of a message that is handed to a provider, whichever way it goes."""

from __future__ import annotations


class Refused(Exception):
    """The provider will not send this, today or tomorrow; `code` is its own code, without personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unreachable(Exception):
    """The provider has certainly not got it: it may be tried again."""


class Lost(Exception):
    """Whether the provider has got it is not known: tried again, it might come twice."""
