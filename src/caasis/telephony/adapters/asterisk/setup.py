"""How an Asterisk is reached and used, and how numbers are written on its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from caasis.telephony.vocabulary import Presentation


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


def told_number(number: str) -> str:
    """A number from a line, as the product writes it: +81… for Japanese ones, short ones as they are; "" for none."""
    digits = re.sub(r"[^0-9+]", "", number)
    if re.fullmatch(r"\+[0-9]{5,15}", digits):
        return digits
    if re.fullmatch(r"0[1-9][0-9]{8,9}", digits):
        return f"+81{digits[1:]}"
    if re.fullmatch(r"81[1-9][0-9]{8,9}", digits):
        return f"+{digits}"
    return digits.removeprefix("+")


def dialled_number(number: str, *, national: bool) -> str:
    """A number as a carrier in Japan takes it."""
    return f"0{number[3:]}" if national and number.startswith("+81") else number


# What Japanese carriers write as the display name of a caller without a number (TTC JJ-90.30). 要確認: the spelling differs
# between carriers, so that letters' case and what follows do not count.
_REASONS = (
    ("coin line", Presentation.PAYPHONE),
    ("payphone", Presentation.PAYPHONE),
    ("anonymous", Presentation.ANONYMOUS),
    ("unavailable", Presentation.UNAVAILABLE),
    ("interaction with other service", Presentation.UNAVAILABLE),
)


def presentation(*, shown: str, name: str, number: str) -> Presentation:
    """Why a number is there or not.

    shown: Asterisk's CALLERID(num-pres), such as `allowed_passed_screen`, `prohib_not_screened`, `unavailable`.
    """
    for words, reason in _REASONS:
        if name.lower().startswith(words):
            return reason
    if shown.startswith("prohib"):
        return Presentation.ANONYMOUS
    if shown == "unavailable" or not number:
        return Presentation.UNAVAILABLE
    return Presentation.ALLOWED
