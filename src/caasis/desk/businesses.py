"""The business screens: forms, and the trend of months as a drawing with its table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from caasis.businesses.models import BusinessAlias
from caasis.businesses.rules.changes import LONGEST_GROUNDS
from caasis.businesses.vocabulary import AliasKind, Heard
from caasis.cases.business_record import Month
from caasis.desk.charts import svg
from caasis.desk.charts.figure import Column, Figure, Kind, Table, Value
from caasis.platform.forms import AppForm, JapaneseDateField


class MergeForm(AppForm):
    """Which business is read as this one from now on, and why."""

    other = forms.UUIDField(label="まとめる事業者", widget=forms.HiddenInput)
    reason = forms.CharField(label="まとめる理由", max_length=200, help_text="例：電話番号と所在地が同じで、商号だけが変わった")


class SplitForm(AppForm):
    """Which aliases belong to another business, how it is called, and why."""

    alias = forms.MultipleChoiceField(label="分ける呼び名・電話・URL", widget=forms.CheckboxSelectMultiple)
    name = forms.CharField(label="分けたあとの事業者の名前", max_length=160)
    reason = forms.CharField(label="分ける理由", max_length=200, help_text="例：同じ名前の別の会社だと分かった")

    def __init__(self, *args: Any, aliases: Sequence[BusinessAlias], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alias"].choices = [  # type: ignore[attr-defined]
            (str(alias.id), f"{AliasKind(alias.kind).label}：{alias.value}") for alias in aliases
        ]


class FlagForm(AppForm):
    """What due process asks of a tracking flag."""

    grounds = forms.CharField(
        label="注視する根拠", max_length=LONGEST_GROUNDS, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="いつから、どのような相談が、何件あるか。推測は書きません。",
    )  # fmt: skip
    heard = forms.ChoiceField(label="事業者の言い分", choices=[(one.value, one.label) for one in Heard], widget=forms.RadioSelect)
    review_on = JapaneseDateField(label="見直す日")
    until = JapaneseDateField(label="終わりの日", help_text="1年以内です。この日をすぎると、自動で終わります。")


class ReviewForm(AppForm):
    """Somebody looked again: the next day, and whether the business has been heard meanwhile."""

    heard = forms.ChoiceField(label="事業者の言い分", choices=[(one.value, one.label) for one in Heard], widget=forms.RadioSelect)
    review_on = JapaneseDateField(label="次に見直す日")


class LiftForm(AppForm):
    reason = forms.CharField(label="解く理由", max_length=200)


# --- the trend --------------------------------------------------------------------------------------------------------

RECENT = 3


def trend_figure(months: Sequence[Month]) -> Figure:
    """Cases by month of receipt: columns, one sentence, and the table which is also the file."""
    rows: list[list[Value]] = [[f"{month.first.year}年{month.first.month}月", month.cases] for month in months]
    return Figure(
        key="trend",
        title="月ごとの相談",
        take=_take(months),
        wide=_draw(months, 720, 190, "u-wide", every=2),
        narrow=_draw(months, 300, 180, "u-narrow", every=6),
        table=Table("月ごとの相談", [Column("月", Kind.TEXT), Column("相談")], rows),
    )


def _take(months: Sequence[Month]) -> str:
    total = sum(month.cases for month in months)
    if not total:
        return f"この{len(months)}か月に受けた相談はありません。"
    recent = sum(month.cases for month in months[-RECENT:])
    before = sum(month.cases for month in months[-2 * RECENT : -RECENT])
    top = max(months, key=lambda month: (month.cases, month.first))
    most = f"もっとも多かったのは{top.first.year}年{top.first.month}月の{top.cases:,}件です。"
    # Below ten cases a difference of some is chance, and a sentence about it would mislead.
    if recent + before < 10:
        return f"この{len(months)}か月に{total:,}件です。{most}"
    way = "増えています" if recent > before * 1.2 else "減っています" if recent < before * 0.8 else "ほぼ同じです"
    return f"この{RECENT}か月は{recent:,}件で、その前の{RECENT}か月（{before:,}件）より{way}。{most}".replace("よりほぼ", "とほぼ")


def _draw(months: Sequence[Month], width: float, height: float, css: str, *, every: int) -> Any:
    left, right, top, base = 36.0, width - 8, 14.0, height - 26
    marks = svg.ticks(max((month.cases for month in months), default=1), 3)
    slot = (right - left) / max(1, len(months))

    def y(value: float) -> float:
        return base - (base - top) * value / marks[-1]

    drawn = []
    for mark in marks:
        drawn.append(svg.line(left, y(mark), right, y(mark), "ax" if mark else "ax0"))
        drawn.append(svg.text(left - 6, y(mark) + 4, f"{mark:,}", "e t2"))
    thick = slot * 0.7
    bars = ((left + slot * (place + 0.5) - thick / 2, y(month.cases)) for place, month in enumerate(months))
    drawn.append(svg.columns(bars, thick, base, "f-now"))
    for place, month in enumerate(months):
        if month.first.month % every == 1 % every:
            words = f"{month.first.year}年{month.first.month}月" if month.first.month == 1 else f"{month.first.month}月"
            drawn.append(svg.text(left + slot * (place + 0.5), base + 18, words, "m t2"))
    label = "月ごとの相談の図。" + _take(months)
    return svg.drawing(width, height, drawn, css=css, label=label)


