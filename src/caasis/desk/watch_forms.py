"""Forms of the members of the council."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from caasis.channels.rules.watching import NAME_LIMIT
from caasis.channels.services.watch_members import CONTACT_LIMIT, ORGANISATION_LIMIT
from caasis.channels.vocabulary import choices
from caasis.channels.watch_terms import MEMBER_KINDS
from caasis.platform.forms import AppForm, JapaneseDateField

#: What a form proposes; the centre changes it. The product's own choice.
PROPOSED = timedelta(days=365)


class ValidForm(AppForm):
    """Until when a link lets somebody in."""

    valid_until = JapaneseDateField(label="リンクの期限", help_text="この日まで使えます。2年より近い日にしてください。")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    @classmethod
    def proposed(cls, today: date, **more: Any) -> dict[str, Any]:
        return {"valid_until": today + PROPOSED, **more}


class MemberForm(ValidForm):
    """A new member."""

    field_order = ("kind", "organisation", "name", "contact", "valid_until")

    kind = forms.ChoiceField(label="種類", choices=[("", "えらんでください"), *choices(MEMBER_KINDS)])
    organisation = forms.CharField(
        label="所属", help_text="例：みほん町民生委員協議会。送る人の画面に出ます。", max_length=ORGANISATION_LIMIT
    )
    name = forms.CharField(label="氏名", max_length=NAME_LIMIT, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    contact = forms.CharField(
        label="連絡先",
        help_text="電話番号かメールアドレス。くわしいことを聞くときに使います。",
        max_length=CONTACT_LIMIT,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
