"""Forms of education events: looking for one, signing up, asking for a lecture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from caasis.appointments.education_vocabulary import Audience, PartOfDay, Theme
from caasis.appointments.rules.education import LARGEST_CAPACITY, MOST_PEOPLE
from caasis.appointments.services import LectureValues
from caasis.knowledge.materials import MATERIAL_AUDIENCES
from caasis.platform.forms import AppForm, CardRadios, JapaneseDateField, PostcodeField
from caasis.platform.geography import prefectures
from caasis.portal.forms.fields import WordsField

_PHONE = {"autocomplete": "tel", "inputmode": "tel"}
_PHONE_ERROR = {"required": "日中つながる電話番号を、市外局番から入れてください。"}


class EventsForm(AppForm):
    """Which events: where, for whom, when. What it doesn't know narrows nothing."""

    requirement_marks = False
    prefecture = forms.ChoiceField(
        label="都道府県",
        choices=[("", "全国")] + [(place.code, place.name) for place in prefectures()],
        required=False,
    )
    audience = forms.ChoiceField(
        label="対象", choices=[("", "すべて"), *Audience.choices()[1:]], required=False
    )
    month = forms.ChoiceField(label="月", required=False)

    def __init__(self, *args: Any, months: Sequence[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(f"{day:%Y-%m}", f"{day.year}年{day.month}月") for day in months]
        self.fields["month"].choices = [("", "すべて"), *found]  # type: ignore[attr-defined]


class MaterialsForm(AppForm):
    """For whom the material is."""

    requirement_marks = False
    audience = forms.ChoiceField(label="どなた向けか", choices=[("", "すべて"), *MATERIAL_AUDIENCES.items()], required=False)


class SignUpForm(AppForm):
    """Who comes, how many, what they need."""

    name = WordsField(
        label="お名前", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "お名前を入れてください。"},
    )  # fmt: skip
    phone = WordsField(
        label="日中つながる電話番号", max_length=30, widget=forms.TextInput(attrs=_PHONE), error_messages=_PHONE_ERROR,
        help_text="空きが出たときや、中止になったときに、センターからお電話します。",
    )  # fmt: skip
    people = forms.TypedChoiceField(
        label="人数", choices=[(str(count), f"{count}人") for count in range(1, MOST_PEOPLE + 1)], coerce=int,
        help_text="ご自身をふくめた人数です。",
    )  # fmt: skip
    needs = WordsField(
        label="配慮してほしいこと", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例：手話通訳がほしい、車いすで行く、子どもを預けたい",
    )  # fmt: skip

    def texts(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return {"name": data["name"], "phone": data["phone"], "people": data["people"], "needs": data["needs"]}


class LectureForm(AppForm):
    """A group asks the centre to come."""

    organisation = WordsField(
        label="団体の名前", max_length=80, help_text="例：見本町内会、見本中学校、株式会社見本",
        error_messages={"required": "団体の名前を入れてください。"},
    )  # fmt: skip
    name = WordsField(
        label="ご担当の方のお名前", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "ご担当の方のお名前を入れてください。"},
    )  # fmt: skip
    phone = WordsField(
        label="日中つながる電話番号", max_length=30, widget=forms.TextInput(attrs=_PHONE), error_messages=_PHONE_ERROR,
        help_text="センターから、お電話でお返事します。",
    )  # fmt: skip
    postcode = PostcodeField(
        label="会場の郵便番号", error_messages={"required": "会場の郵便番号を入れてください。"},
        help_text="会場のある地域のセンターに届きます。",
    )  # fmt: skip
    place = WordsField(
        label="会場", max_length=120, help_text="例：見本集会所（2階、エレベーターなし）",
        error_messages={"required": "会場を入れてください。"},
    )  # fmt: skip
    theme = forms.ChoiceField(label="聞きたいこと", choices=Theme.choices(), widget=CardRadios())
    audience = forms.ChoiceField(label="聞く方", choices=Audience.choices(), widget=CardRadios(columns=2))
    people = forms.IntegerField(
        label="人数のめやす", min_value=1, max_value=LARGEST_CAPACITY,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "4"}),
        error_messages={
            "required": "人数のめやすを、数字で入れてください。", "invalid": "人数のめやすを、数字で入れてください。",
            "min_value": "人数を、1人以上で入れてください。",
            "max_value": f"人数を、{LARGEST_CAPACITY}人までで入れてください。",
        },
    )  # fmt: skip
    day1 = JapaneseDateField(
        label="希望する日（第1希望）", help_text="きょうから7日後より先の日を入れてください。",
        error_messages={"required": "希望する日を、1つは入れてください。"},
    )  # fmt: skip
    day2 = JapaneseDateField(label="希望する日（第2希望）", required=False)
    day3 = JapaneseDateField(label="希望する日（第3希望）", required=False)
    part_of_day = forms.ChoiceField(label="時間帯", choices=PartOfDay.choices(), widget=CardRadios(columns=2), initial="any")
    note = WordsField(
        label="伝えておきたいこと", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="地域で困っていること、機材、手話通訳など",
    )  # fmt: skip

    def values(self) -> LectureValues:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return LectureValues(
            organisation=data["organisation"], name=data["name"], phone=data["phone"], postcode=data["postcode"],
            place=data["place"], people=data["people"], days=[data["day1"], data["day2"], data["day3"]],
            theme=data["theme"], audience=data["audience"], part_of_day=data["part_of_day"], note=data["note"],
        )  # fmt: skip
