"""Forms of education events and of lectures at the desk."""

from __future__ import annotations

from typing import Any

from django import forms

from caasis.appointments.education_vocabulary import Access, Audience
from caasis.appointments.models import EducationEvent
from caasis.appointments.rules.education import LARGEST_CAPACITY
from caasis.appointments.services import EventValues
from caasis.desk.team_forms import moment_field
from caasis.knowledge.rules.article_file import body_errors
from caasis.platform.forms import AppForm, JapaneseDateField


def _number(label: str, least: int, *, help_text: str = "") -> forms.IntegerField:
    sentence = f"{label}を、{least}から{LARGEST_CAPACITY}で入れてください。"
    return forms.IntegerField(
        label=label, min_value=least, max_value=LARGEST_CAPACITY, help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "4"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence),
    )  # fmt: skip


class EventForm(AppForm):
    """An event as the portal shows it."""

    title = forms.CharField(label="催しの名前", max_length=80)
    summary = forms.CharField(
        label="内容", max_length=4000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="空の行で段落を分けます。「## 」で見出し、「- 」で箇条書きになります。個人の名前は書かないでください。",
    )  # fmt: skip
    audience = forms.ChoiceField(label="対象", choices=Audience.choices(), widget=forms.RadioSelect)
    online = forms.BooleanField(label="オンラインで開く", required=False)
    place = forms.CharField(label="場所、または参加のしかた", max_length=120)
    starts_at = moment_field("始まり")
    ends_at = moment_field("終わり")
    sign_up_until = moment_field("申し込みの締め切り")
    capacity = _number("定員", 1)
    access = forms.MultipleChoiceField(
        label="用意できること", choices=Access.choices(), required=False, widget=forms.CheckboxSelectMultiple
    )
    access_note = forms.CharField(label="そのほかの用意・行き方など", max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def clean_summary(self) -> str:
        text = str(self.cleaned_data["summary"]).replace("\r\n", "\n").strip()
        # The room keeps the text; how it may be written is the articles' rule, which only a face may ask.
        if found := body_errors(text):
            raise forms.ValidationError(found)
        return text

    def values(self) -> EventValues:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return EventValues(
            title=data["title"], summary=data["summary"], audience=data["audience"], place=data["place"],
            starts_at=data["starts_at"], ends_at=data["ends_at"], capacity=data["capacity"],
            sign_up_until=data["sign_up_until"], online=data["online"], access=data["access"],
            access_note=data["access_note"],
        )  # fmt: skip


def event_initial(row: EducationEvent | None) -> dict[str, Any]:
    """What a form shows first."""
    if row is None:
        return {"audience": Audience.ANYBODY.value, "capacity": 30}
    names = (
        "title", "summary", "audience", "online", "place", "starts_at", "ends_at", "sign_up_until", "capacity", "access",
        "access_note", "version",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


class CameForm(AppForm):
    """How many came."""

    requirement_marks = False
    came = _number("来た人の数", 0)


class DayForm(AppForm):
    """The day that was agreed with a group."""

    requirement_marks = False
    day = JapaneseDateField(label="実施する日", error_messages={"required": "実施する日を入れてください。"})
