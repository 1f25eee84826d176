"""Questions of a survey as data, and what may be answered to them. Pure.

A question is asked when the question that it follows was answered with one of `only_values`. An answer to a question that
was not asked counts for nothing, whatever a browser sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from caasis.operations.vocabulary import QuestionKind

LONGEST_ANSWER = 1000
LONGEST_QUESTION, LONGEST_OPTION = 120, 60
MOST_QUESTIONS, MOST_OPTIONS = 10, 12
#: Points of a scale, both ends included.
SCALES: dict[QuestionKind, tuple[int, int]] = {
    QuestionKind.CSAT: (1, 5),
    QuestionKind.NPS: (0, 10),
    QuestionKind.CES: (1, 7),
}
#: What the two ends of a scale mean: low, high. A high number is good in all three.
ENDS: dict[QuestionKind, tuple[str, str]] = {
    QuestionKind.CSAT: ("不満", "満足"),
    QuestionKind.NPS: ("すすめない", "すすめる"),
    QuestionKind.CES: ("とても手間だった", "手間がかからなかった"),
}
_CSAT_WORDS = {1: "不満", 2: "やや不満", 3: "どちらともいえない", 4: "やや満足", 5: "満足"}
_KEY = re.compile(r"[a-z][a-z0-9_]{0,19}")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `options` are (code, words), of a choice alone; `only_if` is the key of an earlier question."""

    key: str
    kind: QuestionKind
    text: str
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    only_if: str = ""
    only_values: tuple[str, ...] = ()

    def choices(self) -> tuple[tuple[str, str], ...]:
        """What can be chosen, as (value, words); nothing for free words."""
        if self.kind is QuestionKind.CHOICE:
            return self.options
        if self.kind is QuestionKind.TEXT:
            return ()
        low, high = SCALES[self.kind]
        words = _CSAT_WORDS if self.kind is QuestionKind.CSAT else {}
        return tuple((str(point), words.get(point, str(point))) for point in range(low, high + 1))

    def is_asked(self, answers: Mapping[str, str]) -> bool:
        """Whether it is asked after those answers."""
        return not self.only_if or answers.get(self.only_if, "") in self.only_values

    def as_data(self) -> dict[str, Any]:
        """How it is stored."""
        data: dict[str, Any] = {"key": self.key, "kind": self.kind.value, "text": self.text}
        if self.required:
            data["required"] = True
        if self.options:
            data["options"] = [list(pair) for pair in self.options]
        if self.only_if:
            data["if"] = {"key": self.only_if, "values": list(self.only_values)}
        return data


def question_of(data: Mapping[str, Any]) -> Question:
    """A stored question. :raises ValueError, KeyError, TypeError: no question."""
    condition = data.get("if") or {}
    return Question(
        key=str(data["key"]),
        kind=QuestionKind(data["kind"]),
        text=str(data["text"]),
        required=bool(data.get("required", False)),
        options=tuple((str(code), str(words)) for code, words in data.get("options", ())),
        only_if=str(condition.get("key", "")),
        only_values=tuple(str(value) for value in condition.get("values", ())),
    )


def questions_of(data: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    return tuple(question_of(one) for one in data)


def questionnaire_errors(questions: Sequence[Question]) -> dict[str, list[str]]:
    """What is wrong with the questions, by the place of the question (`q1`, `q2`, …) or `questions`."""
    errors: dict[str, list[str]] = {}
    if not questions:
        return {"questions": ["質問を1つ以上書いてください。"]}
    if len(questions) > MOST_QUESTIONS:
        return {"questions": [f"質問は{MOST_QUESTIONS}個までです。減らしてください。"]}
    before: dict[str, Question] = {}
    scales: set[QuestionKind] = set()
    for place, one in enumerate(questions, 1):
        sentence = _question_error(one, before, scales)
        if sentence:
            errors[f"q{place}"] = [sentence]
        before[one.key] = one
        scales.add(one.kind)
    return errors


def _question_error(one: Question, before: Mapping[str, Question], scales: set[QuestionKind]) -> str:
    if not _KEY.fullmatch(one.key) or one.key in before:
        return "質問の印が正しくありません。作り直してください。"
    if not one.text.strip():
        return "質問の文を書いてください。"
    if len(one.text) > LONGEST_QUESTION:
        return f"質問は{LONGEST_QUESTION}字までです。短くしてください。"
    if one.kind in SCALES and one.kind in scales:
        return "満足度などの質問は、種類ごとに1つだけです。"
    if one.kind is QuestionKind.CHOICE:
        if not 2 <= len(one.options) <= MOST_OPTIONS:
            return f"選択肢を2つから{MOST_OPTIONS}個、書いてください。"
        if any(not words.strip() or len(words) > LONGEST_OPTION for _, words in one.options):
            return f"選択肢は{LONGEST_OPTION}字までです。"
        if len({code for code, _ in one.options}) != len(one.options) or len({w for _, w in one.options}) != len(one.options):
            return "同じ選択肢があります。1つにしてください。"
    if one.only_if:
        asked = before.get(one.only_if)
        if asked is None or asked.kind is QuestionKind.TEXT:
            return "前にある、選ぶ質問を条件にしてください。"
        known = {value for value, _ in asked.choices()}
        if not one.only_values or not set(one.only_values) <= known:
            return "条件になる答えを選んでください。"
    return ""


@dataclass(frozen=True, slots=True)
class Answers:
    """Checked answers: `values` are codes and points, `words` what was written freely."""

    values: dict[str, str]
    words: dict[str, str]

    def point(self, questions: Sequence[Question], kind: QuestionKind) -> int | None:
        """The point on the scale of that kind, if it was asked and answered."""
        key = next((one.key for one in questions if one.kind is kind), None)
        return int(self.values[key]) if key is not None and key in self.values else None


def check_answers(questions: Sequence[Question], given: Mapping[str, str]) -> tuple[Answers, dict[str, list[str]]]:
    """Answers to the questions that were asked, and what is wrong with them by the question's key."""
    values: dict[str, str] = {}
    words: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for one in questions:
        if not one.is_asked(values):
            continue
        text = given.get(one.key, "").replace("\x00", "").replace("\r\n", "\n").strip()
        if not text:
            if one.required:
                errors[one.key] = ["答えを書いてください。" if one.kind is QuestionKind.TEXT else "1つ選んでください。"]
        elif one.kind is QuestionKind.TEXT:
            if len(text) > LONGEST_ANSWER:
                errors[one.key] = [f"{LONGEST_ANSWER:,}字までです。いまは{len(text):,}字です。"]
            elif any("\ud800" <= letter <= "\udfff" for letter in text):
                errors[one.key] = ["読めない文字があります。書き直してください。"]
            else:
                words[one.key] = text
        elif text in {value for value, _ in one.choices()}:
            values[one.key] = text
        else:
            errors[one.key] = ["選択肢の中から選んでください。"]
    if not (values or words or errors):
        errors[questions[0].key] = ["1つ以上、お答えください。"]
    return Answers(values, words), errors
