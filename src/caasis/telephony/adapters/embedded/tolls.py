"""Which numbers may be called, and how often: the guard against calls that others pay for (toll fraud).

A number is judged as it is dialled in Japan. What begins with 00, 010 or + goes abroad or chooses a carrier; 0990 and 0570
cost whoever calls more than a call. Sources: 電気通信番号計画（総務省告示）; 要確認 when the plan changes.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from caasis.telephony.adapters.embedded.sip.numbers import dialled_number

#: Beginnings of national numbers; the longest that fits decides.
DEFAULT_ALLOWED = (
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "07",
    "08",
    "09",
    "0120",
    "0800",
    "050",
    "070",
    "080",
    "090",
    "1",
)
DEFAULT_DENIED = ("010", "020", "0170", "0180", "0204", "030", "040", "0570", "060", "0600", "0910", "0990")
_ELEVEN_DIGITS = ("050", "060", "070", "080", "090", "020", "0800")
_SHORT = re.compile(r"1[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be called. International numbers only where a beginning with + allows them."""

    allowed: tuple[str, ...] = DEFAULT_ALLOWED
    denied: tuple[str, ...] = DEFAULT_DENIED
    per_user_a_minute: int = 10
    a_minute: int = 120
    per_user_at_once: int = 4
    at_once: int = 200

    def permits(self, number: str) -> bool:
        """Whether this number (+81…, +…, 188) may be called at all."""
        dialled = dialled_number(number, national=True)
        fitting = [one for one in (*self.allowed, *self.denied) if dialled.startswith(one)]
        longest = max(fitting, key=len, default="")
        return longest in self.allowed and longest not in self.denied and _is_whole(dialled)


def _is_whole(dialled: str) -> bool:
    """Whether it is as long as numbers of its kind are: a longer one would carry a second number inside."""
    if dialled.startswith("+"):
        return bool(re.fullmatch(r"\+[1-9][0-9]{6,14}", dialled))
    if dialled.startswith("0"):
        length = 11 if dialled.startswith(_ELEVEN_DIGITS) else 10
        return len(dialled) == length and dialled[1] != "0"
    return bool(_SHORT.fullmatch(dialled))


class Tolls:
    """Counts calls to numbers. Times are seconds of a clock that never goes back."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._begun: deque[tuple[float, str]] = deque()
        self._running: dict[str, str] = {}

    def why_not(self, number: str, user: str, now: float) -> str:
        """Why a call to this number must not be made for this user; "" when it may."""
        allowance = self.allowance
        if not allowance.permits(number):
            return "the number is not among those that may be called"
        while self._begun and self._begun[0][0] <= now - 60:
            self._begun.popleft()
        running = list(self._running.values())
        if len(running) >= allowance.at_once or running.count(user) >= allowance.per_user_at_once:
            return "too many calls at once"
        begun = [one for _, one in self._begun]
        if len(begun) >= allowance.a_minute or begun.count(user) >= allowance.per_user_a_minute:
            return "too many calls in a minute"
        return ""

    def begin(self, leg: str, user: str, now: float) -> None:
        """A call is made."""
        self._begun.append((now, user))
        self._running[leg] = user

    def end(self, leg: str) -> None:
        """It is over; other legs are none of these."""
        self._running.pop(leg, None)
