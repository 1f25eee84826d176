"""The web form's answers as coded terms. 「わからない」 is a legitimate answer and has a code of its own."""

from __future__ import annotations

from collections.abc import Iterable

from caasis.kernel.terms import Term

UNKNOWN = "unknown"

#: いちばん近い困りごと. Also the situations of the portal's top page, so that an article leads to the form's answer.
TOPICS = (
    Term("cancel", "契約したけれど、やめたい"),
    Term("paid", "お金を払ってしまった"),
    Term("solicitation", "しつこい勧誘を断りたい"),
    Term("product", "品物やサービスがおかしい"),
    Term("suspicious", "だまされているかもしれない"),
    Term("other", "ほか・わからない"),
)
YES_NO = (Term("yes", "はい"), Term("no", "いいえ"), Term(UNKNOWN, "わからない"))
MONEY_MOVING = (
    Term("soon", "3日以内に払う・引き落とされる"),
    Term("later", "もっと先に払う予定がある"),
    Term("no", "払う予定はない"),
    Term(UNKNOWN, "わからない"),
)
WHO = (Term("self", "自分のこと"), Term("family", "家族のこと"), Term("other", "ほかの人のこと"))
#: How the contract was made, as people say it; `sales_form` below gives the statistical code.
HOW = (
    Term("visit", "家に来た"),
    Term("call", "電話がかかってきた"),
    Term("net", "インターネットで"),
    Term("shop", "お店で"),
    Term("friend", "友人・知人から"),
    Term("buyer", "家に買い取りに来た"),
    Term("none", "まだ契約していない"),
    Term(UNKNOWN, "ほか・わからない"),
)
PAID = (
    Term("none", "払っていない"),
    Term("part", "一部を払った"),
    Term("all", "全部払った"),
    Term(UNKNOWN, "わからない"),
)
#: What may take a right to cancel away. Asked in one question; nothing is assumed of what isn't ticked.
EXCEPTIONS = (
    Term("business", "仕事や商売のための契約"),
    Term("requested", "こちらから、来てほしい・電話してほしいと頼んだ"),
    Term("car", "自動車の契約"),
    Term("consumed", "化粧品や健康食品などで、もう使ったものがある"),
    Term("none", "どれもあてはまらない"),
    Term(UNKNOWN, "わからない"),
)
REPLY_BY = (
    Term("site", "このサイトで読む（受付番号を使います）"),
    Term("phone", "電話"),
    Term("mail", "メール"),
)
QUIET = (
    Term("family_secret", "家族に知られないようにしてほしい"),
    Term("no_voicemail", "留守番電話に残さないでほしい"),
    Term("plain_envelope", "手紙は、センターの名前が見えない封筒で"),
)

#: How → 販売購入形態. A friend's offer may be many things (連鎖販売 among them): it stays unknown until somebody asks.
SALES_FORM_OF_HOW = {
    "visit": "door_to_door",
    "call": "telephone",
    "net": "mail_order",
    "shop": "shop",
    "friend": UNKNOWN,
    "buyer": "purchase",
    "none": UNKNOWN,
    UNKNOWN: UNKNOWN,
}

#: Roles of whoever a contact is with.
PARTY_ROLES = (Term("consumer", "相談者"), Term("helper", "支援者"), Term("business", "事業者"), Term("other", "ほか"))


def codes(terms: Iterable[Term]) -> frozenset[str]:
    """The codes of some terms."""
    return frozenset(term.code for term in terms)


def choices(terms: Iterable[Term]) -> list[tuple[str, str]]:
    """Terms as a form's choices."""
    return [(term.code, term.label) for term in terms]


def label_of(terms: Iterable[Term], code: str) -> str:
    """The label of a code; an unknown code is shown as it is, never dropped."""
    return next((term.label for term in terms if term.code == code), code)
