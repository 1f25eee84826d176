"""Forms of the pages without personal data."""

from __future__ import annotations

from typing import Any

from django import forms

from caasis.channels.models import NewsSubscription
from caasis.channels.services.subscriptions import LONGEST as LONGEST_ADDRESS
from caasis.knowledge.announcing import ANNOUNCED
from caasis.knowledge.reader_notes import LONGEST
from caasis.platform.forms import (
    AppForm,
    CardCheckboxes,
    CardRadios,
    JapaneseDateField,
    JapaneseEmailField,
    PostcodeField,
)
from caasis.platform.geography import prefectures


class OfficeForm(AppForm):
    """Postcode, or prefecture."""

    requirement_marks = False
    postcode = PostcodeField(label="郵便番号", required=False)
    prefecture = forms.ChoiceField(
        label="都道府県",
        choices=[("", "えらんでください")] + [(place.code, place.name) for place in prefectures()],
        required=False,
    )


class DocumentDayForm(AppForm):
    """The day from which an article's deadline runs."""

    requirement_marks = False
    day = JapaneseDateField(
        label="書類を受け取った日",
        help_text="例：2026年11月18日。契約書や申込書の控えを受け取った日です。",
        not_after_today=True,
        error_messages={"required": "書類を受け取った日を入力してください。"},
    )

    @classmethod
    def from_request(cls, data: Any) -> DocumentDayForm | None:
        """The form, bound when a day was sent."""
        return cls(data) if any(name.startswith("day") for name in data) else None


class AlertsForm(AppForm):
    """Which announcements: a kind, and a prefecture. What it doesn't know narrows nothing."""

    requirement_marks = False
    kind = forms.ChoiceField(label="種類", choices=[("", "すべて"), *ANNOUNCED.items()], required=False)
    prefecture = forms.ChoiceField(
        label="お住まいの都道府県",
        choices=[("", "全国")] + [(place.code, place.name) for place in prefectures()],
        required=False,
    )


class NoteForm(AppForm):
    """Where an article was hard to understand."""

    requirement_marks = False
    text = forms.CharField(
        label="どこがわかりにくかったですか（書かなくてもかまいません）",
        help_text="お名前、電話番号、住所は書かないでください。お返事はできません。困りごとは188へお電話ください。",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "わかりにくかったところを書いてください。"},
    )


class NewsForm(AppForm):
    """Who wants which announcements by e-mail."""

    address = JapaneseEmailField(
        label="メールアドレス",
        help_text="例：name@example.jp。このお知らせのためだけに使います。",
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    kinds = forms.MultipleChoiceField(
        label="受け取るお知らせ",
        choices=list(ANNOUNCED.items()),
        widget=CardCheckboxes,
        initial=list(ANNOUNCED),
    )
    prefecture = forms.ChoiceField(
        label="お住まいの都道府県",
        help_text="えらぶと、ほかの地域だけのお知らせは届きません。",
        choices=[("", "全国のお知らせをすべて受け取る")] + [(place.code, place.name) for place in prefectures()],
        required=False,
    )
    interval = forms.ChoiceField(
        label="受け取る間隔",
        choices=[(one.value, one.label) for one in reversed(NewsSubscription.Interval)],
        widget=CardRadios,
        initial=NewsSubscription.Interval.WEEKLY.value,
    )
