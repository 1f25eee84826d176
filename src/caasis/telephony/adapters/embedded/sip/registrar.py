"""Which phones are registered, from where, and until when. Pure: `now` are seconds of a clock that never goes back."""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds for which a registration holds, whatever was asked for.
SHORTEST_S, LONGEST_S = 60, 3_600
#: After so many wrong passwords from one address, nobody is let in from it for a while.
MOST_FAILURES, LOCKED_S = 10, 300.0
_MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a phone is reached: the address from which it registered, and the user of its contact."""

    address: tuple[str, int]
    contact_user: str
    device: str
    until: float


class Registrar:
    """The newest registration of each user counts."""

    def __init__(self) -> None:
        self._bindings: dict[str, Binding] = {}
        self._failures: dict[str, tuple[int, float]] = {}

    def register(
        self, user: str, address: tuple[str, int], contact_user: str, device: str, seconds: int, now: float
    ) -> int:
        """A phone registers; for how long."""
        held = min(max(seconds, SHORTEST_S), LONGEST_S)
        self._bindings[user] = Binding(address, contact_user, device, now + held)
        self._failures.pop(address[0], None)
        return held

    def unregister(self, user: str) -> bool:
        """A phone goes. False when it was not there."""
        return self._bindings.pop(user, None) is not None

    def find(self, user: str, now: float) -> Binding | None:
        """Where a user is reached."""
        found = self._bindings.get(user)
        return found if found and found.until > now else None

    def user_at(self, address: tuple[str, int], now: float) -> str:
        """Who has registered from this address, "" for nobody."""
        return next((user for user, one in self._bindings.items() if one.address == address and one.until > now), "")

    def online(self, now: float) -> tuple[str, ...]:
        """Who is registered, in order."""
        return tuple(sorted(user for user, one in self._bindings.items() if one.until > now))

    def expire(self, now: float) -> list[str]:
        """Forget registrations that are over; whose they were."""
        over = [user for user, one in self._bindings.items() if one.until <= now]
        for user in over:
            del self._bindings[user]
        return over

    # Wrong passwords

    def failed(self, host: str, now: float) -> None:
        """A wrong password came from this address."""
        count, since = self._failures.get(host, (0, now))
        if now - since > LOCKED_S:
            count, since = 0, now
        if len(self._failures) >= _MOST_ADDRESSES:
            self._failures.pop(next(iter(self._failures)))
        self._failures[host] = (count + 1, since)

    def is_locked(self, host: str, now: float) -> bool:
        """Whether nobody is let in from this address for now."""
        count, since = self._failures.get(host, (0, now))
        return count >= MOST_FAILURES and now - since <= LOCKED_S
