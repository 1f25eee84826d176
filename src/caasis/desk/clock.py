"""The deadline clock of a card or a contact: one strip for the most urgent right, a line for each other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from caasis.cases.rules.deadlines import RUNNING, assess_card
from caasis.engines.deadlines import Assessment, Counts, DayTile, Status, Unknown, days_strip, strip_label
from caasis.engines.japanese import WEEKDAYS
from caasis.platform.lawfiles import current_law

#: Question of the engine → field of the card in which its answer belongs.
FIELD_OF_QUESTION = {
    "transaction_type": "sales_form",
    "contract_document_received": "contract_document_on",
    "contract_document_on": "contract_document_on",
    "application_document_received": "application_document_on",
    "application_document_on": "application_document_on",
    "credit_document_received": "credit_document_on",
    "credit_document_on": "credit_document_on",
    "delivered": "delivered_on",
    "delivered_on": "delivered_on",
    "applied_on": "application_document_on",
    "contracted_on": "contracted_on",
    "requested_visit": "requested_visit",
    "document_faulty": "document_faulty",
    "obstructed": "obstructed",
    "individual_credit": "payment_method",
    "amount": "amount",
}
#: As many questions as the pane shows without scrolling.
QUESTIONS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is not known yet, why it matters, and where the answer is typed."""

    text: str
    why: str
    field: str


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
        others=tuple(_line(item) for item in found[1:] if item.status in RUNNING),
        grounds=_grounds(found),
        questions=questions_of(found),
    )


def _face(item: Assessment) -> tuple[str, str, str, int | None, str]:
    """tone, title, big words, days left, line under the title."""
    name = "返品" if item.status is Status.RETURN_POSSIBLE else "クーリング・オフ"
    if item.status in (Status.OPEN, Status.LAST_DAY, Status.RETURN_POSSIBLE) and item.deadline is not None:
        how = "の発信まで" if item.counts is Counts.DISPATCH else "の到着まで"
        big = "今日まで" if item.days_left == 0 else ""
        return "due", f"{name}（{item.label}）", big, item.days_left or None, f"{_short(item.deadline)}{how}"
    if item.status is Status.OPEN_NO_END:
        return "open", f"{name}（{item.label}）", "", None, "今からでもクーリング・オフできる可能性があります"
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


def _why(item: Assessment) -> str:
    """The first reason, with its article unless it names one itself."""
    reason = item.reasons[0].rstrip("。") if item.reasons and item.transaction_type else ""
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
    return tuple(
        Question(
            text=one.question,
            why=_why_ask(one, item),
            field=FIELD_OF_QUESTION.get(one.code, ""),
        )
        for one, item in ordered[:QUESTIONS]
    )
