"""Mail for drills: nothing leaves the machine, each mail becomes a file (.eml) that its owner alone may read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.errors import HeaderParseError
from pathlib import Path

from caasis.channels.mail.composing import ascii_address, compose
from caasis.channels.mail.ports import Letter
from caasis.channels.ports import Refused, Unreachable
from caasis.kernel.clock import utc_now
from caasis.kernel.ids import uuid7

SENDER = "portal@mail.invalid"


@dataclass(frozen=True, slots=True)
class FolderMail:
    """Writes into `folder`, which is made when it is needed."""

    folder: Path

    def send(self, *, to: str, letter: Letter) -> str:
        """As the port says."""
        name = uuid7().hex
        try:
            mail = compose(
                to=ascii_address(to), sender=SENDER, sender_name="", letter=letter, name=f"{name}@mail.invalid", now=utc_now()
            )
        except (ValueError, HeaderParseError, IndexError):
            raise Refused("address") from None
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.folder / f"{name}.eml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(mail.as_bytes())
        except OSError as error:
            raise Unreachable(type(error).__name__) from error
        return f"{name}@mail.invalid"
