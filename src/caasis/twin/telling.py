"""How a case is told: by the consumer in their own voice and by the counsellor in the record.

Lengths follow the record's rules: 件名 ≤ 50, 相談概要 and 処理概要 ≤ 500 characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from caasis.twin.stories import Stories, StoryKind
from caasis.twin.streams import Draw, pick
from caasis.twin.wording import Slot, tell

TITLE_LIMIT: Final = 50
TEXT_LIMIT: Final = 500
# 消費者安全法12条の重大事故等: treatment of thirty days and more.
SEVERE_DAYS: Final = 30
_NO_PARTICLE: Final = re.compile(r"(?<!\d)(一昨日|昨日|今日|本日)(?:に(?!な)|ごろに?)")
_PAYMENT_TOLD: Final = re.compile(
    "払わされ|払いました|払った|払って、|引き落とさ|引かれ|取られ|使いました|振り込みました"
)
_TRIAL_PRICES: Final = ("300円", "480円", "500円", "550円", "980円", "1,000円", "1,480円", "1,980円", "2,980円")
_BODY_PARTS: Final = ("腕", "足", "顔", "手の指", "首", "腰")
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
    sales_form: str
    transaction_types: tuple[str, ...]
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
        return pick(("今日", "本日"), draw)
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
        asked = yen(what.amount, draw) if what.amount is not None else ""
        elder = ("父", "母")[what.sex == "female"] if what.age >= 55 else ("息子", "娘")[what.sex == "female"]
        if 25 <= what.age < 55 and (what.age >= 45 or draw() < 0.5):
            elder = ("夫", "妻")[what.sex == "female"]
        return {
            "when": when_phrase(what.event_on, what.received_on, draw),
            "amount": asked,
            "asked": asked,
            "paid": asked if what.paid == what.amount else yen(what.paid, draw),
            "refund": yen(what.refunded, draw) if what.refunded else "",
            "pay": self._tell(f"pay_{what.payment_method}", {}, draw),
            "elder": elder,
            "small": pick(_TRIAL_PRICES, draw),
            "part": pick(_BODY_PARTS, draw),
            "me": "",
            "phone": "",
        }

    def title(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the 件名."""
        return tell(what.kind.title, facts, draw)[:TITLE_LIMIT]

    def summary(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the 相談概要 in the reporting style; it holds no names."""
        kind = what.kind
        said: list[str] = []
        if what.relation == "family":
            said.append(self._tell("family_intro" if what.contracted_on else "family_intro_no_contract", facts, draw))
        said += [tell(phase, facts, draw) for phase in kind.phases]
        if what.harm != "none":
            severe = "_severe" if what.treatment_days >= SEVERE_DAYS else ""
            said.append(self._tell(f"{what.harm}_{kind.harm_style}{severe}", facts, draw))
        said.append(self._money(what, facts, draw))
        if what.documents and draw() < 0.5:
            said.append(self._tell(f"documents_{what.documents}", facts, draw))
        said.append(self._wish(what, facts, draw))
        return _fitted(said)

    def handling(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the 処理概要: legal advice, advice on the matter, outcome."""
        kind = what.kind
        said: list[str] = []
        if what.harm == "injury":
            said.append(
                self._tell("advice_harm_severe" if what.treatment_days >= SEVERE_DAYS else "advice_harm", facts, draw)
            )
        elif what.harm == "hazard":
            said.append(self._tell("advice_hazard", facts, draw))
        if what.money_moving:
            said.append(self._tell("advice_money_moving", facts, draw))
        legal = what.transaction_types[0] if what.transaction_types and what.contracted_on else ""
        if legal in COOLING_OFF_DAYS and what.contracted_on:
            passed = (what.received_on - what.contracted_on).days + 1
            in_time = passed <= COOLING_OFF_DAYS[legal] or what.documents == "missing"
            name = "no_document" if what.documents == "missing" else f"{legal}_{'in_time' if in_time else 'late'}"
            said.append(self._tell(f"law_{name}", facts, draw))
        elif legal == "mail_order" and not kind.criminal:
            said.append(self._tell("law_mail_order", facts, draw))
        said.append(tell(kind.advice, facts, draw))
        said.append(self._tell(f"result_{what.result}{_ending(what)}", facts, draw))
        return _fitted(said)

    def under_way(self, state: str, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the note of a case that isn't finished yet."""
        return self._tell(f"under_way_{state}", facts, draw)

    def return_reason(self, draw: Draw) -> str:
        """Return why the official sent a case back."""
        return self._tell("return_reason", {}, draw)

    def voice(self, what: Happening, facts: dict[str, str], written: bool, me: str, phone: str, draw: Draw) -> str:
        """Return what the consumer writes or says; ``me`` and ``phone`` appear in some written texts only."""
        kind = what.kind
        facts["me"], facts["phone"] = me, phone
        older = what.age >= 65 and what.relation == "self"
        style = draw()
        said: list[str] = []
        if style < 0.22:
            if what.relation == "family":
                said.append(self._tell("voice_family", facts, draw))
            # Even a short text says what happened, which is what the first slot of a voice tells.
            said.append(tell(kind.voice[0], facts, draw))
            if draw() < 0.4:
                said.append(tell(kind.voice[1], facts, draw))
            said.append(self._tell("voice_plea_short", facts, draw))
            return _smooth("".join(said))
        if written and me and draw() < 0.12:
            said.append(self._tell("voice_name", facts, draw))
        said.append(self._tell("voice_opening_written" if written else "voice_opening_spoken", facts, draw))
        if what.relation == "family":
            said.append(self._tell("voice_family", facts, draw))
        rambling = style > 0.72
        for sentence in kind.voice:
            said.append(tell(sentence, facts, draw))
            if rambling and draw() < 0.6:
                aside = self._tell("voice_rambling_older" if older else "voice_rambling", facts, draw)
                if aside not in said:
                    said.append(aside)
        if what.harm == "injury":
            said.append(self._tell(f"voice_injury_{kind.harm_style}", facts, draw))
        if what.money_moving:
            said.append(self._tell("voice_money_moving", facts, draw))
        elif what.amount is not None and draw() < 0.5:
            state = _paid_state(what)
            # A sentence of the story may have told of a payment already; two that disagree would sound false.
            if state == "all" or not _PAYMENT_TOLD.search("".join(said)):
                said.append(self._tell(f"voice_paid_{state}", facts, draw))
        said.append(self._tell("voice_plea", facts, draw))
        if written and me and draw() < 0.08:
            said.append(self._tell("voice_contact", facts, draw))
        return _smooth("".join(said))

    def _wish(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        """Return the wish; who has paid nothing doesn't ask for it back, who has paid all doesn't refuse to pay."""
        wish = tell(what.kind.wish, facts, draw)
        if what.paid == 0 and ("返金" in wish or "お金を取り戻" in wish or "代金を返して" in wish):
            return self._tell("wish_advice", facts, draw)
        if what.amount is not None and what.paid >= what.amount and ("支払" in wish or "払う" in wish):
            return self._tell("wish_refund", facts, draw)
        return wish

    def _money(self, what: Happening, facts: Mapping[str, str], draw: Draw) -> str:
        if what.amount is None:
            return ""
        if what.money_moving:
            return self._tell("money_moving", facts, draw)
        state = _paid_state(what)
        if what.contracted_on is None:
            return (
                self._tell("money_not_paid", facts, draw) if state == "none" else self._tell("money_given", facts, draw)
            )
        return self._tell(f"money_{state}", facts, draw)

    def _tell(self, name: str, facts: Mapping[str, str], draw: Draw) -> str:
        slot: Slot = self._shared[name]
        return tell(slot, facts, draw)


def _ending(what: Happening) -> str:
    """Return which wording of the result fits what happened."""
    if what.refunded:
        return "_refund"
    if what.result == "advice" and (what.kind.criminal or not what.contracted_on):
        # Nobody is told to negotiate with a swindler.
        return "_criminal"
    if what.result == "information" and what.harm != "none":
        return "_safety"
    if what.result == "mediation_settled" and what.kind.settlement == "claim":
        return "_claim"
    return ""


def _paid_state(what: Happening) -> str:
    if what.paid <= 0:
        return "none"
    return "all" if what.amount is None or what.paid >= what.amount else "part"


def _smooth(text: str) -> str:
    """Take away the particle that Japanese doesn't put after 昨日 and 今日 (先月上旬に, but not 昨日に)."""
    if "日に" not in text and "日ごろ" not in text:
        return text
    return _NO_PARTICLE.sub(r"\1", text)


def _fitted(sentences: list[str]) -> str:
    """Join sentences; where they are too long, leave out middle ones so that beginning and wish stay."""
    text = _smooth("".join(sentences))
    while len(text) > TEXT_LIMIT and len(sentences) > 2:
        del sentences[-2]
        text = _smooth("".join(sentences))
    return text[:TEXT_LIMIT]
