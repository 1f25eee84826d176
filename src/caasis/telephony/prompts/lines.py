"""The lines of call flows as prompts: made ready before anybody calls, and named while somebody does."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caasis.engines.ivr import Flow, Sound, every_sound
from caasis.telephony.prompts.ports import CannotSpeak
from caasis.telephony.prompts.store import NoVoice, PromptStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line that was made ready, how long it takes, and what its author should know: a sentence for each fault."""

    sound: Sound
    seconds: float
    faults: tuple[str, ...] = ()


def prepare(store: PromptStore, flow: Flow) -> Iterator[Prepared]:
    """Speak every line of a flow into which nothing is filled; those that are there already cost nothing.

    A line at a time, so that whoever waits for it sees how far it is. A line that can't be said is told, not raised.
    """
    for sound in every_sound(flow):
        try:
            ready = store.ready(sound.text, prompt=sound.prompt, language=sound.language)
        except (CannotSpeak, NoVoice) as error:
            yield Prepared(sound, 0.0, (str(error),))
        else:
            yield Prepared(
                sound, sum(one.seconds for one in ready), tuple(fault for one in ready for fault in one.faults)
            )


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
