"""The questionnaire of the web form: what each answer may be, and what of it is no personal data.

Answers are a flat dict of JSON values. Days are ISO texts or `unknown`, amounts whole yen or `unknown`; an absent or
empty answer is "not given". The same rules hold for the portal's form, for the API and for what a draft became.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from caasis.channels.vocabulary import (
    EXCEPTIONS,
    HOW,
    MONEY_MOVING,
    PAID,
    QUIET,
    REPLY_BY,
    SALES_FORM_OF_HOW,
    TOPICS,
    UNKNOWN,
    WHO,
    YES_NO,
    codes,
)
from caasis.engines.japanese import MAX_YEN, normalise_phone, normalise_text, parse_japanese_date, parse_yen
from caasis.kernel.terms import Term

Answers = dict[str, Any]
Errors = dict[str, list[str]]

STORY_LIMIT = 4000
WISH_LIMIT = 1000
LINE_LIMIT = 200
NOTE_LIMIT = 300
MAX_AGE = 130

LABELS = {
    "topic": "いちばん近い困りごと",
    "injury": "けがや体の不調",
    "money_moving": "お金の予定",
    "who": "どなたのことか",
    "story": "できごと",
    "wish": "どうなったらよいか",
    "how": "契約のしかた",
    "product": "品物・サービス",
    "business": "相手の名前",
    "contracted_on": "契約した日",
    "document": "契約の書類",
    "document_on": "書類を受け取った日",
    "exceptions": "あてはまること",
    "amount": "契約の金額",
    "paid": "支払い",
    "name": "お名前",
    "kana": "ふりがな",
    "age": "年齢",
    "postcode": "郵便番号",
    "prefecture": "都道府県",
    "reply_by": "お返事の方法",
    "phone": "電話番号",
    "mail": "メールアドレス",
    "quiet": "連絡で気をつけること",
    "contact_note": "連絡について",
    "faq_number": "記事番号",
}

_FAQ_NUMBER = re.compile(r"[A-Z]-?[0-9]{1,6}")
_MAIL = re.compile(r"[^@\s<>,;\"()\[\]\\]+@[^@\s<>,;\"()\[\]\\.]+(\.[^@\s<>,;\"()\[\]\\.]+)+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class _Wrong(ValueError):
    """An answer that can't be taken; the text is the sentence for the person."""


def clean_answers(raw: Mapping[str, Any], *, today: date, complete: bool = True) -> tuple[Answers, Errors]:
    """Answers as they are kept, and a sentence for each that can't be taken. Unknown names are dropped.

    Tolerant of width, eras and 「3万8千円」. With `complete` what the form requires must be there; without it (a draft)
    only what was given is judged.
    """
    answers: Answers = {}
    errors: Errors = {}
    for name, clean in _CLEANERS.items():
        given = raw.get(name)
        if given in (None, "", []):
            continue
        try:
            answers[name] = clean(name, given, today)
        except _Wrong as wrong:
            errors[name] = [str(wrong)]
    _agree(answers, errors)
    if complete:
        _require(answers, errors)
    return answers, errors


def _agree(answers: Answers, errors: Errors) -> None:
    """Answers that contradict each other."""
    contracted, received = answers.get("contracted_on"), answers.get("document_on")
    ticked = answers.get("exceptions", [])
    if len(ticked) > 1 and {"none", UNKNOWN} & set(ticked):
        errors["exceptions"] = ["「あてはまらない」「わからない」は、それだけを選んでください。"]
    if answers.get("document") in ("no", UNKNOWN) and received not in (None, UNKNOWN):
        errors["document_on"] = ["書類を受け取った日は、書類が「はい」のときだけ入力してください。"]
    days = [date.fromisoformat(day) for day in (contracted, received) if isinstance(day, str) and day != UNKNOWN]
    # A document may come before the contract (概要書面) or after it, but hardly by ten years: a slip of the year.
    if len(days) == 2 and abs((days[1] - days[0]).days) > 3660:
        errors["document_on"] = ["書類を受け取った日の年を、確かめてください。"]


def _require(answers: Answers, errors: Errors) -> None:
    def need(name: str, sentence: str) -> None:
        if name not in answers and name not in errors:
            errors[name] = [sentence]

    for name in ("topic", "injury", "money_moving", "who"):
        need(name, f"{LABELS[name]}を選んでください。")
    need("story", "できごとを入力してください。ひとことでもかまいません。")
    need("how", "契約のしかたを選んでください。")
    if answers.get("how") not in (None, "none"):
        need("contracted_on", "契約した日を入力するか「わからない」を選んでください。")
        need("amount", "金額を入力するか「わからない」を選んでください。")
    need("reply_by", "お返事の方法を選んでください。")
    if answers.get("reply_by") == "phone":
        need("phone", "電話番号を入力してください。電話でお返事するために使います。")
    if answers.get("reply_by") == "mail":
        need("mail", "メールアドレスを入力してください。お返事に使います。")


# --- one answer each ----------------------------------------------------------------------------------------------


def clean_text(text: str) -> str:
    """Text as it is kept: one kind of line end, no control characters, no lone surrogates; otherwise as typed.

    Width stays as typed: a consumer's words are evidence.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    return "".join(c for c in text if not 0xD800 <= ord(c) <= 0xDFFF).strip()


def _text(limit: int) -> Callable[[str, Any, date], str]:
    def clean(name: str, given: Any, today: date) -> str:
        if not isinstance(given, str):
            raise _Wrong(f"{LABELS[name]}は文字で入力してください。")
        text = clean_text(given)
        if len(text) > limit:
            raise _Wrong(f"{LABELS[name]}は{limit:,}字までです。いまは{len(text):,}字です。")
        return text

    return clean


def _line(limit: int = LINE_LIMIT) -> Callable[[str, Any, date], str]:
    text = _text(limit)

    def clean(name: str, given: Any, today: date) -> str:
        return " ".join(text(name, given, today).split("\n"))

    return clean


def _code(terms: tuple[Term, ...]) -> Callable[[str, Any, date], str]:
    known = codes(terms)

    def clean(name: str, given: Any, today: date) -> str:
        if not isinstance(given, str) or given not in known:
            raise _Wrong(f"{LABELS[name]}を、一覧から選びなおしてください。")
        return given

    return clean


def _codes(terms: tuple[Term, ...]) -> Callable[[str, Any, date], list[str]]:
    known = [term.code for term in terms]

    def clean(name: str, given: Any, today: date) -> list[str]:
        items = [given] if isinstance(given, str) else given
        if not isinstance(items, list | tuple) or any(item not in known for item in items):
            raise _Wrong(f"{LABELS[name]}を、一覧から選びなおしてください。")
        return [code for code in known if code in items]

    return clean


def _day(name: str, given: Any, today: date) -> str:
    if given == UNKNOWN:
        return UNKNOWN
    day = given if isinstance(given, date) else parse_japanese_date(str(given)[:40], today)
    if day is None:
        raise _Wrong(f"{LABELS[name]}を、2026年11月3日のように入力してください。")
    if day > today:
        raise _Wrong("きょうか、きょうより前の日を入力してください。")
    if day.year < 1950:
        raise _Wrong(f"{LABELS[name]}の年を確かめてください。")
    return day.isoformat()


def _yen(name: str, given: Any, today: date) -> int | str:
    if given == UNKNOWN:
        return UNKNOWN
    amount = given if isinstance(given, int) and not isinstance(given, bool) else parse_yen(str(given)[:40])
    if amount is None or not 0 <= amount <= MAX_YEN:
        raise _Wrong("金額を、148万や1,480,000のように入力してください。")
    return amount


def _age(name: str, given: Any, today: date) -> int:
    text = normalise_text(str(given)[:12]).removesuffix("歳").removesuffix("才").strip()
    if not (text.isascii() and text.isdecimal()) or int(text) > MAX_AGE:
        raise _Wrong(f"年齢を、0から{MAX_AGE}までの数字で入力してください。")
    return int(text)


def _postcode(name: str, given: Any, today: date) -> str:
    text = re.sub(r"[〒\s-]", "", normalise_text(str(given)[:20]))
    if not re.fullmatch(r"[0-9]{7}", text):
        raise _Wrong("郵便番号は7けたの数字で入力してください。")
    return text


def _prefecture(name: str, given: Any, today: date) -> str:
    text = str(given)
    if not re.fullmatch(r"0[1-9]|[1-3][0-9]|4[0-7]", text):
        raise _Wrong("都道府県を、一覧から選びなおしてください。")
    return text


def _phone(name: str, given: Any, today: date) -> str:
    number = normalise_phone(str(given)[:60])
    if number is None:
        raise _Wrong("電話番号を、市外局番から入力してください。")
    return number


def _mail(name: str, given: Any, today: date) -> str:
    text = normalise_text(str(given)[:300]).replace(" ", "")
    if len(text) > 254 or not _MAIL.fullmatch(text):
        raise _Wrong("メールアドレスの形を確かめてください。例：name@example.jp")
    return text


def clean_faq_number(given: Any) -> str:
    """An article number as it is kept (`F-1042`), or an empty text: a wrong one must not stop a consultation."""
    text = normalise_text(str(given or "")[:20]).upper().replace(" ", "")
    if not _FAQ_NUMBER.fullmatch(text):
        return ""
    return text if "-" in text else f"{text[0]}-{text[1:]}"


def _faq(name: str, given: Any, today: date) -> str:
    return clean_faq_number(given)


_CLEANERS: dict[str, Callable[[str, Any, date], Any]] = {
    "topic": _code(TOPICS),
    "injury": _code(YES_NO),
    "money_moving": _code(MONEY_MOVING),
    "who": _code(WHO),
    "story": _text(STORY_LIMIT),
    "wish": _text(WISH_LIMIT),
    "how": _code(HOW),
    "product": _line(),
    "business": _line(),
    "contracted_on": _day,
    "document": _code(YES_NO),
    "document_on": _day,
    "exceptions": _codes(EXCEPTIONS),
    "amount": _yen,
    "paid": _code(PAID),
    "name": _line(60),
    "kana": _line(60),
    "age": _age,
    "postcode": _postcode,
    "prefecture": _prefecture,
    "reply_by": _code(REPLY_BY),
    "phone": _phone,
    "mail": _mail,
    "quiet": _codes(QUIET),
    "contact_note": _text(NOTE_LIMIT),
    "faq_number": _faq,
}

#: Every answer that is kept.
NAMES = tuple(_CLEANERS)
#: Coded answers that say nothing about who it is; they stand in clear in `Contact.facts`.
_CLEAR = ("topic", "injury", "money_moving", "who", "how", "contracted_on", "document", "document_on", "exceptions", "paid")


def facts_from_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without personal data: codes, days and the amount, and the sales form that `how` stands for."""
    facts = {name: answers[name] for name in (*_CLEAR, "amount", "prefecture", "reply_by") if name in answers}
    facts["sales_form"] = SALES_FORM_OF_HOW.get(answers.get("how", ""), UNKNOWN)
    return facts
