"""The visitor's situations on the top page: sorted by what has happened, not by product."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Situation:
    """One card of the top page; `code` is the articles' `situation`."""

    code: str
    title: str
    text: str


SITUATIONS = (
    Situation("cancel", "契約したけれど、やめたい", "やめられる期限を調べます"),
    Situation("paid", "お金を払ってしまった", "いますぐ止める手順を見ます"),
    Situation("solicitation", "しつこい勧誘を断りたい", "断り方の言葉を見ます"),
    Situation("product", "品物がおかしい。けがをした", "届け出と返品の方法を見ます"),
    Situation("suspicious", "だまされているかもしれない", "見分け方を確かめます"),
    Situation("worried", "親や近所の人が心配", "声のかけ方と相談先を見ます"),
)
BY_CODE = {situation.code: situation for situation in SITUATIONS}

#: Questions that people ask often, under the search box.
QUICK = ("定期購入をやめたい", "にせの通販サイト", "SNSで投資に誘われた", "賃貸の退去費用")
