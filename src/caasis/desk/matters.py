"""Forms of complaints about ourselves and incidents, and what their pages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from caasis.accounts.selectors import names_of, staff_of
from caasis.kernel.actor import Actor
from caasis.operations.code_lists import code_lists, kind_list
from caasis.operations.models import Matter, MatterStep, Measure
from caasis.operations.rules.duties import Duty, duties_for
from caasis.operations.rules.life import MOST_WHYS
from caasis.operations.selectors import open_texts
from caasis.operations.services import reason_against_closing
from caasis.operations.vocabulary import MatterState, Sort, Step
from caasis.platform.forms import AppForm, JapaneseDateField


def staff_choices(actor: Actor) -> list[tuple[str, str]]:
    if actor.centre_id is None:
        return []
    return [(str(user.pk), str(user)) for user in staff_of(actor.centre_id)]


class MatterForm(AppForm):
    """What is written down first. The kinds follow the sort."""

    kind = forms.ChoiceField(label="種類")
    severity = forms.ChoiceField(label="重さ")
    channel = forms.ChoiceField(label="届き方", required=False)
    noticed_on = JapaneseDateField(label="気づいた日", not_after_today=True)
    happened_on = JapaneseDateField(label="起きた日", required=False, not_after_today=True)
    what = forms.CharField(
        label="あったこと",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        help_text="名前が入ってもかまいません。暗号にして、センターの中だけで開きます。",
    )
    complainant = forms.CharField(
        label="申し出た人と連絡先",
        required=False,
        max_length=300,
        help_text="わからなければ、空のままでかまいません。暗号にしてしまいます。",
    )
    concerned = forms.ChoiceField(
        label="応対した職員", required=False, help_text="この人だけでは、記録を終えられません。"
    )
    receipt_number = forms.CharField(
        label="関係する相談の受付番号", required=False, max_length=20, help_text="このセンターの相談だけです。"
    )
    #: Made with the page, so that two clicks record one.
    key = forms.RegexField(label="画面の番号", regex=r"^[A-Za-z0-9_-]{8,40}$", widget=forms.HiddenInput)

    def __init__(self, *args: Any, sort: Sort, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        blank = ("", "選んでください")
        self.fields["kind"].choices = [blank, *((t.code, t.label) for t in kind_list(sort).terms())]  # type: ignore[attr-defined]
        self.fields["severity"].choices = [blank, *((t.code, t.label) for t in code_lists()["severity"].terms())]  # type: ignore[attr-defined]
        self.fields["concerned"].choices = [("", "特定の人ではない"), *staff_choices(actor)]  # type: ignore[attr-defined]
        if sort is Sort.INCIDENT:
            del self.fields["channel"], self.fields["complainant"]
            self.fields["concerned"].label = "かかわった職員"
            return
        channels = [(t.code, t.label) for t in code_lists()["complaint_channel"].terms()]
        self.fields["channel"].choices = [blank, *channels]  # type: ignore[attr-defined]
        self.fields["channel"].required = True


class MeasureForm(AppForm):
    what = forms.CharField(label="すること", max_length=200, help_text="名前や電話番号は書かないでください。")
    owner = forms.ChoiceField(label="担当する人")
    due_on = JapaneseDateField(label="いつまでに")
    check_on = JapaneseDateField(label="効き目を確かめる日")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", "選んでください"), *staff_choices(actor)]  # type: ignore[attr-defined]


class CauseForm(AppForm):
    """なぜなぜ: five answers, the root cause, what was learnt."""

    requirement_marks = False
    root_cause = forms.CharField(label="おおもとの原因", max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    lessons = forms.CharField(label="学んだこと", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**9)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_WHYS + 1):
            label = "なぜ起きたのですか" if number == 1 else "それは、なぜですか"
            self.fields[f"why_{number}"] = forms.CharField(label=f"{number}　{label}", required=False, max_length=200)
        self.order_fields([*(f"why_{n}" for n in range(1, MOST_WHYS + 1)), "root_cause", "lessons", "version"])

    def whys(self) -> list[str]:
        return [self.cleaned_data.get(f"why_{number}", "") for number in range(1, MOST_WHYS + 1)]

    @staticmethod
    def initial_of(matter: Matter) -> dict[str, Any]:
        return {
            "root_cause": matter.root_cause,
            "lessons": matter.lessons,
            "version": matter.version,
            **{f"why_{number}": text for number, text in enumerate(matter.whys, start=1)},
        }


@dataclass(frozen=True, slots=True)
class ShownMatter:
    """Everything that the page of one matter shows."""

    matter: Matter
    texts: Any
    concerned: str
    steps: list[tuple[MatterStep, str, str]]
    measures: list[tuple[Measure, str]]
    stages: list[tuple[str, str]]
    duties: list[tuple[Duty, str]]
    against_closing: str


def shown_matter(matter: Matter, *, actor: Actor) -> ShownMatter:
    """A matter with its texts open (which is logged) and the names of those who act."""
    steps, measures = list(matter.steps.all()), list(matter.measures.all())
    ids: set[UUID] = {one.actor_id for one in steps if one.actor_id} | {one.owner_id for one in measures}
    ids |= {matter.concerned_id} if matter.concerned_id else set()
    names = names_of(ids)
    order = list(MatterState)
    now = order.index(MatterState(matter.state))
    return ShownMatter(
        matter=matter,
        texts=open_texts(matter, actor=actor),
        concerned=names.get(matter.concerned_id, "") if matter.concerned_id else "",
        steps=[(one, Step(one.kind).label, names.get(one.actor_id, "") if one.actor_id else "") for one in reversed(steps)],
        measures=[(one, names.get(one.owner_id, "")) for one in measures],
        stages=[
            (state.label, "is-now" if place == now else "is-done" if place < now else "") for place, state in enumerate(order)
        ],
        duties=[(duty, matter.duties.get(duty.code, "")) for duty in duties_for(matter.kind)]
        if matter.sort == Sort.INCIDENT
        else [],
        against_closing=reason_against_closing(matter, actor=actor, answered=True),
    )
