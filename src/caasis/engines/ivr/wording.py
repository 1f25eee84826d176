"""Whether a flow's words are there in every language, hold only what can be filled in, and refer to what exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caasis.engines.ivr.actions import Sound
from caasis.engines.ivr.boxes import Box, Collect, HoursBranch, LanguageChoice, Menu, MessageSwitch, Queue, Triage
from caasis.engines.ivr.endings import Booking, CallbackOffer, WebLinkOffer
from caasis.engines.ivr.flow import Flow, Problem
from caasis.engines.ivr.happenings import Office
from caasis.engines.ivr.standing import MINUTES, MOST_PLACE
from caasis.engines.ivr.turn import fill
from caasis.engines.ivr.values import Words

_PLACE = re.compile(r"\{([^{}]*)\}")
_FILLED: Mapping[tuple[type[Box], str], frozenset[str]] = {
    (Triage, "say"): frozenset({"office", "number"}),
    (Triage, "page"): frozenset({"office", "number"}),
    (Collect, "say_done"): frozenset({"digits"}),
    (Queue, "say_place"): frozenset({"place"}),
    (Queue, "say_wait"): frozenset({"minutes"}),
}
#: More than this is hard to follow on the telephone.
LONG_LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a flow may refer to; None: not to be checked.

    speaks: whether the synthesiser speaks a language. sends_messages: whether a short message can be sent at all.
    """

    queues: Collection[str] | None = None
    skills: Collection[str] | None = None
    offices: Collection[str] | None = None
    schedules: Collection[str] | None = None
    switches: Collection[str] | None = None
    links: Collection[str] | None = None
    prompts: Collection[str] | None = None
    speaks: Callable[[str], bool] = lambda language: language.partition("-")[0] == "ja"
    sends_messages: bool = True


def problems_of_words(flow: Flow, known: Known) -> Iterator[Problem]:
    for box in flow.boxes:
        yield from _languages(flow, box)
        yield from _places(box)
        yield from _references(flow, box, known)


def warnings_of_words(flow: Flow, known: Known) -> Iterator[Problem]:
    for box in flow.boxes:
        if isinstance(box, WebLinkOffer) and not known.sends_messages:
            yield Problem(
                box.id,
                "link",
                "SMSを送る準備がまだないため、この箱は飛ばされます。SMS送信サービスとの契約と設定が要ります。",
            )
        for field, words in _said(box):
            for language, line in words.items():
                at = f"{field}.{language}"
                if not known.speaks(language) and _PLACE.search(line.text):
                    # No recording can hold what is filled in.
                    yield Problem(
                        box.id, at, "このことばは読み上げられず、差し込みのある文は合図の音になります。ご注意ください。"
                    )
                elif not line.prompt and not known.speaks(language):
                    yield Problem(box.id, at, "このことばは読み上げられません。録音を付けてください。")
                if known.prompts is not None and line.prompt and line.prompt not in known.prompts:
                    yield Problem(box.id, at, f"録音「{line.prompt}」がまだありません。録音されるまでは読み上げます。")
                if line.prompt and _PLACE.search(line.text):
                    yield Problem(box.id, at, "差し込みのある文は、録音があっても読み上げます。")
                if len(line.text) > LONG_LINE:
                    yield Problem(
                        box.id,
                        at,
                        f"{LONG_LINE}字をこえています。電話では聞き取りにくいので、短くできないか見直してください。",
                    )
                if language not in flow.languages and not isinstance(box, LanguageChoice):
                    yield Problem(box.id, at, "流れのことばにないことばです。この文は使われません。")


def every_sound(flow: Flow) -> Iterator[Sound]:
    """Each line of a flow into which nothing is filled, once: what can be spoken before anybody calls."""
    seen: set[Sound] = set()
    for box in flow.boxes:
        for _, words in _said(box):
            for language, line in words.items():
                sound = Sound(text=line.text, prompt=line.prompt, language=language)
                if sound not in seen and not _PLACE.search(line.text):
                    seen.add(sound)
                    yield sound


def filled_sounds(flow: Flow, offices: Mapping[str, Office]) -> Iterator[Sound]:
    """Each line of a flow into which something is filled, once for everything that can stand there.

    Offices as the directory has them now. A number that a caller enters is told digit by digit: for every digit once as
    one that others follow, and once as the last.
    """
    seen: set[Sound] = set()
    for box in flow.boxes:
        for field, words in _said(box):
            for language, line in words.items():
                for filled in _fillings(box, field, offices) if _PLACE.search(line.text) else ():
                    text = fill(line.text, filled)
                    sound = Sound(text=text, language=language, personal="digits" in filled)
                    if sound not in seen and not _PLACE.search(text):
                        seen.add(sound)
                        yield sound


def _fillings(box: Box, field: str, offices: Mapping[str, Office]) -> Iterator[Mapping[str, str]]:
    match box:
        case Triage() if (office := offices.get(box.office)) is not None:
            yield {"office": office.name, "number": office.number}
        case Collect() if field == "say_done":
            # Each digit as one that others follow, and as the last.
            yield from ({"digits": digits} for digit in "0123456789" for digits in (f"{digit}0", digit))
        case Queue() if field == "say_place":
            yield from ({"place": str(place)} for place in range(1, MOST_PLACE + 1))
        case Queue() if field == "say_wait":
            yield from ({"minutes": str(minutes)} for minutes in MINUTES)


def _said(box: Box) -> Iterator[tuple[str, Words]]:
    for field in box.spoken:
        yield field, getattr(box, field)


def _languages(flow: Flow, box: Box) -> Iterator[Problem]:
    if isinstance(box, LanguageChoice):
        for language in box.choices.values():
            if language not in flow.languages:
                yield Problem(
                    box.id,
                    "choices",
                    f"「{language}」は流れのことばにありません。流れのことばに加えるか、選択肢から外してください。",
                )
            elif language not in box.say:
                yield Problem(box.id, f"say.{language}", f"「{language}」で案内する文を入れてください。")
        return
    for field, words in (*_said(box), ("page", box.page)):
        for language in flow.languages if words else ():
            if language not in words:
                yield Problem(box.id, f"{field}.{language}", f"「{language}」の文がありません。入れてください。")
    if isinstance(box, Menu):
        for place, choice in enumerate(box.choices, 1):
            for language in flow.languages:
                if language not in choice.label:
                    yield Problem(
                        box.id,
                        f"choices.{place}.label.{language}",
                        f"「{language}」の名前がありません。入れてください。",
                    )


def _places(box: Box) -> Iterator[Problem]:
    for field, words in (*_said(box), ("page", box.page)):
        allowed = _FILLED.get((type(box), field), frozenset())
        for language, line in words.items():
            held = set(_PLACE.findall(line.text))
            for name in sorted(held - allowed):
                yield Problem(box.id, f"{field}.{language}", f"{{{name}}}は、ここでは差し込めません。消してください。")
            if isinstance(box, Triage) and field == "say" and "number" not in held:
                yield Problem(
                    box.id, f"{field}.{language}", "案内先の電話番号が読まれません。文に〔{number}〕を入れてください。"
                )


def _references(flow: Flow, box: Box, known: Known) -> Iterator[Problem]:
    found: list[tuple[str, Any, Collection[str] | None, str]] = []
    match box:
        case Collect() if box.least > box.most:
            yield Problem(box.id, "most", "最大の桁数を、最小の桁数より小さくはできません。")
        case CallbackOffer() | Booking() if box.number_field:
            fields = {one.stored_as for one in flow.of_kind(Collect)}
            found = [
                (
                    "number_field",
                    [box.number_field],
                    fields,
                    "その番号を入力する箱がありません。番号の入力の箱を加えてください。",
                )
            ]
        case Queue():
            found = [
                ("queue", [box.queue], known.queues, "この待ち行列はありません。選び直してください。"),
                ("skills", box.skills, known.skills, "このスキルはありません。選び直してください。"),
            ]
        case Triage():
            found = [("office", [box.office], known.offices, "この機関は名簿にありません。選び直してください。")]
        case HoursBranch() if box.schedule:
            found = [
                ("schedule", [box.schedule], known.schedules, "この受付時間の表はありません。選び直してください。")
            ]
        case MessageSwitch():
            found = [("switch", [box.switch], known.switches, "このスイッチはありません。選び直してください。")]
        case WebLinkOffer():
            found = [("link", [box.link], known.links, "この案内はありません。選び直してください。")]
    for field, named, existing, sentence in found:
        if existing is not None and set(named) - set(existing):
            yield Problem(box.id, field, sentence)
