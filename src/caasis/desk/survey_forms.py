"""Forms of a survey: its frame, and one form for each question, so that questions stay data and nobody writes code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from caasis.operations.models import Survey
from caasis.operations.rules.surveys import LONGEST_QUESTION, MOST_QUESTIONS, Question, questions_of
from caasis.operations.vocabulary import QuestionKind
from caasis.platform.forms import AppForm, JapaneseDateField


class SurveyForm(AppForm):
    """Title, first words, when, and how many of a hundred."""

    requirement_marks = False
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    title = forms.CharField(label="題名", max_length=80)
    intro = forms.CharField(label="はじめの文", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    active_from = JapaneseDateField(label="始める日", required=False, help_text="空のままなら、公開した日から始まります。")
    active_to = JapaneseDateField(label="終える日", required=False, help_text="空のままなら、「終える」を押すまで続きます。")
    sample_percent = forms.IntegerField(
        label="お願いする割合（％）", min_value=1, max_value=100, help_text="終わった相談100件のうち、何件にお願いするか。"
    )


class QuestionForm(AppForm):
    """One question. Without words it is none."""

    requirement_marks = False
    key = forms.CharField(max_length=20, widget=forms.HiddenInput, required=False)
    place = forms.IntegerField(label="順番", min_value=1, max_value=99, required=False)
    text = forms.CharField(
        label="質問の文", max_length=LONGEST_QUESTION, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    kind = forms.ChoiceField(label="答え方", choices=QuestionKind.choices())
    required = forms.BooleanField(label="かならず答えてもらう", required=False)
    options = forms.CharField(
        label="選択肢", max_length=1000, required=False, help_text="「選択」のときだけ。1行に1つ、2つから12個まで。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    only_if = forms.ChoiceField(label="前の質問の答えによって出す", required=False)
    only_values = forms.MultipleChoiceField(
        label="この答えのときだけ出す", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, others: Sequence[Question], only_if: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = str(self["key"].value() or "")
        chosen = [one for one in others if one.key != mine and one.choices()]
        self.fields["only_if"].choices = [  # type: ignore[attr-defined]
            ("", "いつも出す"), *((one.key, f"「{one.text[:24]}」の答えによって出す") for one in chosen)
        ]  # fmt: skip
        asked = next((one for one in chosen if one.key == only_if), None)
        if asked is None:
            del self.fields["only_values"]
        else:
            self.fields["only_values"].choices = list(asked.choices())  # type: ignore[attr-defined]


class SurveyEditor:
    """All forms of one survey, from what is stored or from what was sent."""

    def __init__(self, survey: Survey, data: Any = None, *, more: int = 0) -> None:
        self.survey, self.data = survey, data
        #: Places of the forms in the order of the questions, for sentences of the service.
        self.order: list[int] = []
        stored = questions_of(survey.questions)
        self.form = SurveyForm(data, initial=_initial(survey))
        self.keys = _sent_keys(data) if data is not None else [one.key for one in stored]
        by_key = {one.key: one for one in stored}
        rough = _rough(data, self.keys, by_key) if data is not None else list(stored)
        for _ in range(more):
            if len(self.keys) < MOST_QUESTIONS:
                self.keys.append(_new_key(self.keys))
        self.rows = [self._row(number, key, by_key.get(key), rough) for number, key in enumerate(self.keys, 1)]

    def _row(self, number: int, key: str, stored: Question | None, rough: Sequence[Question]) -> QuestionForm:
        prefix = f"q{number}"
        sent = self.data is not None and f"{prefix}-key" in self.data
        only_if = str(self.data.get(f"{prefix}-only_if", "")) if sent else stored.only_if if stored else ""
        return QuestionForm(
            self.data if sent else None, prefix=prefix, others=rough, only_if=only_if,
            initial=_question_initial(number, key, stored),
        )  # fmt: skip

    # What the error summary asks of several forms.

    @property
    def forms(self) -> list[AppForm]:
        return [self.form, *self.rows]

    @property
    def errors(self) -> list[Any]:
        return [one.errors for one in self.forms]

    def non_form_errors(self) -> list[str]:
        return []

    def is_valid(self) -> bool:
        """Every form is asked, so that everything that is wrong is said at once."""
        return not [one for one in self.forms if not one.is_valid()]

    def questions(self) -> list[Question]:
        """The questions in their order; those without words are left out."""
        stored = {one.key: one for one in questions_of(self.survey.questions)}
        found = []
        for at, row in enumerate(self.rows):
            given = row.cleaned_data
            if given.get("text", "").strip():
                found.append((given.get("place") or 99, at, _question(given, stored.get(given["key"]))))
        self.order = [at for _, at, _ in sorted(found, key=lambda one: one[:2])]
        return [question for _, _, question in sorted(found, key=lambda one: one[:2])]

    def add_errors(self, fields: Mapping[str, list[str]]) -> None:
        """Sentences of the service: those of a question (`q1` is the first in order) go to its form."""
        for name, sentences in fields.items():
            place = int(name[1:]) - 1 if name[:1] == "q" and name[1:].isdecimal() else None
            if place is not None and place < len(self.order):
                self.rows[self.order[place]].add_domain_fields({"text": sentences})
            else:
                self.form.add_domain_fields({name: sentences})


def _initial(survey: Survey) -> dict[str, Any]:
    names = ("version", "title", "intro", "active_from", "active_to", "sample_percent")
    return {name: getattr(survey, name) for name in names}


def _question_initial(number: int, key: str, stored: Question | None) -> dict[str, Any]:
    if stored is None:
        return {"key": key, "place": number, "kind": QuestionKind.CHOICE.value}
    return {
        "key": key,
        "place": number,
        "text": stored.text,
        "kind": stored.kind.value,
        "required": stored.required,
        "options": "\n".join(words for _, words in stored.options),
        "only_if": stored.only_if,
        "only_values": list(stored.only_values),
    }


def _sent_keys(data: Any) -> list[str]:
    found = []
    for number in range(1, MOST_QUESTIONS + 1):
        if f"q{number}-key" in data:
            found.append(str(data.get(f"q{number}-key", ""))[:20])
    return found


def _rough(data: Any, keys: Sequence[str], stored: Mapping[str, Question]) -> list[Question]:
    """The sent questions as far as conditions need them, before anything is checked."""
    found = []
    for number, key in enumerate(keys, 1):
        kind = str(data.get(f"q{number}-kind", ""))
        if kind in QuestionKind._value2member_map_:
            options = _options(str(data.get(f"q{number}-options", ""))[:1000], stored.get(key))
            found.append(Question(key, QuestionKind(kind), str(data.get(f"q{number}-text", ""))[:200], options=options))
    return found


def _new_key(keys: Sequence[str]) -> str:
    return next(f"q{number}" for number in range(1, 100) if f"q{number}" not in keys)


def _options(text: str, stored: Question | None) -> tuple[tuple[str, str], ...]:
    """Lines as options. The same words keep their code, so that an edition's answers stay comparable."""
    known = {words: code for code, words in stored.options} if stored else {}
    lines = [" ".join(line.replace("\x00", "").split()) for line in text.splitlines()]
    taken, found = set(known.values()), []
    for line in (one for one in lines if one):
        code = known.pop(line, "") or next(f"o{n}" for n in range(1, 1000) if f"o{n}" not in taken)
        taken.add(code)
        found.append((code, line))
    return tuple(found)


def _question(given: Mapping[str, Any], stored: Question | None) -> Question:
    kind = QuestionKind(given["kind"])
    return Question(
        key=given["key"],
        kind=kind,
        text=" ".join(given["text"].replace("\x00", "").split()),
        required=given["required"],
        options=_options(given["options"], stored) if kind is QuestionKind.CHOICE else (),
        only_if=given["only_if"],
        only_values=tuple(given.get("only_values", ())) if given["only_if"] else (),
    )
