"""Dates as people write them, and as screens show them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from caasis.engines.japanese.text import normalise_text

WEEKDAYS = "月火水木金土日"
"""One character for each `date.weekday()`."""

# First day of each era (元号). The last day is not checked: forms printed before a change of era stay in use
# (「平成32年」), and there is only one way to read them.
_ERAS: dict[str, tuple[int, date]] = {
    "明治": (1868, date(1868, 1, 25)),
    "大正": (1912, date(1912, 7, 30)),
    "昭和": (1926, date(1926, 12, 25)),
    "平成": (1989, date(1989, 1, 8)),
    "令和": (2019, date(2019, 5, 1)),
}
_ERA_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_WORDS = {"今日": 0, "きょう": 0, "本日": 0, "昨日": 1, "きのう": 1, "一昨日": 2, "おととい": 2}

_WEEKDAY = re.compile(r"\(?[月火水木金土日](?:曜日?)?\)?$")
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十]+(?=[年月日])")
_KANJI_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
_DAYS_AGO = re.compile(r"([0-9]{1,4})日前")
_ERA_DATE = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHRmtshr])\.?(元|[0-9]{1,2})(?:年|[./-])([0-9]{1,2})(?:月|[./-])([0-9]{1,2})日?"
)
_WESTERN = re.compile(r"(?:西暦)?([0-9]{4})(?:年|[./-])([0-9]{1,2})(?:月|[./-])([0-9]{1,2})日?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH_DAY = re.compile(r"([0-9]{1,2})(?:月|[./-])([0-9]{1,2})日?")


def parse_japanese_date(text: str, today: date) -> date | None:
    """Return the day that `text` names, or None when it names none.

    Understands 2026年11月3日, 2026/11/3, 20261103, 令和8年11月3日, R8.11.3, 11月3日, 十一月三日, 11/3（火）, 今日, 昨日 and 3日前, in any
    width. A date without a year is the latest such day not after `today`: consultations tell what has happened.
    """
    compact = normalise_text(text).replace(" ", "")
    if compact in _WORDS:
        return today - timedelta(days=_WORDS[compact])
    compact = _KANJI_NUMBER.sub(lambda match: _kanji_number(match.group()), compact)
    if ago := _DAYS_AGO.fullmatch(compact):
        return today - timedelta(days=int(ago[1]))
    if not re.search(r"[0-9]日$", compact):
        compact = _WEEKDAY.sub("", compact)
    if era := _ERA_DATE.fullmatch(compact):
        return _era_day(era[1], era[2], int(era[3]), int(era[4]))
    if western := _WESTERN.fullmatch(compact) or _COMPACT.fullmatch(compact):
        return _day(int(western[1]), int(western[2]), int(western[3]))
    if month_day := _MONTH_DAY.fullmatch(compact):
        return _latest(int(month_day[1]), int(month_day[2]), today)
    return None


def format_date_ja(day: date, *, with_year: bool = False) -> str:
    """Return e.g. 「11月21日（土）」, with the year in front when asked: 「2026年11月21日（土）」."""
    year = f"{day.year}年" if with_year else ""
    return f"{year}{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def format_date_near(day: date, today: date) -> str:
    """Return e.g. 「11月21日（土）」, with the year only where it is not this year's."""
    return format_date_ja(day, with_year=day.year != today.year)


def _kanji_number(kanji: str) -> str:
    """「二十三」→ 23, 「二〇二六」→ 2026, 「十」→ 10."""
    if "十" not in kanji:
        return kanji.translate(_KANJI_DIGITS)
    tens, _, ones = kanji.partition("十")
    return (tens.translate(_KANJI_DIGITS) or "1") + (ones.translate(_KANJI_DIGITS) or "0")


def _era_day(era: str, year: str, month: int, day: int) -> date | None:
    first_year, first_day = _ERAS[_ERA_LETTERS.get(era.upper(), era)]
    found = _day(first_year - 1 + (1 if year == "元" else int(year)), month, day)
    return found if found is not None and found >= first_day else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _latest(month: int, day: int, today: date) -> date | None:
    # Eight years back always holds a 29 February, also across a century without a leap day.
    for year in range(today.year, max(today.year - 9, 0), -1):
        found = _day(year, month, day)
        if found is not None and found <= today:
            return found
    return None
