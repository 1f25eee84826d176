"""The visual IVR (F23): the same flow as pages to read. A page is data; whoever shows it makes HTML of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from caasis.engines.ivr.boxes import Box, Collect, LanguageChoice, Menu, Queue, Triage
from caasis.engines.ivr.endings import Offer, Transfer
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.happenings import Entered, Happening, Key, Skipped
from caasis.engines.ivr.labels import LANGUAGES, page_words
from caasis.engines.ivr.state import State
from caasis.engines.ivr.vocabulary import KEYS, End, Phase

_SKIP = "skip"


@dataclass(frozen=True, slots=True)
class PageChoice:
    """Something that can be chosen: `value` is what `happening_of` takes, `label` what is read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A number that is asked for: how it is called, and how many digits it has."""

    label: str
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page. `urgent` is shown apart from the choices, always. `skip` goes on without choosing.

    A page without choices, entry and skip is an end: `person` says whether somebody is to be spoken to now (`queue` or
    `number` say where), else everything was told.
    """

    heading: str
    language: str
    text: tuple[str, ...] = ()
    choices: tuple[PageChoice, ...] = ()
    entry: Entry | None = None
    skip: PageChoice | None = None
    urgent: PageChoice | None = None
    person: bool = False
    queue: str = ""
    number: str = ""

    @property
    def is_end(self) -> bool:
        return not (self.choices or self.entry or self.skip)


def page_of(flow: Flow, state: State) -> Page:
    """The page of somebody who stands there. Of a flow that is heard it shows what the box says, for the designer."""
    box = flow.box(state.box) or Box(id="none", name=flow.name)
    words = page_words(state.language)
    waits = state.phase not in (Phase.ENDED, Phase.QUEUED, Phase.TRANSFERRING)
    emergency = flow.emergency if waits and not state.emergency else None
    return Page(
        heading=box.name or box.label,
        language=state.language,
        text=state.told or _said(box, state),
        choices=_choices(box, state) if waits else (),
        entry=Entry(words["number"], box.least, box.most) if waits and isinstance(box, Collect) else None,
        skip=_skip(box, state) if waits else None,
        urgent=PageChoice(emergency.key, words["urgent"]) if emergency else None,
        person=state.phase in (Phase.QUEUED, Phase.TRANSFERRING) or state.end is End.PERSON,
        queue=box.queue if isinstance(box, Queue) else "",
        number=box.number if isinstance(box, Transfer) else "",
    )


def happening_of(chosen: str, entered: str = "") -> Happening | None:
    """What a reader's choice means; None for a value that no page has. `entered` is a number that was typed."""
    if entered:
        return Entered(entered)
    if chosen == _SKIP:
        return Skipped()
    return Key(chosen) if chosen in tuple(KEYS) else None


def _choices(box: Box, state: State) -> tuple[PageChoice, ...]:
    words = page_words(state.language)
    match box:
        case Menu():
            return tuple(PageChoice(one.key, _in(one.label, state.language)) for one in box.choices)
        case LanguageChoice():
            return tuple(PageChoice(key, LANGUAGES.get(language, language)) for key, language in box.choices.items())
        case Offer():
            return (PageChoice(box.key, words["yes"]), PageChoice(_SKIP, words["no"]))
        case Triage() if box.key:
            return (PageChoice(box.key, words["still"]), PageChoice(_SKIP, words["done"]))
        case _:
            return ()


def _skip(box: Box, state: State) -> PageChoice | None:
    words = page_words(state.language)
    match box:
        case Menu():
            return PageChoice(_SKIP, words["person"])
        case LanguageChoice():
            return PageChoice(_SKIP, words["skip"])
        case Collect():
            return PageChoice(_SKIP, words["without"])
        case _:
            return None


def _said(box: Box, state: State) -> tuple[str, ...]:
    said = box.page or (getattr(box, "say", {}) if box.is_read_out and state.channel.is_heard else {})
    return (said[next(one for one in (state.language, *said) if one in said)].text,) if said else ()


def _in(label: Mapping[str, str], language: str) -> str:
    return label.get(language) or next(iter(label.values()))
