"""The form of a 見守り情報. Names of fields are the names of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import timezone

from caasis.channels import watch_terms as terms
from caasis.channels.rules.watching import LABELS, LINE_LIMIT, NAME_LIMIT, SEEN_LIMIT, clean_report
from caasis.channels.vocabulary import UNKNOWN as UNKNOWN_CODE
from caasis.channels.vocabulary import choices
from caasis.kernel.clock import day_in_japan
from caasis.platform.forms import UNKNOWN, AppForm, CardCheckboxes, CardRadios, JapaneseDateField, PhoneField
from caasis.platform.geography import prefectures
from caasis.portal.forms.fields import WordsField

_PREFECTURES = [("", "えらんでください")] + [(place.code, place.name) for place in prefectures()]


class WatchForm(AppForm):
    """What everybody is asked."""

    member: ClassVar[bool]
    _taken: Mapping[str, Any] = MappingProxyType({})

    signs = forms.MultipleChoiceField(
        label=LABELS["signs"], help_text="いくつでも選べます。", choices=choices(terms.SIGNS), widget=CardCheckboxes()
    )
    seen = WordsField(
        label=LABELS["seen"],
        help_text="思い出した順でかまいません。例：3日続けて同じ車がとまり、工事の人が出入りしていました",
        max_length=SEEN_LIMIT,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": "見たこと・聞いたことを書いてください。"},
    )
    seen_on = JapaneseDateField(
        label=LABELS["seen_on"], help_text="例：2026年11月18日", unknown_label="わからない", not_after_today=True, required=False
    )
    prefecture = forms.ChoiceField(label=LABELS["prefecture"], help_text="心配な方がいる所です。", choices=_PREFECTURES)
    area = WordsField(
        label=LABELS["area"], help_text="例：仙台市青葉区国分町。番地や建物の名前は、書かないでください。", max_length=LINE_LIMIT, required=False
    )
    about = forms.ChoiceField(
        label=LABELS["about"], choices=choices(terms.ABOUT), widget=CardRadios(columns=2), required=False
    )
    age_band = forms.ChoiceField(
        label=LABELS["age_band"], choices=choices(terms.AGE_BANDS), widget=CardRadios(columns=2), required=False
    )
    consent = forms.ChoiceField(
        label=LABELS["consent"],
        help_text="センターに知らせることを、ご本人が知っていますか。",
        choices=choices(terms.CONSENT),
        widget=CardRadios(),
    )
    urgency = forms.ChoiceField(label=LABELS["urgency"], choices=choices(terms.URGENCY), widget=CardRadios())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # The room's own rules judge once more: they are the ones that hold for every way in.
        self._taken, errors = clean_report(self._given(), member=self.member, today=day_in_japan(timezone.now()))
        for name, sentences in errors.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, sentences)
        return cleaned

    def answers(self) -> dict[str, Any]:
        """What is sent, once the form is valid."""
        return dict(self._taken)

    def _given(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if value is UNKNOWN:
                value = UNKNOWN_CODE
            elif isinstance(value, date):
                value = value.isoformat()
            found[name] = value
        return found

    def typed(self) -> list[tuple[str, str]]:
        """What came with the form, box by box as it was typed, for carrying it on to the next page."""
        parts = {f"{name}{end}" for name in self.fields for end in ("", "_y", "_m", "_d", "_unknown")}
        sent = self.data if isinstance(self.data, QueryDict) else QueryDict()
        return [(name, str(value)) for name in sent if name in parts for value in sent.getlist(name)]


class OpenWatchForm(WatchForm):
    """Of anybody: the person stays without a name, the reporter may."""

    member = False

    relation = forms.ChoiceField(
        label=LABELS["relation"], choices=choices(terms.RELATIONS), widget=CardRadios(columns=2), required=False
    )
    reporter_name = WordsField(
        label=LABELS["reporter_name"],
        help_text="書かなくても送れます。",
        max_length=NAME_LIMIT,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    reporter_phone = PhoneField(
        label=LABELS["reporter_phone"], help_text="書くと、くわしいことをお聞きするために、お電話することがあります。", required=False
    )


class MemberWatchForm(WatchForm):
    """Of a member of the council: name and address as far as a visit needs them."""

    member = True

    person_name = WordsField(
        label=LABELS["person_name"], help_text="訪ねるために要るときだけ、書いてください。", max_length=NAME_LIMIT, required=False
    )
    person_address = WordsField(
        label=LABELS["person_address"], help_text="訪ねるために要るときだけ、書いてください。", max_length=200, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The report goes to the member's own centre, wherever the person lives.
        self.fields["prefecture"].required = False
        self.fields["area"].help_text = "例：仙台市青葉区国分町"
