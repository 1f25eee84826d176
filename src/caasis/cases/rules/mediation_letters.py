"""Letters to a business in a mediation: the texts to begin with. A person reads and changes them before they leave.

A letter names the consumer only where consent is recorded; without it the text says 「相談者」. What is not known stands as
〔…〕. The centre asks and proposes; it orders nothing, and no sentence says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from caasis.engines.japanese import format_date_ja, format_yen
from caasis.kernel.labels import LabelledCode


class BusinessLetter(LabelledCode):
    NOTICE = "notice", "あっせん開始のお知らせ"
    REQUEST = "request", "回答のお願い"
    REMINDER = "reminder", "回答のお願い（再度）"
    PROPOSAL = "proposal", "あっせん案の提示"
    CLOSING = "closing", "あっせん終了のお知らせ"

    @property
    def asks(self) -> bool:
        """Whether the letter sets the business a day to answer."""
        return self in (BusinessLetter.REQUEST, BusinessLetter.REMINDER, BusinessLetter.PROPOSAL)


@dataclass(frozen=True, slots=True)
class Sender:
    """The centre as it signs, and who handles the mediation."""

    centre: str
    address: str = ""
    phone: str = ""
    counsellor: str = ""


def business_letter(
    kind: BusinessLetter,
    *,
    card: Mapping[str, Any],
    sender: Sender,
    business: str,
    receipt_number: str,
    consumer: str,
    due_on: date | None,
    offer: str,
    today: date,
) -> str:
    """The whole text. `consumer` is the name where naming is allowed, else empty; `offer` the centre's newest terms."""
    who = f"{consumer}様" if consumer else "相談者"
    due = format_date_ja(due_on, with_year=True) if due_on else "〔回答の期限〕"
    bodies = {
        BusinessLetter.NOTICE: (
            f"{who}から、貴社との下記の契約について相談を受けました。当センターは、消費生活相談の窓口として、"
            "双方の話をうかがい、話し合いによる解決を助けています（あっせん）。ご協力をお願いします。"
        ),
        BusinessLetter.REQUEST: (
            f"{who}との下記の契約について、貴社のお考えをうかがいます。{due}までに、書面・メール・電話のいずれかで"
            "お答えください。\n\n1　勧誘と契約のいきさつについて\n2　相談者の申し出についてのお考え\n3　解決のためにできること"
        ),
        BusinessLetter.REMINDER: (
            f"先にお願いした{who}との下記の契約についての回答が、まだ届いていません。お忙しいところ恐れ入りますが、"
            f"{due}までにお答えください。行き違いの場合はお許しください。"
        ),
        BusinessLetter.PROPOSAL: (
            f"{who}との下記の契約について、双方のお話をうかがい、当センターから次の案を示します。"
            f"{due}までに、受け入れられるかどうかをお知らせください。\n\n【あっせん案】\n{offer or '〔あっせん案の内容〕'}"
        ),
        BusinessLetter.CLOSING: (
            f"{who}との下記の契約についてのあっせんを、〔解決・不調〕により終わりました。ご協力ありがとうございました。"
        ),
    }
    amount, signed = card.get("amount"), card.get("contracted_on")
    rows = [
        f"契約した日　{format_date_ja(signed, with_year=True) if signed else '〔契約した日〕'}",
        f"商品・サービス　{card.get('product_text') or '〔商品・サービスの名前〕'}",
        f"金額　{format_yen(amount) if amount is not None else '〔金額〕'}",
    ]
    if consumer:
        rows.insert(0, f"契約した人　{consumer}様")
    signature = [sender.centre, sender.address, f"電話　{sender.phone}" if sender.phone else ""]
    signature.append(f"担当　{sender.counsellor}" if sender.counsellor else "")
    blocks = [
        f"{format_date_ja(today, with_year=True)}\n（当センターの番号　{receipt_number}）",
        f"{business or '〔事業者の名前〕'}　御中",
        "\n".join(line for line in signature if line),
        kind.label.removesuffix("（再度）") + ("について（再度）" if kind is BusinessLetter.REMINDER else "について"),
        bodies[kind],
        "記\n" + "\n".join(rows),
        "個人情報は、この件の話し合いのためだけにお使いください。ご不明の点は、上の担当までお知らせください。",
    ]
    return "\n\n".join(blocks)
