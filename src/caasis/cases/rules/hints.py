"""What a colleague looking over one's shoulder would say while a card is typed, and how it could be mended.

A hint never stops anybody: what must be there for 登録 is in `checks`. Each hint has one sentence and, where the card
itself says how, one or more ways to mend it with a button.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from caasis.cases.rules.accidents import criteria_met
from caasis.cases.rules.card import SUMMARY_LIMIT
from caasis.engines.japanese import format_date_ja, format_yen, normalise_phone, parse_yen
from caasis.engines.masking import PersonalKind, Span, mask


@dataclass(frozen=True, slots=True)
class Mend:
    """A way to mend: the button's words, and the typed values that it puts into the card."""

    label: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hint:
    """One remark. `field` is where to look; `urgent` ones come first and are about safety or personal data."""

    code: str
    field: str
    message: str
    mends: tuple[Mend, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Looking:
    """What the rules look at. `spans` holds for each open text what looks like a person's data in it."""

    card: Mapping[str, Any]
    today: date
    spans: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return str(self.card.get(name) or "")


def hints_for(looking: Looking) -> list[Hint]:
    """All remarks on a card, the urgent ones first, then in the order of the card."""
    found = [hint for rule in _RULES for hint in rule(looking)]
    return sorted(found, key=lambda hint: not hint.urgent)


_TEXTS = {"title": "件名", "summary": "相談概要", "handling": "処理概要"}
_KINDS = {
    PersonalKind.PHONE: "電話番号",
    PersonalKind.MAIL: "メールアドレス",
    PersonalKind.POSTCODE: "郵便番号",
    PersonalKind.ADDRESS: "住所",
    PersonalKind.CARD: "カード番号",
    PersonalKind.ACCOUNT: "口座番号",
    PersonalKind.MY_NUMBER: "個人番号",
    PersonalKind.NAME: "氏名",
}


def _personal(looking: Looking) -> Iterator[Hint]:
    for name, spans in looking.spans.items():
        text = looking.text(name)
        if not spans or not text:
            continue
        what = "・".join(dict.fromkeys(_KINDS[span.kind] for span in spans))
        mends = [Mend("伏せる", {name: mask(text, spans)})]
        phone = next((span for span in spans if span.kind is PersonalKind.PHONE), None)
        number = normalise_phone(text[phone.start : phone.end]) if phone else None
        if phone and number and not looking.card.get("business_phone"):
            # The trader's number is evidence: it moves to the business, where it is never masked away.
            rest = f"{text[: phone.start]}（事業者の電話）{text[phone.end :]}"
            mends.append(Mend("事業者の電話にする", {name: rest, "business_phone": text[phone.start : phone.end]}))
        yield Hint("personal_data", name, f"{_TEXTS[name]}に{what}があります。", tuple(mends), urgent=True)


_HURT = re.compile(
    r"けが|ケガ|怪我|負傷|骨折|やけど|火傷|ヤケド|熱傷|出血|入院|救急|搬送|誤飲|窒息|感電|一酸化炭素|死亡|亡くな|発火|爆発|アレルギー|しびれ|アナフィラキシー"
)
_NOT_HURT = re.compile(r"(?:けが|ケガ|怪我|負傷|出血|入院)(?:人|者)?(?:は|も)?(?:して|し)?(?:い)?(?:な(?:い|く|かった)|ありません|ません)")
_PAYING = re.compile(r"(?:これから|今から|今日|きょう|本日|明日|あす|あした)[^。\n]{0,14}(?:振り?込|送金|支払|払[うい]|引き?落|決済|手渡)")


def _safety(looking: Looking) -> Iterator[Hint]:
    card, summary = looking.card, _NOT_HURT.sub("", looking.text("summary"))
    hurt = _HURT.search(summary)
    if hurt and not card.get("injury"):
        yield Hint(
            "injury_words",
            "injury",
            f"概要に「{hurt[0]}」とあります。けが・事故ですか。",
            (Mend("けが・事故にする", {"injury": True}),),
            urgent=True,
        )
    accident = criteria_met(card)
    if accident:
        first = accident[0]
        why = first.criterion.label if first.certain else f"「{first.quote}」"
        yield Hint(
            "serious_accident",
            "harm_degree" if first.certain else "summary",
            f"{why}：重大事故等（消費者安全法12条）なら、直ちに通知します。",
            urgent=True,
        )
    if card.get("injury") and card.get("harm_injured") is not False and not card.get("harm_degree"):
        yield Hint("harm_degree", "harm_degree", "けがの程度がまだ入っていません。")
    paying = _PAYING.search(looking.text("summary"))
    if paying and not card.get("money_moving"):
        yield Hint(
            "money_words",
            "money_moving",
            f"「{paying[0]}」とあります。お金が動きそうですか。",
            (Mend("お金が動きそうにする", {"money_moving": True}),),
            urgent=True,
        )


#: Sales forms whose deadline starts with a document.
_WITH_DOCUMENT = frozenset({"door_to_door", "telephone", "purchase", "multilevel"})


def _document(looking: Looking) -> Iterator[Hint]:
    card = looking.card
    received = card.get("contract_document_received")
    if (
        card.get("sales_form") in _WITH_DOCUMENT
        and not card.get("contract_document_on")
        and not card.get("application_document_on")
        and received is not False
    ):
        yield Hint(
            "document_date",
            "contract_document_on",
            "書面を受け取った日がありません。期限の計算に使います。",
            (Mend("受け取っていない", {"contract_document_received": False}),),
        )
    if received is False and card.get("contract_document_on"):
        yield Hint(
            "document_contradiction",
            "contract_document_on",
            "「受け取っていない」のに、書面の日付があります。",
            (
                Mend("受け取った", {"contract_document_received": True}),
                Mend("日付を消す", {"contract_document_on": None}),
            ),
        )


def _days(looking: Looking) -> Iterator[Hint]:
    card = looking.card
    contracted, document = card.get("contracted_on"), card.get("contract_document_on")
    for name, label in (("contracted_on", "契約日"), ("contract_document_on", "書面の日"), ("harm_on", "けが・事故の日")):
        day = card.get(name)
        if day and day > looking.today:
            last_year = _year_before(day)
            yield Hint(
                "future_day",
                name,
                f"{label}がきょうより後です。",
                (Mend(f"{format_date_ja(last_year)}にする", {name: last_year}),) if last_year <= looking.today else (),
            )
    if contracted and document and document < contracted and not card.get("applied_on"):
        yield Hint(
            "document_before_contract",
            "contract_document_on",
            "書面の日が契約日より前です。申込書面の日ではありませんか。",
            (
                Mend("申込書面の日にする", {"contract_document_on": None, "application_document_on": document}),
                Mend("日付を入れかえる", {"contracted_on": document, "contract_document_on": contracted}),
            ),
        )
    notice = card.get("notice_sent_on")
    if notice and contracted and notice < contracted:
        yield Hint("notice_before_contract", "notice_sent_on", "通知を出した日が、契約日より前です。")


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


_AMOUNT_WORDS = re.compile(r"(?:[\d０-９,，.．]+\s*(?:億|万|千))+[\d０-９,，]*\s*円|[\d０-９,，]+\s*円")


def _amounts(looking: Looking) -> Iterator[Hint]:
    card = looking.card
    amount, paid, refunded = card.get("amount"), card.get("paid"), card.get("refunded")
    if amount is not None and paid is not None and paid > amount:
        yield Hint(
            "paid_above_amount",
            "paid",
            f"既支払額（{format_yen(paid)}）が契約金額（{format_yen(amount)}）を超えています。",
            (Mend("2つを入れかえる", {"amount": paid, "paid": amount}),),
        )
    if paid is not None and refunded is not None and refunded > paid:
        yield Hint(
            "refunded_above_paid",
            "refunded",
            "返ってきた金額が、既支払額を超えています。",
            (Mend("2つを入れかえる", {"paid": refunded, "refunded": paid}),),
        )
    told = _told_amounts(looking.text("summary"))
    if amount is None and len(told) == 1:
        yield Hint(
            "amount_in_summary",
            "amount",
            f"概要に{format_yen(told[0])}とあります。契約金額ですか。",
            (Mend("契約金額にする", {"amount": told[0]}),),
        )
    for unit in (10_000, 1_000):
        if amount is not None and 0 < amount < 10_000 and amount * unit in told and amount not in told:
            yield Hint(
                "amount_unit",
                "amount",
                f"概要では{format_yen(amount * unit)}です。桁を確かめてください。",
                (Mend(f"{format_yen(amount * unit)}にする", {"amount": amount * unit}),),
            )
            break
    if amount is not None and paid is not None and card.get("outstanding") is None and card.get("instalments") and paid < amount:
        yield Hint(
            "outstanding",
            "outstanding",
            "残っている支払いを入れますか。",
            (Mend(f"{format_yen(amount - paid)}にする", {"outstanding": amount - paid}),),
        )


def _told_amounts(text: str) -> list[int]:
    """Amounts in yen that a text names, each once, in its order."""
    found = (parse_yen(match[0]) for match in _AMOUNT_WORDS.finditer(text))
    return list(dict.fromkeys(int(amount) for amount in found if amount))


def _people(looking: Looking) -> Iterator[Hint]:
    card = looking.card
    same = card.get("contract_party_is_consumer")
    if same is False and not card.get("party_relation"):
        yield Hint("relation", "party_relation", "契約当事者と相談者の続柄がまだ入っていません。")
    if same is None and any(card.get(name) not in (None, "") for name in ("party_age", "party_sex", "party_relation")):
        yield Hint(
            "other_party",
            "contract_party_is_consumer",
            "契約当事者は、相談者とは別の人ですか。",
            (Mend("別の人", {"contract_party_is_consumer": False}), Mend("本人", {"contract_party_is_consumer": True})),
        )
    age = card.get("party_age") if same is False else card.get("consumer_age")
    if same is not None and age is not None and age < 18:
        yield Hint("minor", "party_age" if same is False else "consumer_age", "18歳未満の契約です。未成年者取消（民法5条）を確かめてください。")


def _length(looking: Looking) -> Iterator[Hint]:
    summary = looking.text("summary")
    over = len(summary) - SUMMARY_LIMIT
    if over <= 0:
        return
    # The sentences at the end that don't fit move as a whole, so that none is cut in two.
    cut = max(summary.rfind("。", 0, SUMMARY_LIMIT) + 1, summary.rfind("\n", 0, SUMMARY_LIMIT) + 1)
    mends: tuple[Mend, ...] = ()
    if cut > 0:
        handling = "\n".join(part for part in (looking.text("handling"), f"（概要の続き）{summary[cut:].strip()}") if part)
        mends = (Mend("入らない文を処理概要へ移す", {"summary": summary[:cut].rstrip(), "handling": handling}),)
    yield Hint("summary_length", "summary", f"登録は{SUMMARY_LIMIT}字までです。あと{over}字減らします。", mends)


def _classes(looking: Looking) -> Iterator[Hint]:
    card = looking.card
    result = str(card.get("result") or "")
    if result.startswith("mediation_") and not card.get("business_name"):
        yield Hint("mediation_business", "business_name", "あっせんの相手方がまだ入っていません。")
    if card.get("notice_sent_on") and not card.get("notice_means"):
        yield Hint("notice_means", "notice_means", "通知の方法を入れると、記録が残っているか分かります。")


_RULES: tuple[Callable[[Looking], Iterable[Hint]], ...] = (
    _personal,
    _safety,
    _document,
    _days,
    _amounts,
    _people,
    _length,
    _classes,
)
