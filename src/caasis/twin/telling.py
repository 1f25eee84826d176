"""How a case is told: by the consumer in their own voice and by the counsellor in the record.

Lengths follow the record's rules: 件名 ≤ 50, 相談概要 and 処理概要 ≤ 500 characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from caasis.twin.stories import Stories, StoryKind
from caasis.twin.streams import Draw, between, pick
from caasis.twin.wording import Slot, tell

TITLE_LIMIT: Final = 50
TEXT_LIMIT: Final = 500
_WEEKDAYS: Final = "月火水木金土日"
# Days in which a contract can be cancelled, by legal type (特定商取引法9条, 24条, 48条, 58条の14: 8; 40条, 58条: 20).
COOLING_OFF_DAYS: Final[Mapping[str, int]] = {
    "door_to_door": 8, "telephone_solicitation": 8, "specified_continuous": 8, "door_to_door_purchase": 8, "multilevel": 20,
    "business_opportunity": 20,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened, before anybody has told it.  Amounts are yen; ``None`` means no contract or unknown."""

    kind: StoryKind
    received_on: date
    event_on: date
    contracted_on: date | None
    amount: int | None
    paid: int
    payment_method: str
    relation: str
    age: int
    sex: str
    result: str
    refunded: int
    money_moving: bool
    harm: str
    treatment_days: int
    documents: str


def when_phrase(day: date, today: date, draw: Draw) -> str:
    """Return how somebody on ``today`` names the past ``day``: 昨日, 先週の火曜日, 11月14日, 先月中旬, …"""
    passed = (today - day).days
    if passed == 0:
        return pick(("今日", "本日", "今朝"), draw)
    if passed == 1:
        return "昨日"
    chance = draw()
    if passed > 330:
        same_year = "昨年" if day.year == today.year - 1 else f"{day.year}年"
        return pick((f"{same_year}{day.month}月", "1年ほど前" if passed < 450 else f"{day.year}年"), draw)
    if chance < 0.35:
        return f"{day.month}月{day.day}日"
    if passed <= 6:
        return f"{passed}日前" if passed > 2 else pick(("2日前", "一昨日"), draw)
    this_monday = today.toordinal() - today.weekday()
    if this_monday - 7 <= day.toordinal() < this_monday:
        return f"先週の{_WEEKDAYS[day.weekday()]}曜日"
    if passed <= 16:
        return f"{passed}日前" if chance < 0.6 else f"{day.month}月{day.day}日"
    months = (today.year - day.year) * 12 + today.month - day.month
    third = "上旬" if day.day <= 10 else "中旬" if day.day <= 20 else "下旬"
    if months <= 1:
        return f"{'先月' if months else '今月'}{third}"
    if chance < 0.6 and passed >= 55:
        return f"約{round(passed / 30)}か月前"
    return f"{day.month}月{third}" if chance < 0.85 else f"{day.month}月"


def yen(amount: int, draw: Draw) -> str:
    """Return an amount as records write it: 120万円, 12万8,000円, 2,980円, 約13万円."""
    if amount < 10_000:
        return f"{amount:,}円"
    tens, rest = divmod(amount, 10_000)
    if tens >= 10_000:
        hundreds, tens = divmod(tens, 10_000)
        return f"{hundreds}億{tens:,}万円" if tens else f"{hundreds}億円"
    if rest == 0:
        return f"{tens:,}万円" if draw() < 0.85 else f"約{tens:,}万円"
    if draw() < 0.25:
        return f"約{round(amount / 10_000):,}万円"
    return f"{tens:,}万{rest:,}円"


class Teller:
    """Tells happenings with the slots of all stories."""

    def __init__(self, stories: Stories) -> None:
        self._shared = stories.shared

    def facts(self, what: Happening, draw: Draw) -> dict[str, str]:
        """Return the facts that sentences may name; they are drawn once so that summary and voice agree."""
        asked = what.amount if what.amount is not None else 0
        elder = ("父", "母")[what.sex == "female"] if what.age >= 55 else ("息子", "娘")[what.sex == "female"]
        if 25 <= what.age < 55 and draw() < 0.5:
            elder = ("夫", "妻")[what.sex == "female"]
        return {
            "when": when_phrase(what.event_on, what.received_on, draw),
            "amount": yen(asked, draw),
            "asked": yen(asked, draw),
            "paid": yen(what.paid, draw),
            "refund": yen(what.refunded, draw),
            "pay": self._tell(f"pay_{what.payment_method}", {}, draw),
            "age": f"{what.age // 10 * 10}歳代" if what.age >= 20 else f"{what.age}歳",
            "elder": elder,
            "months": str(between(2, 11, draw)),
            "count": str(between(2, 6, draw)),
            "days": str(between(2, 9, draw)),
            "small": yen(pick((300, 480, 500, 550, 980, 980, 1_000, 1_480, 1_980, 2_980), draw), draw),
            "part": pick(("腕", "足", "顔", "手の指", "首", "腰"), draw),
            "me": "",
            "phone": "",
        }

    def title(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the 件名."""
        return tell(what.kind.title, facts, draw)[:TITLE_LIMIT]

    def summary(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the 相談概要 in the reporting style; it holds no names."""
        kind = what.kind
        said = [self._tell("family_intro", facts, draw)] if what.relation == "family" else []
        said += [tell(phase, facts, draw) for phase in kind.phases]
        if what.harm == "injury":
            said.append(self._tell("injury_severe" if what.treatment_days >= 30 else "injury", facts, draw))
        elif what.harm == "hazard":
            said.append(self._tell("hazard", facts, draw))
        said.append(self._money(what, facts, draw))
        if what.documents and draw() < 0.5:
            said.append(self._tell(f"documents_{what.documents}", facts, draw))
        said.append(tell(kind.wish, facts, draw))
        return _fitted(said)

    def handling(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the 処理概要: legal advice, advice on the matter, outcome."""
        kind = what.kind
        said: list[str] = []
        if what.harm != "none":
            said.append(self._tell("advice_harm_severe" if what.treatment_days >= 30 else "advice_harm", facts, draw))
        if what.money_moving:
            said.append(self._tell("advice_money_moving", facts, draw))
        legal = kind.transaction_types[0] if kind.transaction_types and what.contracted_on else ""
        if legal in COOLING_OFF_DAYS and what.contracted_on:
            passed = (what.received_on - what.contracted_on).days + 1
            in_time = passed <= COOLING_OFF_DAYS[legal] or what.documents == "missing"
            name = "no_document" if what.documents == "missing" else f"{legal}_{'in_time' if in_time else 'late'}"
            said.append(self._tell(f"law_{name}", facts, draw))
        elif legal == "mail_order":
            said.append(self._tell("law_mail_order", facts, draw))
        said.append(tell(kind.advice, facts, draw))
        said.append(self._tell(f"result_{what.result}{'_refund' if what.refunded else ''}", facts, draw))
        return _fitted(said)

    def under_way(self, state: str, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the note of a case that isn't finished yet."""
        return self._tell(f"under_way_{state}", facts, draw)

    def return_reason(self, draw: Draw) -> str:
        """Return why the official sent a case back."""
        return self._tell("return_reason", {}, draw)

    def voice(
        self, what: Happening, facts: dict[str, str], written: bool, me: str, phone: str, draw: Draw
    ) -> str:
        """Return what the consumer writes or says; ``me`` and ``phone`` appear in some written texts only."""
        kind = what.kind
        facts["me"], facts["phone"] = me, phone
        older = what.age >= 65 and what.relation == "self"
        style = draw()
        said: list[str] = []
        if style < 0.22:
            if what.relation == "family":
                said.append(self._tell("voice_family", facts, draw))
            said += [tell(pick(kind.voice, draw), facts, draw), self._tell("voice_plea_short", facts, draw)]
            return "".join(said)
        if written and me and draw() < 0.12:
            said.append(self._tell("voice_name", facts, draw))
        said.append(self._tell("voice_opening_written" if written else "voice_opening_spoken", facts, draw))
        if what.relation == "family":
            said.append(self._tell("voice_family", facts, draw))
        rambling = style > 0.72
        for sentence in kind.voice:
            said.append(tell(sentence, facts, draw))
            if rambling and draw() < 0.6:
                said.append(self._tell("voice_rambling_older" if older else "voice_rambling", facts, draw))
        if what.harm == "injury":
            said.append(self._tell("voice_injury", facts, draw))
        if what.money_moving:
            said.append(self._tell("voice_money_moving", facts, draw))
        elif what.amount is not None and draw() < 0.5:
            said.append(self._tell(f"voice_paid_{_paid_state(what)}", facts, draw))
        said.append(self._tell("voice_plea", facts, draw))
        if written and me and draw() < 0.08:
            said.append(self._tell("voice_contact", facts, draw))
        return "".join(said)

    def _money(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        if what.amount is None:
            return ""
        if what.money_moving:
            return self._tell("money_moving", facts, draw)
        state = _paid_state(what)
        if what.contracted_on is None:
            return self._tell("money_not_paid", facts, draw) if state == "none" else self._tell("money_given", facts, draw)
        return self._tell(f"money_{state}", facts, draw)

    def _tell(self, name: str, facts: Mapping[str, str], draw: Draw) -> str:
        slot: Slot = self._shared[name]
        return tell(slot, facts, draw)


def _paid_state(what: Happening) -> str:
    if what.paid <= 0:
        return "none"
    return "all" if what.amount is None or what.paid >= what.amount else "part"


def _fitted(sentences: list[str]) -> str:
    """Join sentences; where they are too long, leave out middle ones so that beginning and wish stay."""
    kept = [sentence for sentence in sentences if sentence]
    while sum(map(len, kept)) > TEXT_LIMIT and len(kept) > 2:
        del kept[-2]
    return "".join(kept)[:TEXT_LIMIT]
