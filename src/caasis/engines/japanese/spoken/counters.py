"""Counters: the words that a number takes with it, and how the two sound together.

A counter is data. How the end of a number changes is a matter of the counter's first sound (いっかい, さんがい), of habit
(よじ, しちがつ, くじ), or of the single number (ひとり, はつか).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from caasis.engines.japanese.spoken.numbers import BEFORE_K, BEFORE_S, double, end_of, number_kana, voices

_DIGITS = {4: "よん", 7: "なな", 9: "きゅう"}
_TEN = frozenset({10})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """How one counter is spoken.

    doubles: ends of numbers (`end_of`) that are swallowed before it, and `hard`, its sound after them. voiced: its
    sound after さん, せん, まん. after_four: after よん. digits: other readings of a last 4, 7 or 9; merged: such a digit and
    the counter in one. whole: readings of single numbers with the counter. zero: how 0 is said before it.
    """

    kana: str
    doubles: Collection[int] = ()
    hard: str = ""
    voiced: str = ""
    after_four: str = ""
    digits: Mapping[int, str] = field(default_factory=dict)
    merged: Mapping[int, str] = field(default_factory=dict)
    whole: Mapping[int, str] = field(default_factory=dict)
    zero: str = "ゼロ"

    def count(self, value: int) -> str:
        """The reading of a whole number with this counter. Raises ValueError as `number_kana` does."""
        if value in self.whole:
            return self.whole[value]
        return self.join(number_kana(value) if value else self.zero, end_of(value))

    def join(self, spoken: str, end: int) -> str:
        """The reading of a number that is spoken so and has this end, together with the counter."""
        if end in self.merged:
            return spoken.removesuffix(_DIGITS[end]) + self.merged[end]
        if end in self.digits:
            return spoken.removesuffix(_DIGITS[end]) + self.digits[end] + self.kana
        if end in self.doubles:
            return double(spoken) + (self.hard or self.kana)
        if voices(end):
            return spoken + (self.voiced or self.kana)
        return spoken + (self.after_four if end == 4 and self.after_four else self.kana)


_DAYS = {
    2: "ふつか",
    3: "みっか",
    4: "よっか",
    5: "いつか",
    6: "むいか",
    7: "なのか",
    8: "ようか",
    9: "ここのか",
    10: "とおか",
    20: "はつか",
}
_THINGS = ("ひとつ", "ふたつ", "みっつ", "よっつ", "いつつ", "むっつ", "ななつ", "やっつ", "ここのつ")

#: 1 is ついたち in a date and いちにち everywhere else.
DAY_OF_MONTH = Counter(kana="にち", digits={7: "しち", 9: "く"}, merged={4: "よっか"}, whole=_DAYS | {1: "ついたち"})
MONTH = Counter(kana="がつ", digits={4: "し", 7: "しち", 9: "く"})
YEAR = Counter(kana="ねん", digits={4: "よ"})
HOUR = Counter(kana="じ", digits={4: "よ", 7: "しち", 9: "く"}, zero="れい")
MINUTE = Counter(kana="ふん", doubles=BEFORE_K, hard="ぷん", voiced="ぷん", after_four="ぷん")
_DAY = Counter(kana="にち", digits={7: "しち", 9: "く"}, merged={4: "よっか"}, whole=_DAYS)


def _like(doubles: Collection[int], words: str) -> Iterable[tuple[str, Counter]]:
    """Counters without habits of their own, from "written kana" or "written kana voiced" (after さん, せん, まん)."""
    for word in words.split("/"):
        written, kana, *voiced = word.split()
        yield written, Counter(kana=kana, doubles=doubles, voiced="".join(voiced))


def _h(words: str) -> Iterable[tuple[str, Counter]]:
    """Counters in は行, from "written kana hard voiced" and the sound after よん if that differs."""
    for word in words.split("/"):
        written, kana, hard, voiced, *four = word.split()
        yield written, Counter(kana=kana, doubles=BEFORE_K, hard=hard, voiced=voiced, after_four="".join(four))


COUNTERS: Mapping[str, Counter] = {
    "年": YEAR,
    "月": MONTH,
    "日": _DAY,
    "時": HOUR,
    "時間": Counter(kana="じかん", digits={4: "よ", 7: "しち", 9: "く"}),
    "分": MINUTE,
    "秒": Counter(kana="びょう"),
    "人": Counter(kana="にん", digits={4: "よ"}, whole={1: "ひとり", 2: "ふたり"}),
    "円": Counter(kana="えん", digits={4: "よ"}),
    "つ": Counter(kana="つ", whole=dict(enumerate(_THINGS, 1)) | {10: "とお"}),
    "度": Counter(kana="ど", zero="れい"),
    "口": Counter(kana="くち", doubles=BEFORE_K, whole={1: "ひとくち", 2: "ふたくち"}),
    "通り": Counter(kana="とおり", doubles=BEFORE_S, whole={1: "ひととおり", 2: "ふたとおり"}),
    **dict.fromkeys(("歳", "才"), Counter(kana="さい", doubles=BEFORE_S, whole={20: "はたち"})),
    **dict.fromkeys(("％", "%", "パーセント"), Counter(kana="パーセント", doubles=_TEN)),
    **{
        written + rest: Counter(kana=kana, doubles=BEFORE_K)
        for written in ("か", "ヶ", "カ", "ケ", "ヵ", "箇")
        for rest, kana in (("月", "かげつ"), ("所", "かしょ"), ("国", "かこく"), ("条", "かじょう"))
    },
    # か行
    **dict(_like(BEFORE_K, "回 かい/階 かい がい/件 けん/軒 けん げん/個 こ/項 こう/級 きゅう/期 き/局 きょく/校 こう/機 き/曲 きょく/回線 かいせん")),
    # さ行, た行
    **dict(_like(BEFORE_S, "社 しゃ/週 しゅう/冊 さつ/種類 しゅるい/世紀 せいき/席 せき/食 しょく/章 しょう/節 せつ/足 そく ぞく/周年 しゅうねん")),
    **dict(_like(BEFORE_S, "通 つう/点 てん/店 てん/頭 とう/着 ちゃく/丁目 ちょうめ/等 とう/トン トン/センチ センチ")),
    # は行
    **dict(_h("本 ほん ぽん ぼん/杯 はい ぱい ばい/匹 ひき ぴき びき/票 ひょう ぴょう びょう/泊 はく ぱく ぱく ぱく/発 はつ ぱつ ぱつ ぱつ")),
    # Words of their own: only ten is swallowed.
    **dict(_like(_TEN, "項目 こうもく/店舗 てんぽ/通話 つうわ/世帯 せたい/ページ ページ/ポイント ポイント/キロ キロ")),
    # No change
    **dict(_like((), "番 ばん/割 わり/名 めい/枚 まい/台 だい/代 だい/年代 ねんだい/号 ごう/号室 ごうしつ/条 じょう/倍 ばい/番地 ばんち")),
    **dict(_like((), "営業日 えいぎょうび/字 じ/文字 もじ/行 ぎょう/問 もん/部 ぶ/話 わ/例 れい/錠 じょう/ドル ドル/ユーロ ユーロ")),
    **dict(_like((), "グラム グラム/メートル メートル/リットル リットル/ミリ ミリ/ギガ ギガ/メガ メガ")),
}  # fmt: skip
"""Every counter that is known, as it is written."""

#: Large units as counters, for 「1.5億」 and 「1.1兆」.
LARGE_UNITS: Mapping[str, Counter] = {
    "万": Counter(kana="まん"),
    "億": Counter(kana="おく"),
    "兆": Counter(kana="ちょう", doubles=BEFORE_S),
}


def counter_kana(value: int, counter: str) -> str:
    """The reading of a number with a counter: 3, "分" → さんぷん.

    Raises KeyError for a counter that is not in `COUNTERS`.
    """
    return COUNTERS[counter].count(value)
