"""What a flow wants done. Whoever runs it does it, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from caasis.engines.ivr.vocabulary import CountsAs, NoteKind


@dataclass(frozen=True, slots=True)
class Action:
    """Base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One line to be said: its text with everything filled in, and a recording's name, "" for none.

    personal: the text holds what the caller entered; its sound is not to be kept.
    """

    text: str
    prompt: str = ""
    language: str = "ja"
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Action):
    """Say these, one after another, and tell `Played` with this name. until_key: the first key ends it."""

    play: str
    sounds: tuple[Sound, ...]
    until_key: bool


@dataclass(frozen=True, slots=True)
class StopPlay(Action):
    """Say no more of it. A play that a key has ended is stopped already."""

    play: str


@dataclass(frozen=True, slots=True)
class StartTimer(Action):
    """Tell `TimerDue` with this name after so many seconds."""

    timer: str
    seconds: int


@dataclass(frozen=True, slots=True)
class CancelTimer(Action):
    """It is no longer waited for. Forgetting to cancel it does no harm."""

    timer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue(Action):
    """Wait for a person; `Connected` or `Failed` follows.

    Told again for a call that waits, it moves it, and the place stays.

    skills: code → level. reasons: why it goes first. collected: what was entered, by field.
    """

    queue: str
    skills: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    language: str = "ja"
    relay: bool = False
    collected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GoOnWaiting(Action):
    """An offer to who waits is over: music again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCallback(Action):
    """Promise a call back, to `number` or, where it is empty, to the number that calls. `Done` or `Failed` follows."""

    number: str = ""
    after_hours: bool = False


@dataclass(frozen=True, slots=True)
class SendLink(Action):
    """Send a short message with this link to the number that calls. `Done` or `Failed` follows."""

    link: str


@dataclass(frozen=True, slots=True)
class RecordMessage(Action):
    """A tone, then record what is said for so many seconds at most."""

    seconds: int


@dataclass(frozen=True, slots=True)
class StopMessage(Action):
    """The spoken message is over."""


@dataclass(frozen=True, slots=True)
class SetRecording(Action):
    """Whether the call may be recorded and written down from now on. Before the first of these it may not."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class Transfer(Action):
    """Call this number and hand the caller over. `Connected` or `Failed` follows."""

    number: str
    ring_s: int


@dataclass(frozen=True, slots=True)
class HangUp(Action):
    """End the call."""

    counts_as: CountsAs


@dataclass(frozen=True, slots=True)
class Note(Action):
    """A line for the record of the call."""

    kind: NoteKind
    box: str
    detail: str = ""
