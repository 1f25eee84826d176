"""Forms of the screens beside a case: mediation and redress."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from caasis.cases.rules.mediation import Body, Direction, FailedBecause, Means, OnwardState, Outcome, Side
from caasis.cases.rules.redress import Proof, RedressKind, Source
from caasis.cases.services.mediating import LONGEST
from caasis.kernel.ids import uuid7
from caasis.platform.forms import AppForm, JapaneseDateField, YenField

BLANK = [("", "選んでください")]


class BesideForm(AppForm):
    """A small form among others on one page. `name` is its prefix, so that no two fields share an id."""

    requirement_marks = False
    name = ""

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", self.name)
        super().__init__(data, **kwargs)


def moment(label: str, **kwargs: Any) -> forms.DateTimeField:
    """Day and time in one box of the browser."""
    return forms.DateTimeField(
        label=label,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        **kwargs,
    )


def words(label: str, *, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


def key_field() -> forms.UUIDField:
    """Made with the page, so that two clicks write one row."""
    return forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)


class BeginForm(BesideForm):
    name = "begin"
    business_name = forms.CharField(label="相手方の事業者", max_length=160, required=False)
    business_phone = forms.CharField(label="事業者の電話（任意）", max_length=40, required=False)
    business_person = forms.CharField(label="事業者の担当者（任意）", max_length=80, required=False)


class ConsentForm(BesideForm):
    name = "consent"
    means = forms.ChoiceField(label="同意を受けた方法", choices=[*BLANK, *Means.choices()])
    given_at = moment("同意を受けた日時")


class ContactForm(BesideForm):
    name = "contact"
    key = key_field()
    direction = forms.ChoiceField(label="だれと", choices=[*BLANK, *Direction.choices()])
    means = forms.ChoiceField(label="方法", choices=[*BLANK, *Means.choices()])
    at = moment("日時")
    words = words("話したこと・届いた内容", rows=4)
    named = forms.BooleanField(label="事業者に、相談者の名前を伝えた", required=False)


class DeadlineForm(BesideForm):
    name = "deadline"
    due_on = JapaneseDateField(label="事業者の回答期限", required=False, help_text="空にして押すと、期限をなくします。")


class OfferForm(BesideForm):
    name = "offer"
    key = key_field()
    side = forms.ChoiceField(label="だれの案", choices=[*BLANK, *Side.choices()])
    amount = YenField(label="金額（任意）", required=False)
    terms = words("条件")
    until = JapaneseDateField(label="返事の期限（任意）", required=False)


class AnswerForm(BesideForm):
    state = forms.CharField(max_length=12)


class ResultForm(BesideForm):
    name = "result"
    outcome = forms.ChoiceField(label="結果", choices=Outcome.choices(), widget=forms.RadioSelect)
    failed_because = forms.ChoiceField(label="不調の理由（不調のとき）", choices=[*BLANK, *FailedBecause.choices()], required=False)
    words = words("まとめ（任意）", required=False)


class OnwardForm(BesideForm):
    name = "onward"
    key = key_field()
    body = forms.ChoiceField(label="進む先", choices=[*BLANK, *Body.choices()])
    state = forms.ChoiceField(
        label="いまの状況",
        choices=[(one.value, one.label) for one in (OnwardState.PREPARING, OnwardState.APPLIED)],
        widget=forms.RadioSelect,
        initial=OnwardState.PREPARING.value,
    )
    on = JapaneseDateField(label="日付")
    reference = forms.CharField(label="先方の番号（任意）", max_length=60, required=False)
    words = words("いきさつ（任意）", required=False)


class OnwardResultForm(BesideForm):
    """What became of one way onward. There may be several on a page, so that each has ids of its own."""

    name = "onward-result"

    def __init__(self, data: Any = None, *, onward_id: UUID, **kwargs: Any) -> None:
        self.onward_id = onward_id
        super().__init__(data, auto_id=f"o{onward_id.hex[-8:]}_%s", **kwargs)

    state = forms.ChoiceField(label="どうなったか", choices=[*BLANK, *OnwardState.choices()])
    on = JapaneseDateField(label="日付")
    words = words("内容（任意）", required=False)


class RedressForm(BesideForm):
    name = "redress"
    key = key_field()
    kind = forms.ChoiceField(label="種類", choices=[*BLANK, *RedressKind.choices()])
    amount = YenField(label="金額")
    on = JapaneseDateField(label="日付", not_after_today=True, help_text="お金が戻った日、請求がなくなった日")
    source = forms.ChoiceField(label="何によるか", choices=[*BLANK, *Source.choices()])
    proof = forms.ChoiceField(label="確かめ方", choices=[*BLANK, *Proof.choices()])
    words = words("根拠（任意）", required=False)


class CounterForm(BesideForm):
    name = "counter"
    reason = words("取り消す理由", rows=2)
