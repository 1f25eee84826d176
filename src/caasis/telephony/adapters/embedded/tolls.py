"""What may be called outside, and how often: a stolen password or a mistake must not cost a centre its budget."""

from __future__ import annotations

from collections import deque

from caasis.telephony.adapters.embedded.settings import EngineSettings

WINDOW_S = 60.0


class Tolls:
    """Says whether a number may be called now; `now` are seconds of a clock that never goes back."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._called: deque[float] = deque()

    def refusal(self, number: str) -> str:
        """Why the number may not be called at all, "" when it may."""
        if number.startswith(self._settings.may_not_call) or not number.startswith(self._settings.may_call):
            return "this number may not be called"
        return ""

    def take(self, number: str, now: float) -> str:
        """As `refusal`, and count the call when there is none."""
        if why := self.refusal(number):
            return why
        while self._called and self._called[0] <= now - WINDOW_S:
            self._called.popleft()
        if len(self._called) >= self._settings.calls_a_minute:
            return "too many calls within a minute"
        self._called.append(now)
        return ""
