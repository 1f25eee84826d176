"""The flow as a machine: a state, something that happens, the next state, and what is to be done. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from caasis.engines.ivr.actions import Action, HangUp
from caasis.engines.ivr.behaviour import BEHAVIOURS, Behaviour
from caasis.engines.ivr.boxes import Box
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.happenings import (
    Arrived,
    Circumstances,
    Connected,
    Done,
    Entered,
    Failed,
    Happening,
    Key,
    Left,
    MessageEnded,
    Played,
    Skipped,
    TimerDue,
)
from caasis.engines.ivr.leaving import ENDINGS
from caasis.engines.ivr.state import State
from caasis.engines.ivr.turn import Turn
from caasis.engines.ivr.vocabulary import KEYS, CountsAs, End, NoteKind, Phase

#: Japanese numbers that can take a short message (090, 080, 070, and 060 from its opening on).
_MOBILE = re.compile(r"\+81[6-9]0[0-9]{8}")
_BEHAVIOURS = {**BEHAVIOURS, **ENDINGS}
#: Asked for, and not answered yet.
_OPEN_REQUESTS = (Phase.QUEUED, Phase.ASKING, Phase.TRANSFERRING)


def advance(
    flow: Flow,
    state: State | None,
    happening: Happening,
    now: datetime,
    *,
    circumstances: Circumstances | None = None,
) -> tuple[State, tuple[Action, ...]]:
    """The state after a happening, and what is to be done, in order.

    The first happening is `Arrived`, with None or an empty state. Whatever comes late — a play or a timer that is no
    longer waited for, a key while a person is being rung, anything after the end — changes nothing. `now` is aware.
    Raises ValueError for a `now` that is not, and for another happening before `Arrived`.
    """
    if now.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    turn = Turn(flow, state or State(), now, circumstances or Circumstances(), enter=_enter, played=_played)
    if not turn.state.language:
        if not isinstance(happening, Arrived):
            raise ValueError("a flow begins with Arrived")
        _arrive(turn, happening)
    elif not turn.state.is_over:
        _happen(turn, happening)
    return turn.state, tuple(turn.actions)


def _enter(turn: Turn, box: Box) -> None:
    _BEHAVIOURS[type(box)].enter(turn, box)


def _played(turn: Turn, box: Box) -> None:
    _BEHAVIOURS[type(box)].played(turn, box)


def _arrive(turn: Turn, happening: Arrived) -> None:
    flow, caller = turn.flow, happening.caller
    relay = any(caller.startswith(prefix) for prefix in turn.circumstances.relay_prefixes if prefix)
    turn.change(
        channel=happening.channel,
        language=happening.language if happening.language in flow.languages else flow.languages[0],
        origins=tuple(sorted(happening.origins)),
        has_number=bool(caller),
        is_mobile=bool(_MOBILE.fullmatch(caller)),
        relay=relay,
    )
    if relay:
        turn.note(NoteKind.RELAY)
    turn.enter(flow.start.id if flow.start else "")


def _happen(turn: Turn, happening: Happening) -> None:
    state = turn.state
    match happening:
        case Left():
            turn.change(phase=Phase.ENDED, end=End.LEFT, play="", timer="", waiting_in="")
        case Connected():
            turn.end(End.PERSON)
        case Failed() if state.phase not in _OPEN_REQUESTS:
            # The queue has closed while something was offered; whoever goes back to it is told then.
            turn.change(waiting_in="")
        case _:
            box = turn.flow.box(state.box)
            if box is not None:
                _happen_in(turn, box, _BEHAVIOURS[type(box)], happening)
            elif isinstance(happening, Failed):
                turn.act(HangUp(CountsAs.AFTER_HOURS))
                turn.end(End.HUNG_UP)


def _happen_in(turn: Turn, box: Box, behaviour: Behaviour[Any], happening: Happening) -> None:
    state = turn.state
    match happening:
        case Key(key) if key in tuple(KEYS):
            _key(turn, box, behaviour, key)
        case Played(play, failed) if play and play == state.play:
            turn.change(play="")
            if failed:
                turn.note(NoteKind.PROMPT_FAILED)
            behaviour.played(turn, box)
        case TimerDue(timer) if timer and timer == state.timer:
            turn.change(timer="")
            behaviour.timeout(turn, box)
        case Entered(digits) if state.phase is Phase.WAITING:
            turn.change(told=())
            behaviour.entered(turn, box, digits)
        case Skipped() if state.phase is Phase.WAITING:
            turn.change(told=())
            turn.hush()
            behaviour.skipped(turn, box)
        case MessageEnded() if state.phase is Phase.MESSAGE:
            behaviour.message_ended(turn, box)
        case Done() if state.phase is Phase.ASKING:
            behaviour.done(turn, box)
        case Failed():
            behaviour.failed(turn, box)
        case _:
            pass


def _key(turn: Turn, box: Box, behaviour: Behaviour[Any], key: str) -> None:
    """The two keys of the whole flow first; then the box, unless it waits for something else than a key."""
    state, flow = turn.state, turn.flow
    if state.phase is Phase.TRANSFERRING:
        return
    if flow.emergency is not None and key == flow.emergency.key and not state.emergency:
        turn.interrupt()
        # Told to the queue anew: whoever waits already moves to the front.
        turn.change(emergency=True, waiting_in="")
        turn.note(NoteKind.EMERGENCY)
        turn.enter(flow.emergency.id)
    elif flow.relay is not None and key == flow.relay.key and not state.relay:
        turn.interrupt()
        turn.change(relay=True, waiting_in="")
        turn.note(NoteKind.RELAY)
        turn.enter(flow.relay.id)
    elif state.phase not in _OPEN_REQUESTS:
        turn.change(told=())
        behaviour.key(turn, box, key)
