"""Questions as a page shows them: the consumer's page and the preview of whoever writes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from caasis.operations.rules.surveys import ENDS, SCALES, Question
from caasis.operations.vocabulary import QuestionKind


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the page shows it. `hint` says when it is to be answered, for who has no script."""

    question: Question
    place: int
    given: str
    errors: list[str]
    choices: list[tuple[str, str]]
    ends: tuple[str, str]
    hint: str

    @property
    def is_text(self) -> bool:
        return self.question.kind is QuestionKind.TEXT

    @property
    def is_scale(self) -> bool:
        """Points side by side; the five of a CSAT have words of their own and stand below each other."""
        return self.question.kind in (QuestionKind.NPS, QuestionKind.CES)


def shown_questions(
    questions: Sequence[Question], given: Mapping[str, str], errors: Mapping[str, list[str]]
) -> list[Asked]:
    """The questions with what was typed and what is wrong with it."""
    by_key = {one.key: one for one in questions}
    found = []
    for place, one in enumerate(questions, 1):
        choices = list(one.choices())
        if one.kind is QuestionKind.CSAT:
            choices.reverse()
        hint = ""
        if one.only_if in by_key:
            words = dict(by_key[one.only_if].choices())
            named = "".join(f"「{words[value]}」" for value in one.only_values if value in words)
            before = next(at for at, other in enumerate(questions, 1) if other.key == one.only_if)
            hint = f"{before}の質問で、{named}と答えた方だけ、お答えください。"
        found.append(
            Asked(one, place, given.get(one.key, ""), errors.get(one.key, []), choices,
                  ENDS[one.kind] if one.kind in SCALES else ("", ""), hint)
        )  # fmt: skip
    return found
