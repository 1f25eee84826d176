"""Forms of what passes between centres, of the referral directory, and of 経由."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from caasis.cases.code_lists import code_lists
from caasis.cases.rules.offices import KINDS
from caasis.cases.rules.referring import (
    BASES,
    CONSENT_BY,
    CONSENT_MEANS,
    LONGEST,
    NO_PERSONAL_DATA,
    PASSABLE,
    ReferralForm,
    ReferralKind,
)
from caasis.cases.services.directory import TEXTS
from caasis.cases.sharing import Choice
from caasis.platform.forms import AppForm, JapaneseDateField
from caasis.platform.forms.widgets import CardCheckboxes, CardRadios

CHOOSE = ("", "選んでください")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ReferForm(AppForm):
    """The form of 助言・共同処理・移送. The rules decide; this only reads."""

    requirement_marks = False
    kind = forms.ChoiceField(label="お願いの種類", widget=CardRadios, choices=[(one.value, one.label) for one in ReferralKind])
    to = forms.ChoiceField(label="相手のセンター")
    reason = forms.CharField(
        label="送る理由", widget=_area(3), max_length=LONGEST, help_text="相手に見えます。氏名・電話などは書かないでください。"
    )
    request = forms.CharField(
        label="お願いしたいこと", widget=_area(3), max_length=LONGEST, help_text="相手に見えます。氏名・電話などは書かないでください。"
    )
    basis = forms.ChoiceField(label="渡してよい根拠", widget=CardRadios)
    passed = forms.MultipleChoiceField(label="渡す項目（必要なものだけ）", required=False, widget=CardCheckboxes(columns=2))
    consent_by = forms.ChoiceField(label="だれが同意したか", required=False, choices=[CHOOSE, *CONSENT_BY.items()])
    consent_means = forms.ChoiceField(label="どのように同意したか", required=False, choices=[CHOOSE, *CONSENT_MEANS.items()])
    consent_on = JapaneseDateField(label="同意した日", required=False, not_after_today=True)
    basis_document = forms.CharField(label="照会文書の番号と日付", required=False, max_length=80)
    #: Made with the page, so that two clicks send one referral.
    referral_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, centres: Sequence[Choice], filled: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            CHOOSE, *((group.label, [(str(one.id), one.name) for one in group.centres]) for group in centres)
        ]  # fmt: skip
        basis = code_lists()["referral_basis"]
        self.fields["basis"].choices = [(code, basis.label(code)) for code in BASES]  # type: ignore[attr-defined]
        self.fields["passed"].choices = [(name, PASSABLE[name]) for name in filled]  # type: ignore[attr-defined]

    def read(self, *, handed_back: bool = False) -> ReferralForm:
        given = self.cleaned_data
        kind = ReferralKind.TRANSFER if handed_back else ReferralKind(given["kind"])
        advice = kind is ReferralKind.ADVICE
        # What the page doesn't show for a kind is not meant: 助言 passes nothing on.
        return ReferralForm(
            kind=kind,
            basis=NO_PERSONAL_DATA if advice else given["basis"],
            reason=given["reason"].strip(),
            request=given["request"].strip(),
            passed=() if advice else tuple(given["passed"]),
            consent_by=given["consent_by"],
            consent_on=given["consent_on"],
            consent_means=given["consent_means"],
            basis_document=given["basis_document"].strip(),
            handed_back=handed_back,
        )


class HandBackForm(ReferForm):
    """The light form of the national back-up: whom, what was agreed on the phone, what to pass on."""

    field_order = ("to", "passed", "basis", "consent_by", "consent_means", "consent_on", "basis_document", "request")


class ReasonForm(AppForm):
    requirement_marks = False
    reason = forms.CharField(label="理由", widget=_area(2), max_length=LONGEST)


class SayForm(AppForm):
    requirement_marks = False
    text = forms.CharField(label="相手に伝えること", widget=_area(4), max_length=LONGEST)
    message_id = forms.UUIDField(widget=forms.HiddenInput)


class ViaForm(AppForm):
    requirement_marks = False
    route = forms.ChoiceField(label="経由のしかた", widget=CardRadios(columns=2))
    office = forms.CharField(label="経由した窓口", max_length=80, help_text="例：見本町役場 住民課")
    contact_person = forms.CharField(label="窓口の担当者", max_length=40, required=False)
    phone = forms.CharField(label="窓口の電話", max_length=20, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=1_000_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = [term for term in code_lists()["route"].terms() if term.code == "via" or term.parent == "via"]
        self.fields["route"].choices = [(term.code, term.label) for term in terms]  # type: ignore[attr-defined]


class OfficeForm(AppForm):
    requirement_marks = False
    name = forms.CharField(label="名前", max_length=TEXTS["name"][0])
    kind = forms.ChoiceField(label="分野", choices=[CHOOSE, *KINDS.items()])
    handles = forms.CharField(label="扱うこと", max_length=TEXTS["handles"][0], required=False)
    words = forms.CharField(
        label="さがすことば", max_length=TEXTS["words"][0], required=False, help_text="相談者の言い方を、空白で区切って書きます。"
    )
    phone = forms.CharField(label="電話", max_length=TEXTS["phone"][0], required=False)
    hours = forms.CharField(label="受付時間", max_length=TEXTS["hours"][0], required=False)
    url = forms.CharField(label="ホームページ", max_length=TEXTS["url"][0], required=False)
    source = forms.CharField(label="確かめた資料", max_length=TEXTS["source"][0], required=False)
    checked = forms.BooleanField(label="きょう、資料と照らして確かめました", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=1_000_000)
