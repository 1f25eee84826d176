"""The answers of a 見守り情報 as coded terms. 「わからない」 is always an answer."""

from __future__ import annotations

from caasis.channels.vocabulary import UNKNOWN
from caasis.kernel.terms import Term

#: What was noticed. Several can be ticked.
SIGNS = (
    Term("visitors", "知らない人や業者が、よく出入りしている"),
    Term("goods", "使っていない品物や段ボールが、たまっている"),
    Term("papers", "見なれない契約書、請求書、はがきがある"),
    Term("works", "家の工事や点検が、何度も続いている"),
    Term("money", "お金に困っている、大きなお金を急に引き出した"),
    Term("calls", "電話やメールの相手に、お金の話をされている"),
    Term("manner", "ようすがいつもとちがう、物忘れが心配"),
    Term("other", "そのほか"),
)
ABOUT = (
    Term("elderly", "高齢の方"),
    Term("disabled", "障害のある方"),
    Term("both", "高齢で、障害のある方"),
    Term("other", "ほかの方"),
    Term(UNKNOWN, "わからない"),
)
AGE_BANDS = (
    Term("under65", "65歳より下"),
    Term("65to74", "65歳から74歳"),
    Term("75to84", "75歳から84歳"),
    Term("85up", "85歳以上"),
    Term(UNKNOWN, "わからない"),
)
#: Whether the person knows of the report and agrees.
CONSENT = (
    Term("yes", "知らせていて、よいと言っている"),
    Term("no", "知らせていない、または、いやだと言っている"),
    Term(UNKNOWN, "わからない"),
)
CONSENT_SHORT = {"yes": "あり", "no": "なし", UNKNOWN: "わからない"}
URGENCY = (
    Term("money", "数日のうちに、お金を払いそう・引き落とされそう"),
    Term("soon", "なるべく早く見てほしい"),
    Term("calm", "急がないが、知らせておきたい"),
    Term(UNKNOWN, "わからない"),
)
RELATIONS = (
    Term("family", "家族・親せき"),
    Term("neighbour", "近所の人・友人"),
    Term("care", "介護や医療の仕事で会う"),
    Term("shop", "店や配達の仕事で会う"),
    Term("other", "ほか"),
)
MEMBER_KINDS = (
    Term("care_manager", "ケアマネジャー・介護の事業所"),
    Term("welfare", "民生委員・児童委員"),
    Term("support_centre", "地域包括支援センター・社会福祉協議会"),
    Term("medical", "病院・薬局"),
    Term("police", "警察"),
    Term("bank", "銀行・郵便局"),
    Term("delivery", "配達・小売り"),
    Term("municipality", "市区町村の部署"),
    Term("other", "ほか"),
)
