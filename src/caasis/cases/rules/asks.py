"""Product tests, 申出 of 特定商取引法60条, and co-operation with enforcement: terms and texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from caasis.engines.japanese import format_date_ja, format_yen
from caasis.kernel.labels import LabelledCode


class AskKind(LabelledCode):
    TEST = "test", "商品テストの依頼"
    PETITION = "petition", "特定商取引法60条の申出"
    COOPERATION = "cooperation", "行政処分などへの協力"


class AskState(LabelledCode):
    OPEN = "open", "準備中"
    SENT = "sent", "送付済み"
    ASKED = "asked", "本人・センターの確認待ち"
    AGREED = "agreed", "協力する"
    REFUSED = "refused", "協力しない"
    DONE = "done", "完了"
    WITHDRAWN = "withdrawn", "取り下げ"


OVER = frozenset({AskState.REFUSED, AskState.DONE, AskState.WITHDRAWN})


class AskStep(LabelledCode):
    ASKED = "asked", "依頼を受け付け"
    KEPT = "kept", "品物を預かった"
    MOVED = "moved", "品物を移した"
    SENT = "sent", "送った"
    RETURNED = "returned", "品物を返した"
    DISPOSED = "disposed", "品物を処分した"
    RESULT = "result", "結果を受け取った"
    CONSUMER_YES = "consumer_yes", "本人が同意"
    CONSUMER_NO = "consumer_no", "本人が不同意"
    CENTRE_YES = "centre_yes", "センターとして協力を決定"
    CENTRE_NO = "centre_no", "センターとして協力しないと決定"
    ANSWERED = "answered", "回答した"
    FILED = "filed", "本人が提出した"
    NOTE = "note", "メモ"
    WITHDRAWN = "withdrawn", "取り下げ"


#: Steps in which a thing changes hands: who gave and who took it are needed.
CUSTODY = frozenset({AskStep.KEPT, AskStep.MOVED, AskStep.SENT, AskStep.RETURNED, AskStep.DISPOSED})

#: 特定商取引法60条1項: anybody may ask the minister (or, delegated, the governor) to act. 施行規則の様式は要確認.
PETITION_ARTICLE = "特定商取引法60条1項"
PETITION_VERIFIED = False


def petition_text(card: Mapping[str, Any], *, addressee: str, name: str, address: str, today: date) -> str:
    """The consumer's own filing, to be read, changed, signed and sent by the consumer. Unknown things stand as 〔…〕."""
    amount, signed = card.get("amount"), card.get("contracted_on")
    lines = [
        f"事業者の名前　{card.get('business_name') or '〔事業者の名前〕'}",
        f"事業者の電話・URL　{card.get('business_phone') or card.get('business_url') or '〔電話・URL〕'}",
        f"取引の種類　{card.get('sales_form_label') or '〔訪問販売・通信販売など〕'}",
        f"商品・サービス　{card.get('product_text') or '〔商品・サービスの名前〕'}",
        f"契約した日　{format_date_ja(signed, with_year=True) if signed else '〔契約した日〕'}",
        f"金額　{format_yen(amount) if amount is not None else '〔金額〕'}",
    ]
    return "\n\n".join(
        [
            "申出書",
            f"{format_date_ja(today, with_year=True)}\n{addressee or '〔消費者庁長官・都道府県知事〕'}　殿",
            f"申出人\n住所　{address or '〔住所〕'}\n氏名　{name or '〔氏名〕'}\n電話　〔電話〕",
            "特定商取引に関する法律第60条第1項の規定により、次のとおり申し出ます。",
            "1　申出に係る事業者と取引\n" + "\n".join(lines),
            "2　申出の趣旨\n取引の公正と消費者の利益が害されるおそれがあるため、調査と適当な措置を求めます。",
            f"3　取引のいきさつ\n{card.get('summary') or '〔いつ、どこで、どのように勧誘されたか〕'}",
            "4　参考となる資料\n〔契約書の写し・広告の画面など〕",
        ]
    )
