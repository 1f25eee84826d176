"""What a 見守り情報 may say. Third persons don't answer here, so as little as possible is asked about them.

The name and the address of the person are taken from members of the council alone. What somebody else sends under these
names is dropped, never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from caasis.channels.rules.questionnaire import clean_text
from caasis.channels.vocabulary import UNKNOWN, codes
from caasis.channels.watch_terms import ABOUT, AGE_BANDS, CONSENT, RELATIONS, SIGNS, URGENCY
from caasis.engines.japanese import normalise_phone, normalise_text, parse_japanese_date
from caasis.engines.masking import find_personal
from caasis.kernel.terms import Term

Answers = dict[str, Any]
Errors = dict[str, list[str]]

SEEN_LIMIT = 2000
LINE_LIMIT = 100
NAME_LIMIT = 60
#: How long a member's link holds at most. The product's own choice.
LONGEST_LINK = timedelta(days=2 * 366)

LABELS = {
    "signs": "気づいたこと",
    "seen": "見たこと・聞いたこと",
    "seen_on": "気づいた日",
    "prefecture": "都道府県",
    "area": "市区町村・町の名前",
    "about": "どのような方か",
    "age_band": "およその年齢",
    "consent": "ご本人が知っているか",
    "urgency": "急ぐかどうか",
    "relation": "あなたとの間がら",
    "reporter_name": "あなたのお名前",
    "reporter_phone": "あなたの電話番号",
    "person_name": "ご本人のお名前",
    "person_address": "ご本人の住所",
}
CODED: dict[str, tuple[Term, ...]] = {
    "about": ABOUT,
    "age_band": AGE_BANDS,
    "consent": CONSENT,
    "urgency": URGENCY,
    "relation": RELATIONS,
}
_EVERYBODY = ("signs", "seen", "seen_on", "prefecture", "area", "about", "age_band", "consent", "urgency")
#: What a member is asked, and what everybody else is.
MEMBER_NAMES = (*_EVERYBODY, "person_name", "person_address")
OPEN_NAMES = (*_EVERYBODY, "relation", "reporter_name", "reporter_phone")
_REQUIRED = ("signs", "seen", "consent", "urgency")
_PICKED = frozenset(CODED) | {"signs", "prefecture"}


class _Wrong(ValueError):
    """An answer that can't be taken; the text is the sentence for the person."""


def clean_report(raw: Mapping[str, Any], *, member: bool, today: date) -> tuple[Answers, Errors]:
    """Answers as they are kept, and a sentence for each that can't be taken. What isn't asked is dropped."""
    answers: Answers = {}
    errors: Errors = {}
    for name in MEMBER_NAMES if member else OPEN_NAMES:
        given = raw.get(name)
        if given in (None, "", []):
            continue
        try:
            value = _CLEANERS[name](name, given, today)
        except _Wrong as wrong:
            errors[name] = [str(wrong)]
        else:
            if value not in ("", []):
                answers[name] = value
    needed = _REQUIRED if member else (*_REQUIRED, "prefecture")
    for name in needed:
        if name not in answers and name not in errors:
            errors[name] = [f"{LABELS[name]}を{'選んで' if name in _PICKED else '書いて'}ください。"]
    return answers, errors


def personal_in(answers: Mapping[str, Any]) -> list[str]:
    """What looks like a name, a number or an address in the words of somebody who was asked to leave them out.

    Only for pointing it out before it is sent: what was written stays, for the finder errs.
    """
    found: list[str] = []
    for name in ("seen", "area"):
        text = str(answers.get(name, ""))
        for span in find_personal(text, read_names=True):
            words = " ".join(text[span.start : span.end].split())
            if words and words not in found:
                found.append(words)
    return found[:10]


def report_facts(answers: Mapping[str, Any], *, member: bool) -> dict[str, Any]:
    """What of a report says nothing of anybody: it stands in clear beside the contact."""
    facts = {name: answers[name] for name in ("signs", "consent", "urgency", "prefecture") if name in answers}
    return {"watch": True, "by_member": member, **facts}


# --- one answer each ----------------------------------------------------------------------------------------------


def _text(limit: int) -> Callable[[str, Any, date], str]:
    def clean(name: str, given: Any, today: date) -> str:
        if not isinstance(given, str):
            raise _Wrong(f"{LABELS[name]}は文字で入力してください。")
        text = clean_text(given)
        if len(text) > limit:
            raise _Wrong(f"{LABELS[name]}は{limit:,}字までです。いまは{len(text):,}字です。")
        return text

    return clean


def _line(limit: int) -> Callable[[str, Any, date], str]:
    text = _text(limit)

    def clean(name: str, given: Any, today: date) -> str:
        return " ".join(text(name, given, today).split())

    return clean


def _code(name: str, given: Any, today: date) -> str:
    if not isinstance(given, str) or given not in codes(CODED[name]):
        raise _Wrong(f"{LABELS[name]}を、一覧から選びなおしてください。")
    return given


def _signs(name: str, given: Any, today: date) -> list[str]:
    items = [given] if isinstance(given, str) else given
    known = [term.code for term in SIGNS]
    if not isinstance(items, list | tuple) or any(item not in known for item in items):
        raise _Wrong(f"{LABELS[name]}を、一覧から選びなおしてください。")
    return [code for code in known if code in items]


def _day(name: str, given: Any, today: date) -> str:
    if given == UNKNOWN:
        return UNKNOWN
    day = given if isinstance(given, date) else parse_japanese_date(str(given)[:40], today)
    if day is None:
        raise _Wrong(f"{LABELS[name]}を、2026年11月3日のように入力してください。")
    if day > today:
        raise _Wrong("きょうか、きょうより前の日を入力してください。")
    if day.year < today.year - 20:
        raise _Wrong(f"{LABELS[name]}の年を確かめてください。")
    return day.isoformat()


def _prefecture(name: str, given: Any, today: date) -> str:
    text = str(given)
    if not (len(text) == 2 and text.isascii() and text.isdecimal() and 1 <= int(text) <= 47):
        raise _Wrong("都道府県を、一覧から選びなおしてください。")
    return text


def _phone(name: str, given: Any, today: date) -> str:
    number = normalise_phone(normalise_text(str(given)[:60]))
    if number is None:
        raise _Wrong("電話番号を、市外局番から入力してください。")
    return number


_CLEANERS: dict[str, Callable[[str, Any, date], Any]] = {
    "signs": _signs,
    "seen": _text(SEEN_LIMIT),
    "seen_on": _day,
    "prefecture": _prefecture,
    "area": _line(LINE_LIMIT),
    "about": _code,
    "age_band": _code,
    "consent": _code,
    "urgency": _code,
    "relation": _code,
    "reporter_name": _line(NAME_LIMIT),
    "reporter_phone": _phone,
    "person_name": _line(NAME_LIMIT),
    "person_address": _line(200),
}
