"""Notice letters: who gets one, and the text to begin with. A person reads and changes it before it leaves.

What is not known stands as 〔…〕 in the text, to be filled in; nothing is guessed. The sentences say what the consumer
declares, and name no article: that a notice needs one is not the law.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from caasis.cases.rules.deadlines import RUNNING
from caasis.engines.deadlines import Assessment, Counts, Kind, Status, name_of_right
from caasis.engines.japanese import format_date_ja, format_yen

_BLANK = re.compile(r"〔([^〔〕\n]{1,40})〕")
#: The most characters that a person may put into one text of a letter.
LONGEST = 4_000


class LetterKind(StrEnum):
    """A letter by its reader and its form."""

    SELLER_POSTCARD = "seller_postcard"
    SELLER_MAIL = "seller_mail"
    CREDIT_POSTCARD = "credit_postcard"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def by_mail(self) -> bool:
        """Whether it is sent electronically: no address side, no postcard."""
        return self is LetterKind.SELLER_MAIL


_LABELS = {
    LetterKind.SELLER_POSTCARD: "事業者あてのはがき",
    LetterKind.SELLER_MAIL: "事業者あてのメール",
    LetterKind.CREDIT_POSTCARD: "クレジット会社あてのはがき",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `address` is the address side of a postcard, or the subject of a mail."""

    kind: LetterKind
    address: str
    body: str
    notes: tuple[str, ...]
    """What to mind when it is sent, in sentences."""
    verified: bool

    @property
    def blanks(self) -> tuple[str, ...]:
        """What is still to be filled in."""
        return blanks_of(self.address, self.body)


def blanks_of(*texts: str) -> tuple[str, ...]:
    """Names of the blanks 〔…〕 that stand in the texts, each once."""
    return tuple(dict.fromkeys(name for text in texts for name in _BLANK.findall(text)))


def letters_for(card: Mapping[str, Any], found: Sequence[Assessment], *, today: date) -> tuple[Letter, ...]:
    """The letters that a card's running rights ask for; none where no right runs.

    `found` are the card's assessments, the most urgent first. With individual credit a second letter goes to the credit
    company, whether or not its own clock is known yet.
    """
    rights = [item for item in found if item.right and item.status in RUNNING]
    sale = [item for item in rights if item.kind is not Kind.CREDIT_COOLING_OFF]
    credit = [item for item in found if item.kind is Kind.CREDIT_COOLING_OFF]
    letters: list[Letter] = []
    if sale:
        main = sale[0]
        body = _body(card, main, today)
        notes = _notes(card, main, today)
        letters.append(
            Letter(
                LetterKind.SELLER_POSTCARD,
                _address(card, "business_name", "会社"),
                body,
                (*notes, _POST),
                main.verified,
            )
        )
        if main.electronic_notice:
            subject = "通知書（契約の解除について）"
            letters.append(Letter(LetterKind.SELLER_MAIL, subject, body, (*notes, _MAIL), main.verified))
    if credit and (sale or credit[0].status in RUNNING):
        letters.append(
            Letter(
                LetterKind.CREDIT_POSTCARD,
                _address(card, "credit_company", "クレジット会社"),
                _credit_body(card, today),
                (*_notes(card, credit[0], today), "通知は、クレジット会社と販売業者の両方に出します。", _POST),
                credit[0].verified,
            )
        )
    return tuple(letters)


_POST = "出す前に両面の写しをとり、出した日が残る方法（特定記録郵便や簡易書留など）で出します。"
_MAIL = "送ったメールと、送った日時が分かる画面を残しておきます。"

#: Kind of right → the declaration, with the word for what was made.
_DECLARATIONS = {
    Kind.COOLING_OFF: "次の契約の申込みを撤回し、または契約を解除します（クーリング・オフ）。",
    Kind.INITIAL_CANCELLATION: "次の契約を解除します。",
    Kind.RETURN: "次の通信販売の契約の申込みを撤回し、または契約を解除し、商品を返します。",
    Kind.EXCESS_QUANTITY: (
        "次の契約の申込みを撤回し、または契約を解除します。ふだん必要な量を著しく超える契約だったためです。"
    ),
}
_PURCHASE = "door_to_door_purchase"


def _body(card: Mapping[str, Any], right: Assessment, today: date) -> str:
    bought = right.transaction_type == _PURCHASE
    wishes = []
    if bought:
        wishes.append("渡した品物を返してください。")
        wishes.append("受け取った代金は返します。")
    else:
        if card.get("paid"):
            wishes.append(f"支払った{format_yen(card['paid'])}を返してください。")
        if card.get("delivered_on") and right.kind is Kind.COOLING_OFF:
            wishes.append("受け取った商品を引き取ってください。")
    return _letter(card, _DECLARATIONS[right.kind], wishes, today, label="売った品物" if bought else "商品・サービス")


def _credit_body(card: Mapping[str, Any], today: date) -> str:
    declaration = (
        "次の販売契約の代金についての個別クレジットの契約の申込みを撤回し、または契約を解除します（クーリング・オフ）。"
        "販売した会社にも、販売契約について同じ通知を出しました。"
    )
    return _letter(
        card, declaration, ["支払いの請求と引き落としを止め、すでに支払った分は返してください。"], today, credit=True
    )


def _letter(
    card: Mapping[str, Any],
    declaration: str,
    wishes: Sequence[str],
    today: date,
    *,
    label: str = "商品・サービス",
    credit: bool = False,
) -> str:
    amount, signed = card.get("amount"), card.get("contracted_on") or card.get("application_document_on")
    rows = [
        f"契約した日　{_day(signed) if signed else '〔契約した日〕'}",
        f"{label}　{card.get('product_text') or '〔商品・サービスの名前〕'}",
        f"金額　{format_yen(amount) if amount is not None else '〔金額〕'}",
        f"会社　{card.get('business_name') or '〔会社の名前〕'}",
    ]
    if credit:
        rows.append(f"クレジット会社　{card.get('credit_company') or '〔クレジット会社の名前〕'}")
    name, place = _signer(card)
    blocks = ["通知書", declaration, "\n".join(rows), "".join(wishes), f"{_day(today)}\n住所　{place}\n氏名　{name}"]
    return "\n\n".join(block for block in blocks if block)


def _address(card: Mapping[str, Any], field: str, what: str) -> str:
    name, place = _signer(card)
    reader = card.get(field) or f"〔{what}の名前〕"
    return f"〔{what}の郵便番号〕\n〔{what}の住所〕\n\n{reader}　御中\n\n\n差出人\n{place}\n{name}"


def _signer(card: Mapping[str, Any]) -> tuple[str, str]:
    """Name and address of whoever made the contract. The consumer's only where somebody has said that they are one."""
    if card.get("contract_party_is_consumer") is not True:
        return card.get("party_name") or "〔契約した人の氏名〕", card.get("party_address") or "〔契約した人の住所〕"
    postcode = card.get("consumer_postcode") or ""
    mark = f"〒{postcode}　" if postcode else ""
    address = card.get("consumer_address") or ""
    return card.get(
        "consumer_name"
    ) or "〔契約した人の氏名〕", f"{mark}{address}" if address else "〔契約した人の住所〕"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _notes(card: Mapping[str, Any], right: Assessment, today: date) -> tuple[str, ...]:
    notes = []
    name = name_of_right(right)
    if right.status not in RUNNING:
        notes.append(f"{right.label}の期間は過ぎたか、対象外と思われます。出す前に確かめてください。")
    elif right.deadline is None:
        notes.append(f"{right.label}：今からでも{name}できることがあります。今日のうちに出すのが安全です。")
    else:
        how = "までに出せば間に合います" if right.counts is Counts.DISPATCH else "までに相手に届く必要があります"
        if right.counts is Counts.DISPATCH and not right.certain:
            how = "までに出せば間に合うことがあります"
        early = "早ければ" if right.status is Status.NEEDS_ANSWER else ""
        notes.append(f"{right.label}：{early}{format_date_ja(right.deadline)}{how}（{right.article}）。")
        if right.safest_day is not None and right.safest_day != right.deadline:
            safest = "今日のうち" if right.safest_day == today else format_date_ja(right.safest_day) + "まで"
            notes.append(f"安全な日：{safest}に出します。")
    if not right.verified:
        notes.append(f"{right.label}の決まりは、要確認です（{right.article}）。")
    if not right.electronic_notice:
        notes.append("メールなどで通知できるかは要確認のため、はがきにします。")
    if card.get("contract_party_is_consumer") is not True:
        notes.append("契約した人の氏名と住所を入れてください。相談者と同じ人かどうかは、カードで確かめます。")
    return tuple(notes)
