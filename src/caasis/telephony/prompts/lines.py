"""The lines of call flows as prompts: made ready before anybody calls, and named while somebody does."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from caasis.engines.ivr import Flow, Office, Sound, every_sound, filled_sounds
from caasis.telephony.prompts.ports import CannotSpeak
from caasis.telephony.prompts.store import NoVoice, PromptStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line that was made ready, how long it takes, and what its author should know: a sentence for each fault."""

    sound: Sound
    seconds: float
    faults: tuple[str, ...] = ()


def prepare(store: PromptStore, flow: Flow, *, offices: Mapping[str, Office] | None = None) -> Iterator[Prepared]:
    """Speak every line of a flow; those that are there already cost nothing.

    Lines into which something is filled are spoken with everything that can stand there: the offices of the directory,
    places and waits. Of numbers that callers enter the digits are spoken. A line at a time, so that whoever waits for it
    sees how far it is. A line that can't be said is told, not raised.
    """
    for sound in every_sound(flow):
        yield prepare_line(store, sound)
    for sound in filled_sounds(flow, offices or {}):
        yield prepare_line(store, sound)


def prepare_line(store: PromptStore, sound: Sound) -> Prepared:
    """Make one line ready."""
    try:
        ready = store.ready(sound.text, prompt=sound.prompt, language=sound.language, personal=sound.personal)
    except (CannotSpeak, NoVoice) as error:
        return Prepared(sound, 0.0, (str(error),))
    return Prepared(sound, sum(one.seconds for one in ready), tuple(fault for one in ready for fault in one.faults))


def names_of(store: PromptStore, sounds: Iterable[Sound]) -> tuple[str, ...]:
    """The engine's names for lines that somebody is to hear now, in order.

    A line that can't be said is two tones in its place: a caller never hears nothing, and the flow goes on. What was not
    prepared is spoken now, at about a twentieth of its length.
    """
    names: list[str] = []
    for sound in sounds:
        try:
            ready = store.ready(sound.text, prompt=sound.prompt, language=sound.language, personal=sound.personal)
            names += [one.name for one in ready]
        except (CannotSpeak, NoVoice):
            log.warning("a line of a flow can't be said", extra={"check": sound.prompt or sound.language})
            names.append(store.built_in("attention").name)
    return tuple(names)
