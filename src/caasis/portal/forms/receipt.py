"""Forms around a code or a receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from caasis.channels.rules.questionnaire import STORY_LIMIT
from caasis.platform.forms import AppForm
from caasis.portal.forms.fields import ManyFilesField, WordsField


class ResumeForm(AppForm):
    """Going on with an unsent form."""

    code = WordsField(
        label="保存コード",
        help_text="例：みかん 482153。ひらがなでもカタカナでもかまいません。",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-width": "8"}),
    )


class OpenReceiptForm(AppForm):
    """Receipt number and secret."""

    receipt_number = WordsField(
        label="受付番号",
        help_text="13けたの数字です。例：2026-1234-56789",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    secret = WordsField(
        label="暗証番号",
        help_text="ことばと数字です。例：たけ 735012",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MessageIdField(forms.Field):
    """The id that the page gave to its message. A broken one is none: it must not keep anybody from writing."""

    def to_python(self, value: Any) -> UUID | None:
        try:
            return UUID(str(value)) if value else None
        except ValueError:
            return None


class ReplyForm(AppForm):
    """A further message to the centre: words, photos, or both."""

    requirement_marks = False

    text = WordsField(
        label="センターへの返事",
        max_length=STORY_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    files = ManyFilesField(  # type: ignore[assignment]  # Django takes fields off the class
        label="写真を付ける", help_text="1つ10MBまで、5つまで。写真だけでも送れます。", required=False
    )
    message_id = MessageIdField(widget=forms.HiddenInput, required=False)
