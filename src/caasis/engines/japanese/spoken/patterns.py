"""What numbers in a text are written like: one pattern, each kind of number a group of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from caasis.engines.japanese.spoken.amounts import IN_DIGITS, IN_KANJI
from caasis.engines.japanese.spoken.counters import COUNTERS

WORDS_AFTER: Mapping[str, str] = {
    "間": "かん", "半": "はん", "前後": "ぜんご", "前": "まえ", "後": "ご", "目": "め", "分": "ぶん",
}  # fmt: skip
"""What is said in one breath with a counter: 三回目, 一時間半, 二か月分."""
AFTER = re.compile("|".join(WORDS_AFTER))

#: What may not follow a counter, because it makes another word of it (3点検, 12分割, 1通知).
_OTHER_WORDS: Mapping[str, str] = {
    "分": "割野類析担別岐", "日": "本", "本": "人日件来当", "人": "気材", "点": "検数", "通": "信知常報販院学帳貨", "回": "答復収",
    "社": "会員長", "件": "名", "度": "合", "台": "風帳", "代": "金理表", "名": "前称義刺", "割": "合賦", "番": "組号", "階": "段層",
    "条": "件", "行": "動政為", "店": "員長", "円": "滑", "部": "分屋", "号": "外", "等": "級", "校": "正", "機": "会能関",
    "期": "間限待", "局": "面", "食": "品", "話": "題",
}  # fmt: skip
_CLOCK = ("時間", "時", "分", "秒")
_CALENDAR = ("年", "月", "日", "週", "泊", *(f"{sign}月" for sign in "かヶカケヵ箇"))
_SPAN = "(?:間(?!隔))?(?:半(?![分額期日年月]))?(?:前後|前(?![半払日年月])|後(?![半悔日]))?"
_ORDER, _SHARE = "(?:目(?![的標安次当前]))?", "(?:分(?![野類割析担別岐]))?"


def _any_of(counters: Iterable[str]) -> str:
    longest_first = sorted(counters, key=lambda counter: (-len(counter), counter))
    guarded = (re.escape(one) + (f"(?![{_OTHER_WORDS[one]}])" if one in _OTHER_WORDS else "") for one in longest_first)
    return f"(?:{'|'.join(guarded)})"


_COUNTER = (
    f"(?:(?P<other>{_any_of(COUNTERS.keys() - {*_CLOCK, *_CALENDAR})})(?P<after_other>{_ORDER}{_SHARE})"
    f"|(?P<calendar>{_any_of(_CALENDAR)})(?P<after_calendar>{_SPAN}{_ORDER}{_SHARE})"
    f"|(?P<clock>{_any_of(_CLOCK)})(?P<after_clock>{_SPAN}{_ORDER}))"
)
_ANY_COUNTER = _any_of(COUNTERS)
_HYPHEN = "[-‐‑–−－ー]"
_WEEKDAY = "[（(][月火水木金土日](?:・祝)?[）)]"
_MONTH, _DAY = "(?:1[0-2]|0?[1-9])", "(?:3[01]|[12][0-9]|0?[1-9])"

NUMBER = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in {
            "marked": "〔[^〔〕]*〕",
            "postcode": f"〒[0-9]{{3}}{_HYPHEN}[0-9]{{4}}",
            "key_number": "[#♯][0-9]+",
            "telephone": f"(?<![0-9])0[0-9]{{1,4}}{_HYPHEN}[0-9]{{1,4}}{_HYPHEN}[0-9]{{3,4}}(?![0-9])",
            "known": rf"(?<![0-9,.])(?:110|118|119|188|189)(?:番(?!号)|(?![0-9,，.．万億兆千百]|{_ANY_COUNTER}))",
            "date": (
                f"(?<![0-9])[12][0-9]{{3}}(?P<sign>[-/.]){_MONTH}(?P=sign){_DAY}(?![0-9])"
                f"|(?:[0-9]{{1,4}}年)?(?<![0-9]){_MONTH}月{_DAY}日(?!間|目|分)(?:{_WEEKDAY})?"
                f"|(?<![0-9/]){_MONTH}/{_DAY}{_WEEKDAY}"
            ),
            # 毎月1日, 翌月1日. A month that is counted (1か月1日) does not name a day.
            "first_day": "(?<=月)(?<!か月)(?<!ヶ月)(?<!カ月)(?<!ケ月)1日(?!間|目|分|中)",
            "time": "(?<![0-9:：])(?:2[0-4]|1[0-9]|0?[0-9])[:：][0-5][0-9](?![0-9:：])",
            "fraction": "[0-9]{1,4}分の[0-9]{1,4}",
            "yen": "[¥￥][ ]?(?P<yen_amount>" + IN_DIGITS + ")",
            "row": f"[0-9]{{1,6}}(?:{_HYPHEN}[0-9]{{1,6}}){{2,}}",
            "counted": f"(?P<amount>{IN_DIGITS}|{IN_KANJI}){_COUNTER}",
            "amount_alone": f"{IN_DIGITS}|{IN_KANJI}",
            "until": (
                "(?<=[0-9時分日月年円件回人歳階番％%万億])(?:[〜～~]"
                f"|(?P<range>{_HYPHEN}(?=[0-9]+(?:{_ANY_COUNTER}|[:：][0-9])))|{_HYPHEN})(?=[0-9])"
            ),
            "key": "[#♯*]",
        }.items()
    )
)
