"""Who books a time."""

from __future__ import annotations

from django import forms

from caasis.appointments.services.bookings import LONGEST_MAIL, LONGEST_MATTER, LONGEST_NAME
from caasis.platform.forms import AppForm
from caasis.portal.forms.fields import WordsField


class BookingForm(AppForm):
    """Name and number; mail and matter if one likes. What they have to be, the booking itself says."""

    name = WordsField(
        label="お名前", max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "name", "data-width": "8"})
    )
    phone = WordsField(
        label="電話番号",
        help_text="例：090-1234-5678。変更があるとき、センターからお電話します。",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "data-width": "8"}),
    )
    mail = WordsField(
        label="メールアドレス",
        max_length=LONGEST_MAIL,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "email"}),
    )
    matter = WordsField(
        label="相談したいこと",
        help_text="例：屋根の修理の契約をやめたい。ひとことで大丈夫です。",
        max_length=LONGEST_MATTER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
