"""SMS for drills: nothing leaves the machine, each text becomes a file that its owner alone may read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from caasis.channels.ports import Unreachable
from caasis.kernel.clock import utc_now
from caasis.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class FolderSms:
    """Writes into `folder`, which is made when it is needed."""

    folder: Path

    def send(self, *, number: str, text: str) -> str:
        """As the port says."""
        name = uuid7().hex
        told = {"at": utc_now().isoformat(timespec="seconds"), "number": number, "text": text}
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.folder / f"{name}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(told, file, ensure_ascii=False, indent=1)
        except OSError as error:
            raise Unreachable(type(error).__name__) from error
        return name
