"""What happens to somebody who goes through a flow, and what is known around the flow at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from caasis.engines.ivr.values import Words
from caasis.engines.ivr.vocabulary import Channel, Opening, Origin


@dataclass(frozen=True, slots=True)
class Happening:
    """Base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(Happening):
    """Somebody is there.

    `caller` is E.164 or ""; origins is all that is known of the way; `language` if it is known.
    """

    channel: Channel = Channel.PHONE
    caller: str = ""
    origins: frozenset[Origin] = frozenset()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Key(Happening):
    """One key, or the choice that has it on a page."""

    key: str


@dataclass(frozen=True, slots=True)
class Entered(Happening):
    """A whole number at once, from a page."""

    digits: str


@dataclass(frozen=True, slots=True)
class Skipped(Happening):
    """A reader goes on without choosing."""


@dataclass(frozen=True, slots=True)
class Played(Happening):
    """A play has ended by itself; `failed`: it could not be heard."""

    play: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class TimerDue(Happening):
    """The time of a timer is up."""

    timer: str


@dataclass(frozen=True, slots=True)
class MessageEnded(Happening):
    """A spoken message is over before its time."""


@dataclass(frozen=True, slots=True)
class Connected(Happening):
    """A person has answered."""


@dataclass(frozen=True, slots=True)
class Done(Happening):
    """What the flow asked for was done."""


@dataclass(frozen=True, slots=True)
class Failed(Happening):
    """What the flow asked for can't be done: no call back, no short message, nobody in the queue, no answer outside."""


@dataclass(frozen=True, slots=True)
class Left(Happening):
    """Whoever called is gone."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office to which matters out of scope belong. `number` as it is written, such as 03-1234-5678."""

    name: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What holds around the flow at the moment of a happening; whoever runs the flow finds it out.

    hours: what the opening hours say, by the name of their table ("" is the centre's own). A table that is not there
    counts as open: the queue then knows whether somebody answers. messages: those switched on, by switch, with the
    words of the day or none. offices: by code. relay_prefixes: how numbers of 電話リレーサービス begin, in E.164.
    place: 1 for who is the next one to be answered; None for who does not wait just now, or is being rung for.
    expected_wait_s: None where nobody can know.
    """

    hours: Mapping[str, Opening] = field(default_factory=dict)
    messages: Mapping[str, Words] = field(default_factory=dict)
    offices: Mapping[str, Office] = field(default_factory=dict)
    relay_prefixes: tuple[str, ...] = ()
    offers_callback: bool = True
    offers_web_link: bool = True
    place: int | None = None
    expected_wait_s: float | None = None
