"""A trader's name as it is compared: legal form, core as written, readings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from caasis.engines.identity.kana import fold_reading, romaji_to_kana, skeleton, spell
from caasis.engines.japanese import fold_for_search, morphemes, reading, to_katakana

#: Legal form → the ways in which it is written, after folding (half width, lower case).
_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "株式会社": ("株式会社", "(株)", "かぶしきがいしゃ", "かぶしきかいしゃ", "カブシキガイシャ", "カブシキカイシャ", "カ)", "(カ"),
    "有限会社": ("特例有限会社", "有限会社", "(有)", "ゆうげんがいしゃ", "ユウゲンガイシャ", "ユ)", "(ユ"),
    "合同会社": ("合同会社", "(同)", "(合)", "ごうどうがいしゃ", "ゴウドウガイシャ", "ド)", "(ド"),
    "合資会社": ("合資会社", "(資)", "シ)", "(シ"),
    "合名会社": ("合名会社", "(名)", "メ)", "(メ"),
    "相互会社": ("相互会社", "(相)"),
    "一般社団法人": ("一般社団法人", "(一社)"),
    "公益社団法人": ("公益社団法人", "(公社)"),
    "一般財団法人": ("一般財団法人", "(一財)"),
    "公益財団法人": ("公益財団法人", "(公財)"),
    "特定非営利活動法人": ("特定非営利活動法人", "認定npo法人", "npo法人", "(特非)", "(npo)"),
    "医療法人": ("医療法人社団", "医療法人財団", "社会医療法人", "医療法人", "(医)"),
    "社会福祉法人": ("社会福祉法人", "(福)", "(社福)"),
    "学校法人": ("学校法人", "(学)"),
    "宗教法人": ("宗教法人", "(宗)"),
    "弁護士法人": ("弁護士法人",),
    "司法書士法人": ("司法書士法人",),
    "税理士法人": ("税理士法人",),
    "行政書士法人": ("行政書士法人",),
    "独立行政法人": ("独立行政法人",),
}
_WRITTEN: Final = {written: form for form, ways in _FORMS.items() for written in ways}
_FORM: Final = re.compile("|".join(re.escape(written) for written in sorted(_WRITTEN, key=len, reverse=True)))
_FORM_AT_EDGE: Final = re.compile(rf"^(?:{_FORM.pattern})|(?:{_FORM.pattern})$")
#: Foreign forms stand at the end; they are dropped, and mean no Japanese form.
_FOREIGN_FORM: Final = re.compile(
    r"(?:[\s,]+|(?<=[^a-z]))(?:kabushiki\s*(?:kaisha|gaisha)|godo\s*(?:kaisha|gaisha)|(?:co|company)[.,\s]*(?:ltd|limited)|inc|incorporated|"
    r"corporation|corp|company|limited|ltd|llc|k\.?\s?k|g\.?k|gmbh|pte|plc|s\.a|b\.v)\.?$"
)
_LEADING_FOREIGN: Final = re.compile(r"^(?:kabushiki\s*(?:kaisha|gaisha)|godo\s*(?:kaisha|gaisha)|k\.k\.?)\s+")
_HONORIFIC: Final = re.compile(r"(?<=.{2})(?:御中|さま|さん|様|殿)$")
_NOTE: Final = re.compile(r"[(\[〔【〈《「『][^)\]〕】〉》」』]*[)\]〕】〉》」』]")
_BRACKETS: Final = re.compile(r"[()\[\]〔〕【】〈〉《》「」『』]")
_UNCERTAIN: Final = re.compile(r"(?:という|と名乗る|と名のる|とかいう|らしき|のような)(?:会社|業者|店|ところ|名前)?$|[?!…]+$")
_SIGNS: Final = re.compile(r"[^\wー々〆]+|_+")
_REPEAT: Final = re.compile("(.)々")
_KANJI: Final = re.compile("[一-鿿㐀-䶿豈-﫿\U00020000-\U0003ffff〆]")
_LATIN: Final = re.compile("[a-z]+")
_KATAKANA: Final = re.compile("[ァ-ヴー]+")
_PLACES: Final = (
    "北海道|青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|東京|神奈川|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|京都|大阪|"
    "兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄|札幌|仙台|サイタマ|横浜|川崎|相模原|"
    "浜松|名古屋|堺|神戸|北九州|東北|関東|北陸|中部|東海|近畿|関西|中国|四国|九州|首都圏|東日本|西日本"
)
#: Which desk or branch was reached: said on the telephone, seldom a part of the registered name. Kana as in a core.
_DEPARTMENT: Final = re.compile(
    r"(?<=.{2})(?:(?:カスタマー|コール|サポート|サービス|オキャクサマ|オ客様|オ客サマ)(?:センター|窓口|相談室|相談窓口)|オ?問イ合ワセ窓口|窓口|事務局|本社|本店|本部|"
    rf"東日本|西日本|(?:{_PLACES})?(?:支店|営業所|支社|出張所))$"
)
#: Old and variant characters → the common ones. Traders' names are often registered with the old one and typed with the new.
_OLD: Final = str.maketrans(
    "澤髙﨑𠮷濵濱邊邉德廣櫻國黑龍瀧嶋嶌冨榮眞惠藏萬縣學會體實寶圓應假價畫繪樂關觀氣鑛濟劑齊齋斎參辭澁燒將條疊數聲專淺戰錢總對單團鐵傳嶽變豐發"
    "佛滿彌藥與譽來亂兩綠禮靈戀爐勞灣壽淨莊壯靜島淵渕檜桧籠篭竈舘館峯峰埜野",
    "沢高崎吉浜浜辺辺徳広桜国黒竜滝島島富栄真恵蔵万県学会体実宝円応仮価画絵楽関観気鉱済剤斉斉斉参辞渋焼将条畳数声専浅戦銭総対単団鉄伝岳変豊発"
    "仏満弥薬与誉来乱両緑礼霊恋炉労湾寿浄荘壮静島淵淵桧桧篭篭釜館館峰峰野野",
)


@dataclass(frozen=True, slots=True)
class TraderName:
    """One name, ready to be compared.

    `core` is the written name without legal form, signs, widths and old characters, hiragana as katakana, letters in
    lower case. `readings` are its folded readings in katakana, the best known one first; none for an empty name.
    """

    form: str
    core: str
    readings: tuple[str, ...]

    @property
    def skeletons(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(skeleton(one) for one in self.readings))


def read_name(text: str, *, kana: str = "", guess_reading: bool = True) -> TraderName:
    """Take a trader's name apart.

    :param kana: the official or typed reading, when there is one; it goes before a guessed one.
    :param guess_reading: ask the dictionary for the reading of kanji. False where only spelling matters: a guess costs
        ten times as much as everything else.
    """
    form, name = _take_apart(text)
    core = _joined(name)
    found: list[str] = []
    if kana:
        found.append(fold_reading(to_katakana(fold_for_search(kana))))
    if name and (guess_reading or is_kana(core)):
        found.append(_spoken(name))
    return TraderName(form, core, tuple(dict.fromkeys(one for one in found if one)))


def core_of(text: str) -> tuple[str, str]:
    """Legal form and core of a written name; both may be empty."""
    form, name = _take_apart(text)
    return form, _joined(name)


def _take_apart(text: str) -> tuple[str, str]:
    """Legal form, and the folded rest with single blanks for its signs."""
    name = fold_for_search(text).replace("\n", " ")
    name = _LEADING_FOREIGN.sub("", _UNCERTAIN.sub("", name).strip())
    form = ""
    while True:
        found = _FORM_AT_EDGE.search(name)
        if found is None or len(found.group()) == len(name):
            break
        form = form or _WRITTEN[found.group()]
        name = (name[: found.start()] + name[found.end() :]).strip(" ・-,")
    name = _FOREIGN_FORM.sub("", name) or name
    outside = _NOTE.sub("", name).strip()
    name = outside or _BRACKETS.sub("", name)
    # A note in brackets may have hidden the form: 「見本(株)（聞き取り）」.
    found = _FORM_AT_EDGE.search(name)
    if found is not None and len(found.group()) < len(name):
        form = form or _WRITTEN[found.group()]
        name = name[: found.start()] + name[found.end() :]
    name = _HONORIFIC.sub("", name.strip()).translate(_OLD)
    return form, _SIGNS.sub(" ", name).strip()


def _joined(name: str) -> str:
    return to_katakana(_REPEAT.sub(r"\1\1", name.replace(" ", ""))).replace("ヶ", "ケ")


def strip_department(core: str) -> str | None:
    """The core without the desk that a consumer reached (カスタマーセンター, 西日本, 東京支店), or None when there is none."""
    shorter = _DEPARTMENT.sub("", core)
    return shorter if shorter != core and len(shorter) >= 2 else None


def has_kanji(core: str) -> bool:
    return _KANJI.search(core) is not None


def is_kana(core: str) -> bool:
    """True when the core is spoken as it is written: there is nothing that letters or kanji could tell beside."""
    return not has_kanji(core) and _LATIN.search(core) is None


def _spoken(name: str) -> str:
    """The folded reading of a name: kanji by the dictionary, latin words by the dictionary, as romaji, or by letters."""
    kana = to_katakana(reading(name)) if has_kanji(name) else to_katakana(name)
    return fold_reading(_LATIN.sub(lambda found: _latin(found.group()), kana.lower()))


def _latin(word: str) -> str:
    if len(word) > 2:
        known = list(morphemes(word))
        if len(known) == 1 and _KATAKANA.fullmatch(known[0].reading_form()):
            return known[0].reading_form()
    return romaji_to_kana(word) or spell(word)


def best(readings: Sequence[str]) -> str:
    """The reading that is shown and stored; empty when none is known."""
    return readings[0] if readings else ""
