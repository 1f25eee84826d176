"""Where somebody stands in a flow, as data that survives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from caasis.engines.ivr.vocabulary import Channel, End, Origin, Phase, Recording


class NotAState(ValueError):
    """JSON that is no state of a flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where somebody stands: the box, what is waited for in it, and all that the flow has to remember.

    attempt: how often this box has asked or told already; in a queue, after how many seconds it last did. digits: keyed into this box. play, timer: names of what is
    waited for, "" for none; `until_key`: the play ends by itself at a key. serial: how many names were given.
    waiting_in: the queue's box while a person is waited for, also during an offer. told: what a reader has before the
    eyes, a paragraph each. since: when the box was entered, ISO 8601. `collected` holds what was entered: whoever keeps
    a state seals it.
    """

    box: str = ""
    phase: Phase = Phase.PLAYING
    channel: Channel = Channel.PHONE
    language: str = ""
    origins: tuple[Origin, ...] = ()
    has_number: bool = False
    is_mobile: bool = False
    relay: bool = False
    emergency: bool = False
    recording: Recording = Recording.UNTOLD
    attempt: int = 0
    digits: str = ""
    collected: Mapping[str, str] = field(default_factory=dict)
    play: str = ""
    until_key: bool = False
    timer: str = ""
    serial: int = 0
    waiting_in: str = ""
    offered: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    since: str = ""
    end: End | None = None

    @property
    def is_over(self) -> bool:
        return self.phase is Phase.ENDED


_CODES: dict[str, Any] = {"phase": Phase, "channel": Channel, "recording": Recording}


def state_to_json(state: State) -> dict[str, Any]:
    """The state as JSON values."""
    pairs = ((one.name, getattr(state, one.name)) for one in fields(State))
    return {name: _plain(held) for name, held in pairs}


def state_from_json(given: object) -> State:
    """The state that `state_to_json` wrote. Raises NotAState."""
    if not isinstance(given, dict) or set(given) != _EMPTY.keys():
        raise NotAState("not the fields of a state")
    if any(type(given[name]) is not type(held) for name, held in _EMPTY.items() if held is not None):
        raise NotAState("a value of another kind")
    try:
        values = given | {name: code(given[name]) for name, code in _CODES.items()}
        values["origins"] = tuple(Origin(one) for one in given["origins"])
        values["offered"], values["told"] = tuple(given["offered"]), tuple(given["told"])
        values["end"] = None if given["end"] is None else End(given["end"])
    except ValueError as error:
        raise NotAState("a code that no state has") from error
    return State(**values)


def _plain(held: Any) -> Any:
    if isinstance(held, StrEnum):
        return held.value
    if isinstance(held, tuple):
        return [_plain(one) for one in held]
    return dict(held) if isinstance(held, Mapping) else held


_EMPTY = state_to_json(State())
