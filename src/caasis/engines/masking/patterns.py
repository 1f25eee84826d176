"""Personal data that shows by its form: numbers, addresses, mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from caasis.engines.japanese import normalise_phone


class PersonalKind(StrEnum):
    """Kinds of personal data, with the word that stands for each in masked text."""

    PHONE = "phone"
    MAIL = "mail"
    POSTCODE = "postcode"
    ADDRESS = "address"
    CARD = "card"
    ACCOUNT = "account"
    MY_NUMBER = "my_number"
    NAME = "name"


@dataclass(frozen=True)
class Found:
    """A hit in the folded text. `identity` is the value by which an allowed one is recognised."""

    start: int
    end: int
    kind: PersonalKind
    reason: str
    identity: str


KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")

# Between the digits of a number people put hyphens, dots, blanks, brackets, and 「の」 when they speak.
_GAP = r"[-. ()/の]{0,3}"
_PHONE = re.compile(rf"(?<![0-9])(?<![0-9]-)\(?(?:\+?81|0081|0)(?:{_GAP}[0-9]){{8,13}}")
_LOCAL_PHONE = re.compile(r"(?:電話番号|電話|携帯|TEL|Tel|tel)[^0-9\n]{0,5}([0-9]{2,4}-[0-9]{4})(?![0-9-])")
_AT = re.compile(r" ?(?:@|アットマーク|\(at\)|\[at\]) ?")
_LOCAL_PART = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-")
_LONGEST_LOCAL_PART = 64
_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(?: ?(?:\.|ドット) ?[A-Za-z0-9-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![0-9])(?<![0-9]-)[2-6](?:[ -]?[0-9]){12,18}(?![0-9])")
_ACCOUNT = re.compile(
    r"(?:普通|当座|貯蓄|口座)(?:預金|口座)?(?:番号)?[^0-9\n]{0,6}([0-9]{3}-?[0-9]{3,5})(?![0-9-])"
    r"|記号[^0-9\n]{0,3}([0-9]{5}[^0-9\n]{0,6}[0-9]{1,8})(?![0-9])"
)
_MY_NUMBER = re.compile(r"(?:マイナンバー|個人番号)[^0-9\n]{0,6}([0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4})(?![0-9])")

_PREFECTURES = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|新潟県|富山県|石川県|福井県|"
    "山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|兵庫県|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|"
    "香川県|愛媛県|高知県|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
_KANJI = "一-龥々ヶケ"
_NUMBER = "[0-9〇一二三四五六七八九十百]{1,5}"
_BLOCK_ANCHOR = re.compile(rf"{_NUMBER}(?:丁目|番|-[0-9])")
# Longest stretch before the block number (prefecture, municipality, town) and after it (number, building, room).
_ADDRESS_REACH = 60
# Regional names with 県 that are no prefecture occur in examples and demonstrations.
_MUNICIPALITY = rf"(?:(?:{_PREFECTURES}|[{_KANJI}]{{1,4}}県) ?)?(?:(?:[{_KANJI}ァ-ヴー]{{1,7}}|[ぁ-ん]{{2,6}})[市区町村郡] ?){{1,3}}"
_PREFECTURE_ONLY = rf"(?:{_PREFECTURES}) ?"
_TOWN = rf"[{_KANJI}ァ-ヴーぁ-ん]{{0,12}}?"
_BLOCK = (
    rf"{_NUMBER}丁目(?: ?{_NUMBER}(?:番地|番|-)?(?:の|-)?(?:{_NUMBER}号?)?(?:-[0-9]+)?)?"
    rf"|{_NUMBER}番地?(?:(?:の|-)?{_NUMBER}号?)?"
    r"|[0-9]+(?:-[0-9]+){1,3}"
)
_BUILDING = (
    r"(?: ?[^\s、。,0-9「」]{0,15}?(?:マンション|アパート|ハイツ|ハイム|コーポ|メゾン|レジデンス|タワー|団地|ビル|荘)"
    r"[^\s、。,「」]{0,10}?[0-9]{1,4}(?:号室|号|室)?| ?[0-9]{1,4}号室)?"
)
_ADDRESS = re.compile(rf"(?:{_MUNICIPALITY}|{_PREFECTURE_ONLY}){_TOWN}(?:{_BLOCK}){_BUILDING}")
_TOWN_BLOCK = re.compile(
    rf"(?:[{_KANJI}ァ-ヴー]{{1,8}}|[ぁ-ん]{{1,6}}[町字])(?:{_NUMBER}丁目|{_NUMBER}番地)(?: ?{_NUMBER}(?:番地|番|-)?(?:{_NUMBER}号?)?)?{_BUILDING}"
)
_POSTCODE = re.compile(r"〒 ?[0-9]{3}-?[0-9]{4}(?![0-9-])|(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])")
_POSTCODE_CUE = re.compile(r"郵便番号[^0-9\n]{0,4}$")
_ADDRESS_CUE = re.compile(rf" {{0,2}}\n?(?:{_PREFECTURES}|[{_KANJI}]{{1,7}}[市区町村郡県])")


def passes_luhn(digits: str) -> bool:
    """Whether a card number's check digit is right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def find_by_form(text: str) -> Iterator[Found]:
    """Yield everything in a folded text that has the form of personal data. Hits may overlap."""
    digits = text.translate(KANJI_DIGITS)
    for match in _CARD.finditer(digits):
        number = _digits(match.group())
        if passes_luhn(number):
            yield Found(match.start(), match.end(), PersonalKind.CARD, "カード番号の形で、検査数字が合う", number)
    yield from _phones(digits)
    yield from _mails(text)
    for match in _ACCOUNT.finditer(digits):
        group = 1 if match[1] else 2
        yield Found(match.start(group), match.end(group), PersonalKind.ACCOUNT, "口座番号の形", _digits(match[group]))
    for match in _MY_NUMBER.finditer(digits):
        yield Found(match.start(1), match.end(1), PersonalKind.MY_NUMBER, "個人番号の形", _digits(match[1]))
    for match in _POSTCODE.finditer(digits):
        cued = match.group().startswith("〒") or _POSTCODE_CUE.search(text[: match.start()])
        if cued or _ADDRESS_CUE.match(text, match.end()):
            yield Found(match.start(), match.end(), PersonalKind.POSTCODE, "郵便番号の形", _digits(match.group()))
    yield from _addresses(text)


def _phones(digits: str) -> Iterator[Found]:
    position = 0
    while match := _PHONE.search(digits, position):
        position = match.end()
        # The widest hit may have swallowed the number that follows, so the longest complete number in it counts.
        for end in range(match.end(), match.start() + 9, -1):
            inside_a_number = end < len(digits) and digits[end].isdigit()
            if inside_a_number or not digits[end - 1].isdigit():
                continue
            number = normalise_phone(digits[match.start() : end].replace("の", "-"))
            if number is not None:
                yield Found(match.start(), end, PersonalKind.PHONE, "電話番号の形", number)
                position = end
                break
        else:
            position = match.start() + 1
    for match in _LOCAL_PHONE.finditer(digits):
        yield Found(match.start(1), match.end(1), PersonalKind.PHONE, "「電話」の後の番号", _digits(match[1]))


def _mails(text: str) -> Iterator[Found]:
    # Searched from the at sign outwards: a pattern that starts at the local part needs quadratic time on a long word.
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        start = at.start()
        while start > max(0, at.start() - _LONGEST_LOCAL_PART) and text[start - 1] in _LOCAL_PART:
            start -= 1
        if domain and start < at.start():
            yield Found(
                start, domain.end(), PersonalKind.MAIL, "メールアドレスの形", text[start : domain.end()].lower()
            )


def _addresses(text: str) -> Iterator[Found]:
    # Only the surroundings of a block number are searched, so that a long text without one costs nothing.
    covered = 0
    for anchor in _BLOCK_ANCHOR.finditer(text):
        if anchor.start() < covered:
            continue
        window = (max(covered, anchor.start() - _ADDRESS_REACH), anchor.end() + _ADDRESS_REACH)
        for match in chain(_ADDRESS.finditer(text, *window), _TOWN_BLOCK.finditer(text, *window)):
            covered = max(covered, match.end())
            yield Found(match.start(), match.end(), PersonalKind.ADDRESS, "町名と番地がある", match.group())


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
