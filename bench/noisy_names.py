"""Traders that never existed, as the corporate-number register would list them and as consumers would say them.

The generator is documented in docs/benchmarks.md. It was written before any measurement and is not used to tune the
look-up: names come from one stream of a seed, noise from another, and the two streams of a run differ from those of
every other size.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Sounds with the characters they are written with: coined names are drawn from these, so that nearly none is a real one.
_SOUNDS = (
    ("あき", "秋"), ("あさ", "朝"), ("いし", "石"), ("いわ", "岩"), ("うめ", "梅"), ("えん", "円"), ("おか", "岡"), ("おお", "大"),
    ("かつ", "勝"), ("かん", "関"), ("きた", "北"), ("きょう", "共"), ("くに", "国"), ("けん", "健"), ("こう", "幸"), ("さい", "彩"),
    ("さくら", "桜"), ("さわ", "沢"), ("しま", "島"), ("しょう", "昭"), ("すぎ", "杉"), ("せい", "誠"), ("そう", "総"), ("たか", "高"),
    ("たき", "滝"), ("たま", "玉"), ("ちゅう", "中"), ("つる", "鶴"), ("てん", "天"), ("とう", "東"), ("とみ", "富"), ("なか", "仲"),
    ("にし", "西"), ("のぞみ", "望"), ("はま", "浜"), ("ひろ", "広"), ("ふじ", "藤"), ("ほし", "星"), ("まつ", "松"), ("みなみ", "南"),
    ("みや", "宮"), ("むら", "村"), ("めい", "明"), ("もり", "森"), ("やま", "山"), ("ゆう", "優"), ("よし", "吉"), ("りゅう", "竜"),
    ("わか", "若"), ("えい", "栄"), ("しん", "真"), ("ほう", "豊"),
)  # fmt: skip
_COINED = (
    "アク", "アル", "イン", "ウェル", "エコ", "オプ", "カー", "キュア", "クレ", "グラ", "コア", "サン", "シー", "スマ", "セル", "ソラ",
    "タイ", "テク", "デル", "トラ", "ナビ", "ネオ", "ノヴァ", "ハー", "ビズ", "フィ", "ブル", "プラ", "ベル", "ポラ", "マル", "ミラ",
    "メイ", "モア", "ユニ", "ライ", "リン", "ルミ", "レン", "ロー", "ワン", "ヴィ", "ゼン", "ジェム", "ドリ", "ゴー",
)  # fmt: skip
_TRADES = (
    ("建設", "ケンセツ"), ("工業", "コウギョウ"), ("商事", "ショウジ"), ("工務店", "コウムテン"), ("住宅設備", "ジュウタクセツビ"),
    ("水道", "スイドウ"), ("電気", "デンキ"), ("不動産", "フドウサン"), ("興業", "コウギョウ"), ("物産", "ブッサン"), ("運輸", "ウンユ"),
    ("食品", "ショクヒン"), ("製作所", "セイサクショ"), ("塗装", "トソウ"), ("農園", "ノウエン"), ("薬局", "ヤッキョク"),
    ("リフォーム", "リフォーム"), ("サービス", "サービス"), ("ホーム", "ホーム"), ("システム", "システム"), ("ジャパン", "ジャパン"),
    ("コーポレーション", "コーポレーション"), ("企画", "キカク"), ("通商", "ツウショウ"), ("ライフ", "ライフ"), ("エステート", "エステート"),
    ("テック", "テック"), ("プランニング", "プランニング"), ("美容室", "ビヨウシツ"), ("整骨院", "セイコツイン"), ("", ""), ("", ""),
)  # fmt: skip
_FORMS = (("株式会社", 62), ("有限会社", 24), ("合同会社", 10), ("一般社団法人", 2), ("医療法人", 2))
_PREFECTURES = ("北海道", "宮城県", "東京都", "神奈川県", "愛知県", "大阪府", "広島県", "福岡県")
_OLD = str.maketrans("沢高国広桜浜島竜滝栄真豊吉", "澤髙國廣櫻濱嶋龍瀧榮眞豐𠮷")
_DESKS = ("カスタマーセンター", "お客様窓口", "コールセンター", "東日本", "大阪支店", "事務局")
_MISHEARD = (("カ", "ガ"), ("タ", "ダ"), ("シ", "ヒ"), ("ビ", "ミ"), ("ラ", "ナ"), ("ト", "ド"), ("ポ", "ボ"), ("キ", "シ"), ("ッ", ""), ("ン", "ム"))


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the register: official name and its full reading; `kana` is empty where the register has none."""

    number: str
    name: str
    core: str
    reading: str
    kana: str
    form: str


def register(size: int, seed: int) -> Iterator[Listed]:
    """`size` entries. Names repeat as in the real register: many short ones are borne by several companies."""
    chosen = random.Random(seed)
    forms = [form for form, _ in _FORMS]
    weights = [weight for _, weight in _FORMS]
    for place in range(size):
        core, reading = _core(chosen)
        form = chosen.choices(forms, weights)[0]
        name = form + core if chosen.random() < 0.7 else core + form
        body = f"{place + 100_000_000_000:012d}"
        yield Listed(number_of(body), name, core, reading, reading if chosen.random() < 0.7 else "", form)


def number_of(body: str) -> str:
    """A corporate number by the rule of its check digit, written down here once more so that it tests the product's."""
    total = sum(int(digit) * (2 - place % 2) for place, digit in enumerate(body[::-1], start=1))
    return f"{9 - total % 9}{body}"


def _core(chosen: random.Random) -> tuple[str, str]:
    kind = chosen.random()
    trade, trade_kana = chosen.choice(_TRADES)
    if kind < 0.5:
        parts = chosen.sample(_SOUNDS, chosen.choice((1, 2, 2, 2, 3)))
        core = "".join(kanji for _, kanji in parts)
        reading = _katakana("".join(kana for kana, _ in parts))
    elif kind < 0.9:
        core = reading = "".join(chosen.choices(_COINED, k=chosen.choice((2, 3, 3, 4))))
    else:
        core = "".join(chosen.choice("abcdefghijklmnoprstuvwyz") for _ in range(chosen.choice((2, 3, 3)))).upper()
        reading = "".join(_LETTERS[letter] for letter in core.lower())
    if not trade and len(core) < 3:
        trade, trade_kana = "商店", "ショウテン"
    return core + trade, reading + trade_kana


def csv_row(one: Listed, place: int) -> str:
    """The entry as a line of the register's CSV file."""
    prefecture = _PREFECTURES[place % len(_PREFECTURES)]
    cells = [
        str(place + 1), one.number, "01", "0", "2026-10-01", "2026-10-01", one.name, "", "301", prefecture, "見本市",
        f"見本町{place % 90 + 1}丁目", "", f"{place % 47 + 1:02d}", "101", "0000000", "", "", "", "", "", "", "2015-10-05", "1",
        "", "", "", "", one.kana, "0",
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells) + "\r\n"


# --- noise ------------------------------------------------------------------------------------------------------------

KINDS = ("form", "width", "kana", "old characters", "spaces", "long vowels", "misheard", "slip", "part", "desk", "romaji", "said")


def noisy(one: Listed, chosen: random.Random) -> tuple[str, str]:
    """The name as a consumer says or writes it, and which noise it carries (one or two kinds)."""
    text, kinds = one.name, []
    for kind in chosen.sample(KINDS, chosen.choice((1, 1, 2))):
        changed = _NOISES[kind](one, text, chosen)
        if changed and changed != text:
            text = changed
            kinds.append(kind)
    return text, "+".join(sorted(kinds)) or "none"


def _form(one: Listed, text: str, chosen: random.Random) -> str:
    short = {"株式会社": ("㈱", "(株)", "（株）"), "有限会社": ("㈲", "(有)"), "合同会社": ("(同)",)}.get(one.form, ("",))
    return text.replace(one.form, chosen.choice((*short, "", "")))


def _width(one: Listed, text: str, chosen: random.Random) -> str:
    half = unicodedata.normalize("NFKC", text)
    return "".join(_HALF.get(letter, letter) for letter in half) if chosen.random() < 0.7 else _full(half)


def _kana(one: Listed, text: str, chosen: random.Random) -> str:
    return _hiragana(one.reading) if chosen.random() < 0.6 else one.reading


def _old(one: Listed, text: str, chosen: random.Random) -> str:
    return text.translate(_OLD)


def _spaces(one: Listed, text: str, chosen: random.Random) -> str:
    place = chosen.randrange(1, max(2, len(text)))
    return text[:place] + chosen.choice(("　", " ", "・")) + text[place:]


def _long_vowels(one: Listed, text: str, chosen: random.Random) -> str:
    if "ー" in text:
        return text.replace("ー", "", 1)
    return one.reading.replace("ョウ", "ョー").replace("コウ", "コー").replace("ュウ", "ュー")


def _misheard(one: Listed, text: str, chosen: random.Random) -> str:
    reading = one.reading
    possible = [(wrong, right) for right, wrong in _MISHEARD if right in reading[1:]]
    if not possible:
        return ""
    wrong, right = chosen.choice(possible)
    return reading[0] + reading[1:].replace(right, wrong, 1)


def _slip(one: Listed, text: str, chosen: random.Random) -> str:
    base = text.replace(one.form, "") or text
    place = chosen.randrange(len(base))
    match chosen.randrange(4):
        case 0:
            return base[:place] + base[place + 1 :]
        case 1:
            return base[:place] + base[place] + base[place:]
        case 2:
            return base[:place] + base[place : place + 2][::-1] + base[place + 2 :]
        case _:
            return base[:place] + chosen.choice("新東エアン") + base[place + 1 :]


def _part(one: Listed, text: str, chosen: random.Random) -> str:
    for trade, _ in _TRADES:
        if trade and one.core.endswith(trade) and len(one.core) - len(trade) >= 3:
            return one.core[: -len(trade)]
    return ""


def _desk(one: Listed, text: str, chosen: random.Random) -> str:
    return text + chosen.choice(_DESKS)


def _romaji(one: Listed, text: str, chosen: random.Random) -> str:
    return to_romaji(one.reading)


def _said(one: Listed, text: str, chosen: random.Random) -> str:
    return text + chosen.choice(("様", "という会社", "（聞き取り）", "？"))


_NOISES = dict(
    zip(KINDS, (_form, _width, _kana, _old, _spaces, _long_vowels, _misheard, _slip, _part, _desk, _romaji, _said), strict=True)
)
_LETTERS = dict(
    zip(
        "abcdefghijklmnoprstuvwyz",
        "エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケー エル エム エヌ オー ピー アール エス ティー ユー ブイ ダブリュー ワイ ゼット".split(),  # noqa: SIM905
        strict=True,
    )
)
_HALF = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}


def _full(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _hiragana(text: str) -> str:
    return "".join(chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter for letter in text)


def _katakana(text: str) -> str:
    return "".join(chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter for letter in text)


_ROMAJI_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ", "m": "マミムメモ",
    "y": "ヤ*ユ*ヨ", "r": "ラリルレロ", "w": "ワ****", "g": "ガギグゲゴ", "z": "ザジズゼゾ", "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_ROMAJI = {kana: row + vowel for row, line in _ROMAJI_ROWS.items() for vowel, kana in zip("aiueo", line, strict=True)} | {
    "シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ン": "n", "ヴ": "v",
}  # fmt: skip
_SMALL = dict(zip("ァィゥェォャュョ", ("a", "i", "u", "e", "o", "a", "u", "o"), strict=True))


def to_romaji(reading: str) -> str:
    """A reading in Hepburn romaji without macrons, as people type it."""
    made = ""
    doubled = False
    for letter in reading:
        if letter == "ー":
            continue
        if letter == "ッ":
            doubled = True
            continue
        if letter in _SMALL:
            vowel = _SMALL[letter]
            if letter in "ャュョ" and made.endswith("i"):
                made = made[:-1] if made.endswith(("shi", "chi", "ji")) else made[:-1] + "y"
            elif made and made[-1] in "aiueo":
                made = made[:-1]
            made += vowel
            continue
        syllable = _ROMAJI.get(letter, "")
        made += (syllable[:1] if doubled else "") + syllable
        doubled = False
    return made.upper() if len(made) % 2 else made.capitalize()
