"""The seam between the engine and SIP: one `Dialog` for each call, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody calls. user: the phone that has proved who it is; trunk: the line it came by. sdp: "" where we offer first."""

    called: str
    caller: str
    caller_name: str
    hidden: bool
    diverted_from: str
    user: str
    trunk: str
    sdp: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Whom to call: `user` at `address`; with `account` where a line wants to know who we are. caller: "" hides it."""

    user: str
    address: tuple[str, int]
    caller: str = ""
    account: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialog(Protocol):
    """The SIP side of one leg. Methods are called on the thread of the user agent, and never wait."""

    def ring(self) -> None:
        """180 to whoever calls."""

    def accept(self, sdp: str) -> None:
        """200 with our answer, or our offer where none came."""

    def refuse(self, code: int, reason: str) -> None:
        """A final refusal of a call that was not answered."""

    def end(self) -> None:
        """CANCEL or BYE, whichever is due."""

    def hand_over(self, target: str, told: Callable[[int], None]) -> None:
        """REFER to a SIP address; `told` gets the code of the answer, and of the new call as it is told."""

    def ask_alive(self, dead: Callable[[], None]) -> None:
        """OPTIONS within the dialog; `dead` is called when nobody answers, or nobody knows it any more."""


class Calls(Protocol):
    """What the engine is told, on the thread of the user agent."""

    def invited(self, dialog: Dialog, invitation: Invitation) -> None:
        """Somebody calls."""

    def progressed(self, dialog: Dialog, code: int, sdp: str) -> None:
        """A call that we make rings (18x), perhaps with sound."""

    def accepted(self, dialog: Dialog, sdp: str) -> None:
        """A call that we make is answered; or the answer to our offer came with the ACK."""

    def changed(self, dialog: Dialog, sdp: str) -> str | None:
        """The other side describes its sound anew: our answer, None to refuse it."""

    def pressed(self, dialog: Dialog, digit: str, duration_ms: int) -> None:
        """A key by INFO."""

    def wants_transfer(self, dialog: Dialog, target: str) -> None:
        """REFER from the other side."""

    def ended(self, dialog: Dialog, code: int) -> None:
        """The other side ended or refused the call: the code of its answer, 0 for CANCEL and BYE."""

    def user_changed(self, user: str, online: bool, device: str) -> None:
        """A phone registered or went."""

    def trunk_changed(self, trunk: str, up: bool, detail: str) -> None:
        """A line is up or down."""


class SipUa(Protocol):
    """A SIP user agent with a registrar."""

    def run(self) -> None:
        """Work on the calling thread until `stop`."""

    def stop(self) -> None:
        """End `run`; from any thread."""

    def soon(self, action: Callable[[], None]) -> None:
        """Have something done on the thread of the user agent; from any thread."""

    def later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Have something done on that thread after so many seconds. Returns how to take it back."""

    def call(self, destination: Destination, sdp: str) -> Dialog:
        """Call somebody."""

    def find_user(self, user: str) -> tuple[str, tuple[str, int]] | None:
        """The contact's user and the address of a phone that is registered."""

    def users(self) -> tuple[str, ...]:
        """Who is registered."""

    def trunks(self) -> tuple[str, ...]:
        """Which lines are up."""
