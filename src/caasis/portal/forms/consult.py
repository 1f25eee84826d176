"""The five steps of the consultation form. Names of fields are the names of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from caasis.channels import vocabulary as terms
from caasis.channels.rules.questionnaire import LINE_LIMIT, NOTE_LIMIT, STORY_LIMIT, WISH_LIMIT, clean_answers
from caasis.kernel.clock import day_in_japan
from caasis.platform.forms import (
    UNKNOWN,
    AppForm,
    CardCheckboxes,
    CardRadios,
    JapaneseDateField,
    PhoneField,
    PostcodeField,
    YenField,
)
from caasis.platform.geography import prefectures
from caasis.portal.forms.fields import ManyFilesField, WordsField


class StepForm(AppForm):
    """One step. `answers()` gives what was taken, as the channels room keeps it; None takes an answer out."""

    heading: ClassVar[str]
    short: ClassVar[str]
    _taken: Mapping[str, Any] = MappingProxyType({})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # The room's own rules judge once more: they are the ones that hold for every way in.
        self._taken, errors = clean_answers(self._given(), today=day_in_japan(timezone.now()), complete=False)
        for name, sentences in errors.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, sentences)
        return cleaned

    def answers(self) -> dict[str, Any]:
        """The valid answers of this step as they are kept; what is empty or wrong is None."""
        return {
            name: None if name in self.errors else self._taken.get(name) for name in self.fields if name != "files"
        }

    def _given(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if value is UNKNOWN:
                value = terms.UNKNOWN
            elif isinstance(value, date):
                value = value.isoformat()
            found[name] = value
        return found

    @classmethod
    def initial_from(cls, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Initial values of the fields from the answers of a draft."""
        found: dict[str, Any] = {}
        for name, field in cls.base_fields.items():
            value = answers.get(name)
            if value == "unknown" and isinstance(field, JapaneseDateField | YenField):
                value = UNKNOWN
            elif isinstance(field, JapaneseDateField) and isinstance(value, str) and value:
                value = date.fromisoformat(value)
            elif isinstance(field, PhoneField) and isinstance(value, str) and value.startswith("+81"):
                value = "0" + value[3:]
            if value is not None:
                found[name] = value
        return found


class TroubleForm(StepForm):
    heading = "どんなことで困っていますか"
    short = "困りごと"

    topic = forms.ChoiceField(
        label="いちばん近い困りごと", choices=terms.choices(terms.TOPICS), widget=CardRadios(columns=2)
    )
    who = forms.ChoiceField(label="どなたのことか", choices=terms.choices(terms.WHO), widget=CardRadios())
    injury = forms.ChoiceField(
        label="けがや体の不調",
        help_text="品物やサービスのために、けがをした方や具合の悪くなった方がいますか。",
        choices=terms.choices(terms.YES_NO),
        widget=CardRadios(),
    )
    money_moving = forms.ChoiceField(
        label="お金の予定",
        help_text="これから払う予定や、引き落とされる予定がありますか。",
        choices=terms.choices(terms.MONEY_MOVING),
        widget=CardRadios(columns=2),
    )


class StoryForm(StepForm):
    heading = "何があったか、教えてください"
    short = "できごと"

    story = WordsField(
        label="できごと",
        help_text="思い出した順でかまいません。ひとことでも大丈夫です。",
        max_length=STORY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={"required": "できごとを入力してください。ひとことでもかまいません。"},
    )
    wish = WordsField(
        label="どうなったらよいか",
        help_text="例：契約をやめたい。払ったお金を返してほしい。どうすればよいか知りたい",
        max_length=WISH_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ContractForm(StepForm):
    heading = "契約について"
    short = "契約"

    how = forms.ChoiceField(
        label="契約のしかた",
        help_text="どうやって契約しましたか。",
        choices=terms.choices(terms.HOW),
        widget=CardRadios(columns=2),
    )
    product = WordsField(
        label="品物・サービス",
        help_text="例：給湯器の交換、健康食品、エステ、アプリ",
        max_length=LINE_LIMIT,
        required=False,
    )
    business = WordsField(
        label="相手の名前",
        help_text="聞いたままでかまいません。会社名、担当者の名前、電話番号など",
        max_length=LINE_LIMIT,
        required=False,
    )
    contracted_on = JapaneseDateField(
        label="契約した日",
        help_text="例：2026年11月18日、令和8年11月18日。まだ契約していないときは、空けたままでかまいません。",
        unknown_label="わからない",
        not_after_today=True,
        error_messages={"required": "契約した日を入力するか「わからない」を選んでください。"},
    )
    document = forms.ChoiceField(
        label="契約の書類",
        help_text="契約書や申込書の控えを、紙かデータで受け取りましたか。",
        choices=terms.choices(terms.YES_NO),
        widget=CardRadios(),
        required=False,
    )
    document_on = JapaneseDateField(
        label="書類を受け取った日",
        help_text="やめられる期限は、この日から数えることが多いです。",
        unknown_label="わからない",
        not_after_today=True,
        required=False,
    )
    exceptions = forms.MultipleChoiceField(
        label="あてはまること",
        help_text="期限を調べるために、おたずねします。いくつでも選べます。",
        choices=terms.choices(terms.EXCEPTIONS),
        widget=CardCheckboxes(),
        required=False,
    )
    amount = YenField(
        label="契約の金額",
        help_text="まだ払っていない分も入れた、全部の金額。「148万」のように書いても大丈夫です。",
        unknown_label="わからない",
    )
    paid = forms.ChoiceField(
        label="もう払いましたか", choices=terms.choices(terms.PAID), widget=CardRadios(columns=2), required=False
    )
    files = ManyFilesField(  # type: ignore[assignment]  # Django takes fields off the class
        label="契約書や画面の写真",
        help_text="1つ10MBまで、5つまで。スマートフォンで撮った写真でかまいません。",
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("how") == "none":
            # Who hasn't contracted has neither day nor sum; what was typed all the same is still judged.
            for name in ("contracted_on", "amount"):
                if any(error.code == "required" for error in self.errors.as_data().get(name, [])):
                    del self.errors[name]
                    cleaned[name] = None
        return cleaned


_PREFECTURES = [("", "えらばない")] + [(place.code, place.name) for place in prefectures()]


class AboutYouForm(StepForm):
    heading = "あなたのこと"
    short = "あなたのこと"

    name = WordsField(
        label="お名前",
        help_text="書かなくても相談できます。",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    kana = WordsField(label="ふりがな", max_length=60, required=False)
    age = WordsField(
        label="年齢",
        help_text="未成年の方や高齢の方の契約は、守られ方がちがうことがあります。",
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "4"}),
    )
    postcode = PostcodeField(
        label="郵便番号", help_text="お住まいの地域の窓口をさがします。例：980-0811", required=False
    )
    prefecture = forms.ChoiceField(
        label="都道府県",
        help_text="郵便番号がわからないときに選んでください。",
        choices=_PREFECTURES,
        required=False,
    )
    reply_by = forms.ChoiceField(
        label="お返事の方法", choices=terms.choices(terms.REPLY_BY), widget=CardRadios(), initial="site"
    )
    phone = PhoneField(label="電話番号", help_text="電話のお返事を選んだときに使います。", required=False)
    mail = WordsField(
        label="メールアドレス",
        help_text="メールのお返事を選んだときに使います。",
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "email"}),
    )
    quiet = forms.MultipleChoiceField(
        label="連絡で気をつけること", choices=terms.choices(terms.QUIET), widget=CardCheckboxes(), required=False
    )
    contact_note = WordsField(
        label="連絡について",
        help_text="例：平日の夕方がよい、耳が聞こえにくい、通訳がほしい",
        max_length=NOTE_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        way = cleaned.get("reply_by")
        if way == "phone" and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", "電話番号を入力してください。電話でお返事するために使います。")
        if way == "mail" and not cleaned.get("mail") and "mail" not in self.errors:
            self.add_error("mail", "メールアドレスを入力してください。お返事に使います。")
        return cleaned


STEP_FORMS: dict[int, type[StepForm]] = {1: TroubleForm, 2: StoryForm, 3: ContractForm, 4: AboutYouForm}
CONFIRM = 5
SHORT_NAMES = [form.short for form in STEP_FORMS.values()] + ["確認"]
