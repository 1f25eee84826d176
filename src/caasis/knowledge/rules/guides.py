"""自分で調べる手引き: a question a page, each answer a link, and at the end what to do. Data, read and checked here. Pure.

A guide is a TOML file: `title`, `lead`, `order`; `[[question]]` with `id`, `text`, perhaps `help`, and
`[[question.choice]]` with `text`, `to` and perhaps `says`, what the choice tells the consultation form; `[[end]]` with `id`,
`title`, `text` (paragraphs), perhaps `articles`, `law`, `calls` and `urgent`. The first question is where one begins; `to`
names a question or an end. Whoever writes guides is no programmer: an error says the file and what is wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEEPEST = 8
LONGEST_TEXT, LONGEST_CHOICE, LONGEST_PARAGRAPH = 80, 60, 240
#: Numbers that an end may name, and what each is.
CALLS = {
    "110": "警察。危険がせまっているとき",
    "119": "消防・救急。けがや火事のとき",
    "#9110": "警察への相談",
    "188": "消費者ホットライン。お近くの消費生活センターにつながります",
}
#: Answers of the consultation form that a choice may give.
SAYS = {
    "topic": frozenset({"cancel", "paid", "solicitation", "product", "suspicious", "other"}),
    "how": frozenset({"visit", "call", "net", "shop", "friend", "buyer", "none"}),
    "paid": frozenset({"none", "part", "all"}),
}


class GuideError(ValueError):
    """A file that is no guide; the message begins with the file's name."""


@dataclass(frozen=True, slots=True)
class Choice:
    text: str
    to: str
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    text: str
    help: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Where a guide leads. `urgent`: to be done at once, and shown so."""

    id: str
    title: str
    text: tuple[str, ...]
    articles: tuple[str, ...]
    law: str
    calls: tuple[str, ...]
    urgent: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """`questions` and `ends` by their ids; `first` is where one begins."""

    id: str
    title: str
    lead: str
    order: int
    first: str
    questions: Mapping[str, Question]
    ends: Mapping[str, End]


@dataclass(frozen=True, slots=True)
class Step:
    """A question that was answered, and which choice was taken (from 1)."""

    question: Question
    choice: Choice
    number: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands: at a question or at an end, after some steps. `left`: how many questions come yet at most."""

    steps: tuple[Step, ...]
    question: Question | None
    end: End | None
    left: int

    @property
    def says(self) -> dict[str, str]:
        """What the answers so far tell the consultation form; a later one outdoes an earlier."""
        told: dict[str, str] = {}
        for step in self.steps:
            told.update(step.choice.says)
        return told


def place_at(guide: Guide, answers: str) -> Place:
    """Where answers like `1.2.1` lead. Whatever can't be followed any further is left out, so that an old link still helps."""
    steps: list[Step] = []
    at = guide.first
    for word in answers.split(".")[:DEEPEST] if answers else []:
        question = guide.questions.get(at)
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 3 else 0
        if question is None or not 1 <= number <= len(question.choices):
            break
        choice = question.choices[number - 1]
        steps.append(Step(question, choice, number))
        at = choice.to
    return Place(tuple(steps), guide.questions.get(at), guide.ends.get(at), _longest(guide, at))


def _longest(guide: Guide, at: str) -> int:
    question = guide.questions.get(at)
    return 1 + max(_longest(guide, choice.to) for choice in question.choices) if question else 0


def parse_guide(text: str, name: str) -> Guide:
    """:param name: the file's name, `teiki.toml`; without its ending it is the guide's id.
    :raises GuideError: naming the file and what is wrong.
    """

    def wrong(what: str) -> GuideError:
        return GuideError(f"{name}: {what}")

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong(str(error)) from None
    unknown = set(data) - {"title", "lead", "order", "question", "end"}
    if unknown:
        raise wrong(f"unknown key {sorted(unknown)[0]}")
    try:
        questions = {one["id"]: _question(one) for one in data["question"]}
        ends = {one["id"]: _end(one) for one in data["end"]}
        guide = Guide(
            id=name.removesuffix(".toml"),
            title=data["title"],
            lead=data["lead"],
            order=int(data["order"]),
            first=data["question"][0]["id"],
            questions=questions,
            ends=ends,
        )
    except (KeyError, IndexError, TypeError) as error:
        raise wrong(f"something is missing or of another kind: {error}") from None
    if len(questions) != len(data["question"]) or len(ends) != len(data["end"]) or set(questions) & set(ends):
        raise wrong("an id stands twice")
    for fault in _faults(guide):
        raise wrong(fault)
    return guide


def _question(data: Mapping[str, Any]) -> Question:
    choices = tuple(Choice(one["text"], one["to"], dict(one.get("says", {}))) for one in data["choice"])
    return Question(data["id"], data["text"], data.get("help", ""), choices)


def _end(data: Mapping[str, Any]) -> End:
    return End(
        data["id"],
        data["title"],
        tuple(data["text"]),
        tuple(data.get("articles", ())),
        data.get("law", ""),
        tuple(data.get("calls", ())),
        bool(data.get("urgent", False)),
    )


def _faults(guide: Guide) -> list[str]:
    """What keeps a guide from being followed from its first question to an end, whatever is answered."""
    found = []
    for question in guide.questions.values():
        if len(question.choices) < 2:
            found.append(f"question {question.id}: fewer than two choices")
        if len(question.text) > LONGEST_TEXT:
            found.append(f"question {question.id}: longer than {LONGEST_TEXT} characters")
        for choice in question.choices:
            if choice.to not in guide.questions and choice.to not in guide.ends:
                found.append(f"question {question.id}: {choice.to} is neither a question nor an end")
            if len(choice.text) > LONGEST_CHOICE:
                found.append(f"question {question.id}: a choice is longer than {LONGEST_CHOICE} characters")
            for key, value in choice.says.items():
                if value not in SAYS.get(key, ()):
                    found.append(f"question {question.id}: says {key} = {value}")
    for end in guide.ends.values():
        if not end.text or any(len(one) > LONGEST_PARAGRAPH for one in end.text):
            found.append(f"end {end.id}: without text, or a paragraph is longer than {LONGEST_PARAGRAPH} characters")
        found += [f"end {end.id}: nobody knows {number}" for number in end.calls if number not in CALLS]
    return found or _ways(guide)


def _ways(guide: Guide) -> list[str]:
    reached: set[str] = set()

    def follow(at: str, way: tuple[str, ...]) -> str:
        if at in way:
            return f"one comes back to {at}"
        reached.add(at)
        if at in guide.ends:
            return ""
        if len(way) >= DEEPEST:
            return f"more than {DEEPEST} questions lead to {at}"
        return next((fault for c in guide.questions[at].choices if (fault := follow(c.to, (*way, at)))), "")

    fault = follow(guide.first, ())
    left = sorted((set(guide.questions) | set(guide.ends)) - reached)
    return [fault] if fault else [f"nothing leads to {one}" for one in left]
