"""What an engine can be told. Every command has an id of its sender's choosing; told twice, it is done once.

Ids (`command_id`, `leg`, `room`, `play`, `recording`, `call`) are opaque text of 1 to 64 letters, digits, `-` and `_`,
chosen by the sender, so that an order and what comes of it can be told apart after a restart of either side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from caasis.telephony.vocabulary import EndCause, Role

EVERYBODY = frozenset(Role)
NOBODY: frozenset[Role] = frozenset()
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAMES_OF_IDS = ("command_id", "leg", "room", "play", "recording", "call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of every command. Raises ValueError for an id that is none."""

    command_id: str

    def __post_init__(self) -> None:
        for one in fields(self):
            if one.name in _NAMES_OF_IDS and not _ID.fullmatch(getattr(self, one.name)):
                raise ValueError(f"{one.name} is 1 to 64 letters, digits, - and _")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to call: `sip_user` (a registered phone's or browser's name) or `number` (E.164 through a trunk)."""

    kind: str
    address: str
    trunk: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("sip_user", "number"):
            raise ValueError("an endpoint is a sip_user or a number")
        pattern = r"\+[0-9]{5,15}|[0-9]{3,6}" if self.kind == "number" else r"[A-Za-z0-9._-]{1,64}"
        if not re.fullmatch(pattern, self.address):
            raise ValueError("a number is +81…, or a short one such as 188; a user is letters and digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Sound by name, from the engine's folder of prompts; `offset_ms` is where it begins."""

    name: str
    offset_ms: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", self.name) or self.offset_ms < 0:
            raise ValueError("a prompt is named by letters, digits, - and _, and begins at 0 ms or later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring(Command):
    """Tell the caller that it rings (180)."""

    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Command):
    """Take an incoming leg (200)."""

    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Command):
    """Refuse an incoming leg that was not answered."""

    leg: str
    cause: EndCause = EndCause.BUSY


@dataclass(frozen=True, slots=True, kw_only=True)
class Originate(Command):
    """Call somebody. `caller` is the number shown, "" for none; `headers` are X- headers for desk phones."""

    leg: str
    call: str
    to: Endpoint
    caller: str = ""
    timeout_s: int = 25
    auto_answer: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptBrowser(Command):
    """Take a browser's WebRTC offer as a leg; `BrowserAnswer` brings the answer back."""

    leg: str
    call: str
    user: str
    offer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup(Command):
    """End a leg in whatever phase."""

    leg: str
    cause: EndCause = EndCause.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAtCarrier(Command):
    """Hand the whole call over outside (REFER); the engine's part ends when the other side says so."""

    leg: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Command):
    """Play prompts, one after another, to one leg.

    `until_key`: the first digit ends it (barge-in). `over`: mixed with what the leg hears; else in its place.
    A new Play on a leg ends the one before (PlayEnd.STOPPED).
    """

    leg: str
    play: str
    prompts: tuple[Prompt, ...]
    loop: bool = False
    until_key: bool = False
    over: bool = False

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        if not self.prompts:
            raise ValueError("there is nothing to play")


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlay(Command):
    """End a play."""

    play: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDigits(Command):
    """Press keys towards a leg (RFC 4733)."""

    leg: str
    digits: str

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        if not re.fullmatch(r"[0-9*#A-D]{1,32}", self.digits):
            raise ValueError("digits are 0–9, *, # and A–D, 32 at most")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenForTones(Command):
    """Look for digits told by sound on a leg, or stop it. Digits by RFC 4733 and INFO are always heard."""

    leg: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    """Put a leg into a room, made by its first leg. A leg is in one room at most: joining another leaves the first.

    A hears B when B's role is in A's `hears` and A's role in B's `heard_by`.
    """

    room: str
    leg: str
    role: Role
    hears: frozenset[Role] = EVERYBODY
    heard_by: frozenset[Role] = EVERYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAudibility(Command):
    """Change who hears whom: hold, consult, monitor → whisper → barge are only this."""

    room: str
    leg: str
    hears: frozenset[Role]
    heard_by: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Command):
    """Take a leg out of a room; it goes on living and hears what is played to it."""

    room: str
    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecording(Command):
    """Record a leg in stereo: left is what it says, right what it hears.

    `key_name` names the key by which the file is sealed; the key itself comes by the engine's own key port, never in a
    command, so that commands may be kept.
    """

    leg: str
    recording: str
    key_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRecording(Command):
    """Pause (a card number is read out) or go on. Silence takes the place, so that times stay true."""

    recording: str
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording(Command):
    """End a recording; `RecordingReady` names the file. A leg's end does the same."""

    recording: str


COMMANDS: dict[str, type[Command]] = {
    one.__name__: one
    for one in (
        Ring, Answer, Reject, Originate, AcceptBrowser, Hangup, TransferAtCarrier, Play, StopPlay, SendDigits,
        ListenForTones, Join, SetAudibility, Leave, StartRecording, PauseRecording, StopRecording,
    )
}  # fmt: skip
