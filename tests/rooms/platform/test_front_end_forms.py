"""Fields, error sentences and template filters, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template import engines

from caasis.platform.forms import (
    UNKNOWN,
    AppForm,
    CardCheckboxes,
    CardRadios,
    JapaneseDateField,
    JapaneseEmailField,
    PhoneField,
    PostcodeField,
    YenField,
)
from caasis.platform.templatetags import app as tags

TODAY = date(2026, 11, 21)


def day_field(**options: Any) -> JapaneseDateField:
    return JapaneseDateField(label="契約した日", today=lambda: TODAY, **options)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (["2026", "11", "3"], date(2026, 11, 3)),
        (["２０２６", "１１", "３"], date(2026, 11, 3)),
        (["令和8", "11", "3"], date(2026, 11, 3)),
        (["R8", "11", "3"], date(2026, 11, 3)),
        (["令和元", "5", "1"], date(2019, 5, 1)),
        (["2026年", "11月", "3日"], date(2026, 11, 3)),
        (["令和8年11月3日", "", ""], date(2026, 11, 3)),
        (["20261103", "", ""], date(2026, 11, 3)),
        (["", "", ""], None),
    ],
)
def test_a_day_in_boxes(boxes: list[str], expected: date | None) -> None:
    assert day_field(required=False).clean(boxes) == expected


@pytest.mark.parametrize(
    ("boxes", "code"),
    [
        (["2026", "", "3"], "incomplete"),
        (["2026", "", ""], "incomplete"),
        (["", "11", "3"], "incomplete"),
        (["2026", "2", "30"], "invalid"),
        (["2026", "13", "1"], "invalid"),
        (["26", "11", "3"], "year"),
        (["2026/1", "11", "3"], "year"),
        (["'; DROP", "11", "3"], "year"),
        (["1026", "11", "3"], "earliest"),
        (["2026", "11", "22"], "future"),
        (["", "", ""], "required"),
        (["2" * 5000, "1", "1"], "year"),
    ],
)
def test_a_day_that_cannot_be_taken(boxes: list[str], code: str) -> None:
    with pytest.raises(ValidationError) as error:
        day_field(not_after_today=True).clean(boxes)
    assert error.value.code == code


def test_not_knowing_is_an_answer_but_what_is_typed_wins() -> None:
    field = day_field(unknown_label="わからない")
    assert field.clean(["", "", "", True]) is UNKNOWN
    assert field.clean(["2026", "11", "3", True]) == date(2026, 11, 3)
    yen = YenField(label="金額", unknown_label="わからない")
    assert yen.clean(["", True]) is UNKNOWN
    assert yen.clean(["148万", True]) == 1_480_000


@pytest.mark.parametrize(
    ("text", "expected"), [("1,480,000", 1_480_000), ("１４８万", 1_480_000), ("980円", 980), ("", None), ("0", 0)]
)
def test_a_sum(text: str, expected: int | None) -> None:
    assert YenField(label="金額", required=False).clean(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [("たくさん", "invalid"), ("-500", "negative"), ("▲500", "negative"), ("101", "too_large"), ("", "required")],
)
def test_a_sum_that_cannot_be_taken(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as error:
        YenField(label="金額", max_value=100).clean(text)
    assert error.value.code == code


def test_phone_postcode_and_mail_take_any_width() -> None:
    assert PhoneField(required=False).clean("０３－１２３４－５６７８") == "+81312345678"
    assert PostcodeField(required=False).clean("〒１００－００１３") == "1000013"
    assert JapaneseEmailField(required=False).clean("ｎａｍｅ＠example.jp") == "name@example.jp"
    for field, text in ((PhoneField(), "12"), (PostcodeField(), "100-001"), (JapaneseEmailField(), "name@")):
        with pytest.raises(ValidationError) as error:
            field.clean(text)
        assert "ください" in str(error.value) or "例：" in str(error.value)


class Sample(AppForm):
    name = forms.CharField(label="お名前", max_length=5)
    kind = forms.ChoiceField(label="用件", choices=[("a", "相談"), ("b", "質問")], widget=CardRadios())
    wishes = forms.MultipleChoiceField(
        label="希望", choices=[("a", "やめたい")], required=False, widget=CardCheckboxes()
    )
    number = forms.IntegerField(label="人数")
    agree = forms.BooleanField(label="読みました")
    photo = forms.FileField(label="写真")
    own = forms.CharField(label="件名", error_messages={"required": "件名を一言で書いてください。"})
    signed_on = day_field()
    note = forms.CharField(
        label="メモ",
        required=False,
        max_length=10,
        help_text="思い出せることだけで<b>大丈夫</b>",
        widget=forms.Textarea,
    )


def test_every_error_says_what_and_what_to_do() -> None:
    form = Sample({"name": "あいうえおか", "number": "三人", "kind": "z"})
    errors = {name: list(found) for name, found in form.errors.items()}
    assert errors == {
        "name": ["お名前は5字までです。いまは6字です。"],
        "kind": ["用件を、一覧から選びなおしてください。"],
        "number": ["人数は数字で入力してください。"],
        "agree": ["「読みました」を確かめて、印を付けてください。"],
        "photo": ["写真を選んでください。"],
        "own": ["件名を一言で書いてください。"],
        "signed_on": ["契約した日を入力してください。"],
    }
    assert all(len(text) <= 40 for found in errors.values() for text in found)


def test_the_summary_leads_to_every_control_with_the_sentence_of_the_field() -> None:
    form = Sample({})
    form.add_domain_fields({"name": ["お名前が長すぎます。"], "unheard_of": ["全体の誤りです。"]})
    entries = tags.error_entries(form)
    html = str(form)
    assert entries[0] == {"href": "", "text": "全体の誤りです。"}
    for entry in entries[1:]:
        assert f'id="{entry["href"]}"' in html, entry
        assert entry["text"].rpartition("：")[2] in html
    assert {"href": "id_signed_on_0", "text": "契約した日を入力してください。"} in entries
    assert {"href": "id_kind_0", "text": "用件を選んでください。"} in entries


def test_a_field_names_its_help_and_its_error() -> None:
    html = str(Sample({"note": "x" * 11})["note"].as_field_group())
    assert 'aria-describedby="id_note_helptext id_note_error"' in html
    assert 'id="id_note_helptext"' in html and 'id="id_note_error"' in html
    assert 'aria-invalid="true"' in html
    assert "&lt;b&gt;" in html, "support text is text"
    assert "maxlength" not in html, "the browser must not cut what is pasted"
    assert "任意" in html and "必須" not in html


def test_groups_are_fieldsets_and_single_choices_are_not_invalid_by_themselves() -> None:
    form = Sample({})
    html = str(form["kind"].as_field_group())
    assert "<fieldset" in html and "<legend" in html and 'aria-describedby="id_kind_error"' in html
    assert "aria-invalid" not in html
    assert str(form["wishes"].as_field_group()).count('type="checkbox"') == 1


def test_a_form_can_leave_out_the_marks() -> None:
    class Quiet(Sample):
        requirement_marks = False

    assert "必須" in str(Sample()) and "必須" not in str(Quiet()) and "任意" not in str(Quiet())


def test_typed_text_is_escaped() -> None:
    html = str(Sample({"name": '"><script>alert(1)</script>', "signed_on_y": '"><img src=x>'}))
    assert "<script>" not in html and "<img" not in html


def render(source: str, **context: Any) -> str:
    return str(engines["django"].from_string(source).render(context))


def test_days_and_times_in_words() -> None:
    instant = datetime(2026, 11, 25, 5, 10, 5, tzinfo=UTC)
    assert tags.date_ja(instant) == "11月25日（水）"
    assert tags.date_ja(datetime(2026, 11, 25, 15, 0, tzinfo=UTC)) == "11月26日（木）", "the day is Japan's"
    assert tags.date_ja(date(2026, 1, 2), "short") == "1/2（金）"
    assert tags.date_ja(date(2026, 1, 2), "year") == "2026年1月2日（金）"
    assert tags.date_ja(date(2026, 1, 2), "iso") == "2026-01-02"
    assert tags.date_ja(None) == "" and tags.time_ja(None) == ""
    assert tags.time_ja(instant) == "午後2時10分"
    assert tags.time_ja(time(9)) == "午前9時"
    assert tags.time_ja(time(12, 5)) == "午後0時5分"
    assert tags.time_ja(instant, "clock") == "14:10" and tags.time_ja(instant, "seconds") == "14:10:05"
    with pytest.raises(ValueError, match="time zone"):
        tags.date_ja(datetime(2026, 1, 1))  # noqa: DTZ001 - a naive time is what is refused


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 21, 5, 59, 30, tzinfo=UTC), "たったいま"),
        (datetime(2026, 11, 21, 5, 48, tzinfo=UTC), "12分前"),
        (datetime(2026, 11, 21, 0, 12, tzinfo=UTC), "きょう 9:12"),
        (datetime(2026, 11, 20, 7, 40, tzinfo=UTC), "きのう 16:40"),
        (datetime(2026, 11, 17, 7, 40, tzinfo=UTC), "11/17（火）"),
        (datetime(2025, 11, 17, 7, 40, tzinfo=UTC), "2025/11/17"),
        (datetime(2026, 11, 22, 1, 0, tzinfo=UTC), "あす 10:00"),
        (datetime(2026, 11, 25, 1, 0, tzinfo=UTC), "11/25（水）10:00"),
    ],
)
def test_how_long_ago(moment: datetime, expected: str) -> None:
    assert tags.ago_ja(moment, datetime(2026, 11, 21, 6, 0, tzinfo=UTC)) == expected


def test_sums_and_phrases() -> None:
    assert [tags.yen(v) for v in (1480000, 0, None, "", "わからない")] == ["1,480,000円", "0円", "", "", "わからない"]
    html = render("{{ text|budoux }}", text="契約や買い物で、<b>困っていませんか。")
    assert "<wbr>" in html and "<b>" not in html and "&lt;" in html
    assert (
        html.startswith('<span class="app-phrase">')
        and render("{{ text|phrases }}", text="") == '<span class="app-phrase"></span>'
    )


def test_icons(caplog: pytest.LogCaptureFixture) -> None:
    html = render("{% icon 'call' %}")
    assert 'aria-hidden="true"' in html and "app/icons.svg#i-call" in html
    assert 'role="img" aria-label="電話"' in render("{% icon 'call' '電話' %}")
    assert render("{% icon 'no_such_icon' %}") == ""
    assert "no_such_icon" in caplog.text


@pytest.mark.parametrize("status", ["400", "403", "403_csrf", "404", "429", "500"])
def test_an_error_page_says_what_to_do_and_carries_the_reference(status: str) -> None:
    from django.template.loader import render_to_string

    html = render_to_string(f"{status}.html", {"reference": "A1B2C3D4"})
    assert "188" in html and "受付番号 A1B2C3D4" in html and "ください" in html
    assert "別の文です。" in render_to_string(f"{status}.html", {"sentence": "別の文です。"})
