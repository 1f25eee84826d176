"""Forms of the articles' life."""

from __future__ import annotations

from typing import Any

from django import forms

from caasis.cases.code_lists import label
from caasis.engines.deadlines import SALES_FORMS
from caasis.knowledge.materials import MATERIAL_AUDIENCES
from caasis.knowledge.models import Article
from caasis.knowledge.rules.article_file import LONGEST_LAW, LONGEST_LEAD, LONGEST_TITLE
from caasis.platform.forms import AppForm, JapaneseDateField
from caasis.platform.forms.fields import UNKNOWN

SITUATIONS = (
    ("", "選ばない"), ("cancel", "契約したけれど、やめたい"), ("paid", "お金を払ってしまった"),
    ("solicitation", "しつこい勧誘を断りたい"), ("product", "品物やサービスがおかしい"),
    ("suspicious", "だまされているかもしれない"), ("worried", "親や近所の人が心配"),
    *((code, f"啓発資料：{words}") for code, words in MATERIAL_AUDIENCES.items()),
)  # fmt: skip


class ArticleForm(AppForm):
    """What a writer writes. Nothing but the lengths is demanded here: a draft may be half."""

    requirement_marks = False
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    title = forms.CharField(label="題", max_length=LONGEST_TITLE, required=False, help_text="困っている人の言葉で。例「定期購入をやめたい」")
    lead = forms.CharField(
        label="短い答え", max_length=LONGEST_LEAD, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="いちばん先に出る、答えの1文です。240文字まで",
    )  # fmt: skip
    body = forms.CharField(
        label="本文", max_length=20_000, required=False, strip=False, widget=forms.Textarea(attrs={"rows": 18}),
        help_text="「## 」で見出し、「- 」で箇条書き、「1. **見出し** 文」で手順、「> 」で注意。間に空の行を入れます",
    )  # fmt: skip
    search_words = forms.CharField(
        label="さがす言葉", max_length=2_000, required=False, help_text="ふだんの言葉を、空白で区切って入れます"
    )
    situation = forms.ChoiceField(label="困りごと（啓発資料は、どなた向けか）", choices=SITUATIONS, required=False)
    sales_form = forms.ChoiceField(label="売り方", required=False)
    law = forms.CharField(label="もとになる法律", max_length=LONGEST_LAW, required=False, help_text="例 特定商取引に関する法律 第9条")
    law_checked_on = JapaneseDateField(label="法律を確かめた日", required=False)
    law_verified = forms.BooleanField(label="条文と照らし合わせた（「要確認」を外す）", required=False)
    region = forms.CharField(label="地域", max_length=60, required=False, help_text="注意喚起などで、地域が決まっているとき")
    review_by = JapaneseDateField(label="次に見直す日", required=False)
    valid_until = JapaneseDateField(label="公開の終わりの日", required=False, help_text="この日の次の日に、自動で取り下げます")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["sales_form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "選ばない"), *((code, label("sales_form", code)) for code in SALES_FORMS)]

    def texts(self) -> dict[str, Any]:
        """What was taken, by the names of `revision_services.TEXTS`."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        for name in ("law_checked_on", "review_by", "valid_until"):
            if found.get(name) is UNKNOWN or found.get(name) == "":
                found[name] = None
        return found


class NewArticleForm(AppForm):
    """The kind of a new article."""

    requirement_marks = False
    kind = forms.ChoiceField(label="種類", choices=Article.Kind.choices)
    title = forms.CharField(label="題", max_length=LONGEST_TITLE, required=False)
    search_words = forms.CharField(label="さがす言葉", max_length=200, required=False)
