"""The deadline clock of a card or a contact: one strip for the most urgent right, and every right in full below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from caasis.cases.rules.card import BY_NAME, Kind
from caasis.cases.rules.deadlines import RUNNING, assess_card
from caasis.engines.deadlines import (
    Assessment,
    Counts,
    DayTile,
    Status,
    Unknown,
    days_strip,
    name_of_right,
    status_words,
    strip_label,
)
from caasis.engines.deadlines import Kind as RightKind
from caasis.engines.japanese import WEEKDAYS, format_date_ja, format_date_near
from caasis.platform.lawfiles import current_law

#: As many questions as the pane shows without scrolling.
QUESTIONS = 3

_YES_NO = (("はい", "yes"), ("いいえ", "no"))
#: Question → words on the buttons and values, where they are no yes and no.
_ANSWERS = {
    "transaction_type": (
        ("訪問", "door_to_door"),
        ("電話", "telephone"),
        ("通販", "mail_order"),
        ("店", "shop"),
    ),
    "goods_or_right": (("商品", "yes"), ("サービス", "no")),
    "consumable_used": (("使っていない", "none"), ("一部", "some"), ("全部", "all")),
}
_TONES = {
    Status.OPEN: ("due", "schedule"),
    Status.LAST_DAY: ("due", "alarm"),
    Status.OPEN_NO_END: ("open", "lock_open"),
    Status.RETURN_POSSIBLE: ("due", "undo"),
    Status.NEEDS_ANSWER: ("ask", "help"),
    Status.EXPIRED: ("over", "history"),
    Status.EXCLUDED: ("over", "info"),
    Status.NONE: ("over", "info"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is not known yet, why it matters, and where the answer is typed.

    `answers` are (words, value) of buttons that fill the field; empty where only typing does.
    """

    text: str
    why: str
    field: str
    code: str = ""
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RightLine:
    """One right in full: what the status is, until when, why, what is still to ask, and what else may help."""

    code: str
    tone: str
    icon: str
    label: str
    second: bool
    """A second clock beside that of the sale: the credit company's."""
    status: str
    article: str
    deadline: str
    left: str
    counts: str
    safest: str
    reasons: tuple[str, ...]
    questions: tuple[Question, ...]
    grounds: tuple[tuple[str, str, bool], ...]
    """(text, article, verified)."""
    verified: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """What the strip shows. `tone` is one of due, calm, over, open."""

    tone: str
    title: str
    big: str = ""
    days: int | None = None
    due: str = ""
    tiles: tuple[DayTile, ...] = ()
    strip: str = ""
    why: str = ""
    unknown: str = ""
    verified: bool = True
    as_of: date | None = None
    others: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    questions: tuple[Question, ...] = field(default=())
    status: str = ""
    safest: str = ""
    rights: tuple[RightLine, ...] = ()
    letter: bool = False
    """Whether a notice can help: some right runs, or may."""


def clock_of_card(card: Mapping[str, Any], *, today: date) -> Clock:
    """The clock of a card's typed values."""
    return clock_of(assess_card(card, law=current_law(), today=today), today=today)


def clock_of(found: Sequence[Assessment], *, today: date) -> Clock:
    """The clock of assessments, the most urgent first."""
    main = found[0]
    tiles = days_strip(main, today) if main.status in RUNNING else ()
    tone, title, big, days, due = _face(main)
    return Clock(
        tone=tone,
        title=title,
        big=big,
        days=days,
        due=due,
        tiles=tiles,
        strip=strip_label(tiles),
        why=_why(main),
        unknown=main.unknown[0].question if main.unknown else "",
        verified=main.verified,
        as_of=main.as_of,
        others=tuple(_line(item) for item in found[1:] if item.status in RUNNING and item.right),
        grounds=_grounds(found),
        questions=questions_of(found),
        status=status_words(main) if main.right else "",
        safest=_safest(main, today),
        rights=tuple(_right(item, today) for item in found),
        letter=any(item.status in RUNNING and item.right for item in found),
    )


def _face(item: Assessment) -> tuple[str, str, str, int | None, str]:
    """tone, title, big words, days left, line under the title."""
    name = name_of_right(item)
    if item.status in (Status.OPEN, Status.LAST_DAY, Status.RETURN_POSSIBLE) and item.deadline is not None:
        how = "の発信まで" if item.counts is Counts.DISPATCH else "の到着まで"
        big = "今日まで" if item.days_left == 0 else ""
        return "due", f"{name}（{item.label}）", big, item.days_left or None, f"{_short(item.deadline)}{how}"
    if item.status is Status.OPEN_NO_END:
        return "open", f"{name}（{item.label}）", "", None, f"今からでも{name}できる可能性があります"
    if item.status is Status.RETURN_POSSIBLE:
        return "due", f"{name}（{item.label}）", "", None, "届く前でも返品の連絡ができることがあります"
    if item.status is Status.EXPIRED:
        day = f"{_short(item.deadline)}に" if item.deadline else ""
        return "over", f"{name}（{item.label}）", "", None, f"{day}期間が過ぎています。ほかの方法を確かめてください"
    if item.status is Status.EXCLUDED:
        return "over", f"{name}（{item.label}）", "", None, "対象外と思われます。理由を確かめてください"
    if item.status is Status.NEEDS_ANSWER and item.deadline is not None:
        return "due", f"{name}（{item.label}）", "", None, f"早ければ{_short(item.deadline)}まで。下の点を確かめてください"
    if item.status is Status.NEEDS_ANSWER and item.transaction_type:
        return "calm", f"{name}（{item.label}）", "", None, "期限を出すには、下の点を確かめてください"
    if item.transaction_type:
        return "calm", item.label, "", None, "法律で決まったクーリング・オフはありません"
    return "calm", "期限", "", None, "販売購入形態と日付を入れると計算します"


def _right(item: Assessment, today: date) -> RightLine:
    tone, icon = _TONES[item.status]
    return RightLine(
        code=item.right or item.transaction_type or "none",
        tone=tone,
        icon=icon,
        label=item.label,
        second=item.kind is RightKind.CREDIT_COOLING_OFF,
        status=status_words(item),
        article=item.article,
        deadline=format_date_near(item.deadline, today) if item.deadline else "",
        left=_left(item),
        counts=_until(item),
        safest=_safest(item, today),
        reasons=item.reasons,
        questions=tuple(_question(one, item) for one in item.unknown),
        grounds=tuple((ground.text, ground.article, ground.verified) for ground in item.other_grounds),
        verified=item.verified,
    )


def _until(item: Assessment) -> str:
    """What has to happen by the last day. That it is in time is said only where the right is certain."""
    if item.deadline is None or item.status not in RUNNING:
        return ""
    if item.counts is Counts.ARRIVAL:
        return "この日までに届く必要があります"
    return f"この日までに出せば間に合{'います' if item.certain else 'うことがあります'}"


def _left(item: Assessment) -> str:
    if item.days_left is None:
        return ""
    if item.days_left < 0:
        return f"{-item.days_left}日過ぎました"
    return f"あと{item.days_left}日" if item.days_left else "今日まで"


def _safest(item: Assessment, today: date) -> str:
    """The day by which acting is safe, in words; empty where it is the deadline itself or nothing can be done."""
    if item.safest_day is None or item.safest_day == item.deadline or item.status not in RUNNING or not item.right:
        return ""
    return "今日のうちに" if item.safest_day == today else f"{format_date_near(item.safest_day, today)}までに"


def _why(item: Assessment) -> str:
    """The first reason, with its article unless it names one itself."""
    reason = item.reasons[0].rstrip("。") if item.reasons and item.transaction_type else ""
    if item.day_one:
        # The strip has one line for it, and draws the days.
        for year in (True, False):
            reason = reason.replace(format_date_ja(item.day_one, with_year=year), _short(item.day_one))
    return reason if not item.article or item.article in reason else f"{reason}（{item.article}）"


def _short(day: date) -> str:
    return f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"


def _line(item: Assessment) -> str:
    if item.deadline is not None:
        left = "" if item.days_left is None else f"（あと{item.days_left}日）" if item.days_left else "（今日まで）"
        return f"{item.label}：{_short(item.deadline)}{left} {item.article}"
    if item.status is Status.OPEN_NO_END:
        return f"{item.label}：今からでもできる可能性があります {item.article}"
    return f"{item.label}：要確認 {item.article}"


def _grounds(found: Sequence[Assessment]) -> tuple[str, ...]:
    if not any(item.status in (Status.EXPIRED, Status.EXCLUDED) for item in found) or any(
        item.status in (Status.OPEN, Status.LAST_DAY) for item in found
    ):
        return ()
    lines = [f"{ground.text}（{ground.article}）" + ("" if ground.verified else "【要確認】") for item in found for ground in item.other_grounds]
    return tuple(dict.fromkeys(lines))[:3]


def _why_ask(one: Unknown, item: Assessment) -> str:
    if not item.transaction_type:
        return "期限は取引の種類で決まります"
    return f"{item.label}の期限が変わります" if one.decides else "期限のあとでも、できることがあります"


def questions_of(found: Sequence[Assessment]) -> tuple[Question, ...]:
    """What to ask next, each once, the deciding ones first."""
    unknown: dict[str, tuple[Unknown, Assessment]] = {}
    for item in found:
        for one in item.unknown:
            unknown.setdefault(one.code, (one, item))
    ordered = sorted(unknown.values(), key=lambda pair: not pair[0].decides)
    return tuple(_question(one, item) for one, item in ordered[:QUESTIONS])


def _question(one: Unknown, item: Assessment) -> Question:
    """The question with the field of the card that answers it: the one of the same name, where the card has it."""
    if one.code == "transaction_type":
        # Nobody has said how it was sold; or a type is only supposed, and ticking it in the card confirms it.
        name, answers = ("transaction_types", ()) if item.transaction_type else ("sales_form", _ANSWERS[one.code])
        return Question(one.question, _why_ask(one, item), name, one.code, answers)
    known = BY_NAME.get(one.code)
    if known is None:
        return Question(one.question, _why_ask(one, item), "", one.code)
    answers = _ANSWERS.get(one.code, _YES_NO if known.kind is Kind.MAYBE else ())
    return Question(one.question, _why_ask(one, item), one.code, one.code, answers)
