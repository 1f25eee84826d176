"""How an Asterisk is reached and used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskSetup:
    """What the administrator says of an Asterisk.

    url: of its REST interface, such as `http://127.0.0.1:8088/ari`.
    app: the name of the Stasis application in its dialplan.
    trunks: the PJSIP endpoints that are trunks; the first is used where a number is called without naming one.
    may_call: beginnings of the numbers that may be called.
    national: whether the carrier takes Japanese numbers with 0 in front; otherwise they are told with +81.
    lines: how many legs there may be at once.
    snoops_in_a_room: how many snoop channels one room may take; an audibility that needs more is refused.
    sounds: the folder of the prompts, below Asterisk's folder of sounds and its language.
    recordings: where sealed recordings are put.
    ear_host, ear_port: where Asterisk sends tapped sound to (AudioSocket); a port of 0 is chosen by the system.
    carrier_uri: the SIP address to which a call is handed over, with `{number}` in it; "" where the carrier can't.
    timeout_s: how long an answer of Asterisk may take before it counts as lost.
    """

    url: str
    user: str
    password: str = field(repr=False)
    app: str = "caasis"
    trunks: tuple[str, ...] = ()
    may_call: tuple[str, ...] = ("+81", "1")
    national: bool = True
    lines: int = 400
    snoops_in_a_room: int = 16
    sounds: str = "caasis"
    recordings: Path
    ear_host: str = "127.0.0.1"
    ear_port: int = 0
    carrier_uri: str = ""
    timeout_s: float = 5.0

    @property
    def websocket(self) -> str:
        """The address of the stream of events."""
        return f"{re.sub('^http', 'ws', self.url.rstrip('/'))}/events?app={self.app}"
