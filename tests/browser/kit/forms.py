"""One form with every kind of field, worded like the third step of the public form."""

from __future__ import annotations

from datetime import date

from django import forms

from caasis.platform.forms import AppForm, CardCheckboxes, CardRadios, JapaneseDateField, PhoneField, YenField

HOW = [
    ("visit", "家に来た"),
    ("phone", "電話がかかってきた"),
    ("web", "インターネットで"),
    ("other", "ほか・わからない"),
]


class ContractForm(AppForm):
    how = forms.ChoiceField(label="契約のしかた", choices=HOW, widget=CardRadios(columns=2))
    trader = forms.CharField(
        label="相手の名前",
        required=False,
        max_length=100,
        help_text="聞いたままでかまいません。会社名、担当者の名前など",
    )
    signed_on = JapaneseDateField(
        label="契約した日",
        not_after_today=True,
        unknown_label="わからない",
        today=lambda: date(2026, 11, 21),
        help_text="例：2026年11月18日。令和8年でもかまいません",
    )
    amount = YenField(
        label="契約の金額", unknown_label="わからない", help_text="まだ払っていない分も入れた、全部の金額"
    )
    paid = YenField(label="払った金額", required=False)
    pay_by = forms.ChoiceField(
        label="払い方", required=False, choices=[("", "選んでください"), ("card", "クレジットカード")]
    )
    phone = PhoneField(label="電話番号", required=False)
    wishes = forms.MultipleChoiceField(
        label="してほしいこと",
        required=False,
        choices=[("stop", "やめたい"), ("refund", "返金してほしい")],
        widget=CardCheckboxes(),
    )
    story = forms.CharField(label="できごと", max_length=40, widget=forms.Textarea(attrs={"rows": 3}))
    photo = forms.FileField(label="契約書の写真", required=False, help_text="1枚10MBまで")
    agree = forms.BooleanField(label="個人情報の取り扱いを読みました")
