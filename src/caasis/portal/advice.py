"""What the completion page says before anybody has read the case. A wrong "too late" does the most harm, a wrong "you
can" the next: only what is certain is said plainly, what is possible as 「できることがあります」, all else is 188."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from caasis.channels.rules.deadlines import Outlook
from caasis.engines.deadlines import Assessment, DayTile, Status, days_strip, strip_label
from caasis.engines.japanese import format_date_ja


@dataclass(frozen=True, slots=True)
class Advice:
    """The box on top of the completion page, and the list of what to do while waiting."""

    sure: bool
    heading: str
    text: str
    deadline: date | None
    left: str
    reasons: tuple[str, ...]
    questions: tuple[str, ...]
    tiles: tuple[DayTile, ...]
    strip: str
    notice: bool
    as_of: date | None
    todo: tuple[str, ...]


def advice(outlook: Outlook, facts: Mapping[str, Any], *, today: date) -> Advice:
    """Advice for a consultation that has just been sent."""
    found = outlook.first
    todo = _todo(facts)
    if found is None or (found.deadline is None and found.status is not Status.OPEN_NO_END):
        return Advice(
            False, _plain_heading(facts), _plain_text(facts), None, "", (), (), (), "", False, None, todo
        )
    sure = found in outlook.sure
    return Advice(
        sure=sure,
        heading=_heading(found, sure),
        text=_text(found, sure),
        deadline=found.deadline,
        left=_left(found, today),
        reasons=found.reasons,
        questions=tuple(item.question for item in found.unknown if item.decides)[:4] if not sure else (),
        tiles=days_strip(found, today),
        strip=strip_label(days_strip(found, today)),
        notice=found.electronic_notice,
        as_of=found.as_of,
        todo=todo,
    )


def _heading(found: Assessment, sure: bool) -> str:
    if found.status is Status.OPEN_NO_END:
        return "今からでも、やめられるかもしれません"
    if sure:
        return "お返事を待たずに、通知を出してください"
    return "期限があるかもしれません。お返事を待たずに188へ"


def _text(found: Assessment, sure: bool) -> str:
    if found.status is Status.OPEN_NO_END:
        return (
            f"書いてくださった内容からは、今からでもクーリング・オフできる可能性があります（{found.article}）。"
            "くわしくは188にお電話ください。"
        )
    day = format_date_ja(found.deadline) if found.deadline else ""
    if sure:
        return f"クーリング・オフの期限は{day}です。この日までに通知を出せば、理由を言わずにやめられます（{found.article}）。"
    return (
        f"クーリング・オフできることがあります。できるときの期限は{day}です（{found.article}）。"
        "下のことがわからないので、はっきりとは言えません。"
    )


def _left(found: Assessment, today: date) -> str:
    if found.deadline is None:
        return ""
    days = (found.deadline - today).days
    return "きょうまで" if days == 0 else f"あと{days}日"


def _plain_heading(facts: Mapping[str, Any]) -> str:
    if facts.get("injury") == "yes":
        return "けがや体の不調があるときは、まず病院へ"
    return "急ぐときは、お返事を待たずに188へ"


def _plain_text(facts: Mapping[str, Any]) -> str:
    if facts.get("injury") == "yes":
        return "品物は捨てずに、使うのをやめて、とっておいてください。急ぐときは188にお電話ください。"
    return "契約のしかたや日によっては、やめられる期限があります。気になるときは、きょうのうちに188にお電話ください。"


def _todo(facts: Mapping[str, Any]) -> tuple[str, ...]:
    todo = []
    if facts.get("how") != "none":
        todo.append("契約書、名刺、封筒、画面の写しを捨てない")
    if facts.get("paid") != "all":
        todo.append("お金を、これ以上払わない")
    if facts.get("injury") == "yes":
        todo.append("品物を使うのをやめて、とっておく")
    todo.append("業者から電話が来たら「センターに相談しています」と言って切る")
    if facts.get("money_moving") == "soon":
        todo.append("引き落としが近いときは、カード会社や銀行に電話する")
    return tuple(todo)
