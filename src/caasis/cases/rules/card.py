"""The card: the flat form of a record's main party, contract and business, as screen, API, draft and approval use it.

A card is a plain dict from the field names below to JSON values. Days are `date`, amounts whole yen, unknown is None
(or an empty text); True/False/None where a fact may be unknown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from caasis.engines.japanese import format_date_ja, format_yen, parse_japanese_date, parse_yen


class Kind(StrEnum):
    """How a field is typed and shown."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CODE = "code"
    CODES = "codes"
    WORDS = "words"
    DAY = "day"
    YEN = "yen"
    NUMBER = "number"
    FLAG = "flag"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the card. `owner` is the table that keeps it, `sealed` says that it is personal data."""

    name: str
    label: str
    owner: str
    kind: Kind
    code_list: str = ""
    sealed: bool = False
    limit: int = 0


_K = Kind
FIELDS: tuple[Field, ...] = (
    Field("kind", "相談の種類", "case", _K.CODE, "kind"),
    Field("channel", "受付方法", "case", _K.CODE, "channel"),
    Field("route", "受付経路", "case", _K.CODE, "route"),
    Field("title", "件名", "case", _K.TEXT, limit=120),
    Field("summary", "相談概要", "case", _K.LONG_TEXT, limit=20_000),
    Field("handling", "処理概要", "case", _K.LONG_TEXT, limit=20_000),
    Field("result", "処理結果", "case", _K.CODE, "result"),
    Field("ended_reason", "終えた理由", "case", _K.CODE, "ended_reason"),
    Field("injury", "けが・事故", "case", _K.FLAG),
    Field("money_moving", "お金が動きそう", "case", _K.FLAG),
    Field("consumer_name", "相談者の氏名", "person", _K.TEXT, sealed=True, limit=80),
    Field("consumer_kana", "ふりがな", "person", _K.TEXT, sealed=True, limit=120),
    Field("consumer_phone", "電話番号", "person", _K.TEXT, sealed=True, limit=40),
    Field("consumer_mail", "メールアドレス", "person", _K.TEXT, sealed=True, limit=200),
    Field("consumer_postcode", "郵便番号", "person", _K.TEXT, sealed=True, limit=10),
    Field("consumer_address", "住所", "person", _K.TEXT, sealed=True, limit=200),
    Field("contact_note", "連絡のしかた", "person", _K.TEXT, sealed=True, limit=200),
    Field("prefecture_code", "都道府県", "party", _K.TEXT, "prefecture", limit=2),
    Field("municipality_code", "市区町村", "party", _K.TEXT, "municipality", limit=5),
    Field("consumer_sex", "性別", "party", _K.CODE, "sex"),
    Field("consumer_age", "年齢", "party", _K.NUMBER, limit=130),
    Field("consumer_occupation", "職業", "party", _K.CODE, "occupation"),
    Field("contract_party_is_consumer", "契約当事者も本人", "party", _K.MAYBE),
    Field("party_relation", "相談者から見た続柄", "second_party", _K.TEXT, limit=30),
    Field("party_sex", "契約当事者の性別", "second_party", _K.CODE, "sex"),
    Field("party_age", "契約当事者の年齢", "second_party", _K.NUMBER, limit=130),
    Field("party_occupation", "契約当事者の職業", "second_party", _K.CODE, "occupation"),
    Field("product", "商品・役務", "contract", _K.CODE, "product"),
    Field("product_text", "商品・役務（聞いたまま）", "contract", _K.TEXT, limit=80),
    Field("sales_form", "販売購入形態", "contract", _K.CODE, "sales_form"),
    Field("transaction_types", "取引類型", "contract", _K.CODES, "transaction_type"),
    Field("contracted_on", "契約日", "contract", _K.DAY),
    Field("application_document_on", "申込書面を受け取った日", "contract", _K.DAY),
    Field("contract_document_on", "書面を受け取った日", "contract", _K.DAY),
    Field("credit_document_on", "クレジット書面を受け取った日", "contract", _K.DAY),
    Field("delivered_on", "商品が届いた日", "contract", _K.DAY),
    Field("document_faulty", "書面の不備", "contract", _K.MAYBE),
    Field("obstructed", "クーリング・オフの妨害", "contract", _K.MAYBE),
    Field("requested_visit", "来訪を頼んだ", "contract", _K.MAYBE),
    Field("amount", "契約金額", "contract", _K.YEN),
    Field("paid", "既支払額", "contract", _K.YEN),
    Field("payment_method", "支払方法", "contract", _K.CODE, "payment_method"),
    Field("notice_sent_on", "解約通知を出した日", "contract", _K.DAY),
    Field("content_classes", "内容別分類", "contract", _K.CODES, "content_class"),
    Field("keywords", "キーワード", "contract", _K.WORDS),
    Field("business_name", "相手方事業者", "business", _K.TEXT, limit=160),
    Field("business_phone", "事業者の電話", "business", _K.TEXT, limit=40),
    Field("business_url", "事業者のURL", "business", _K.TEXT, limit=200),
)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
SEALED_NAMES = frozenset(field.name for field in FIELDS if field.sealed)

#: Most keywords that a case may carry.
MAX_KEYWORDS = 5
#: 相談概要 is counted up to this many characters when the case is registered.
SUMMARY_LIMIT = 500

IsCode = Callable[[str, str], bool]


def clean_card(
    raw: Mapping[str, Any], *, today: date, is_code: IsCode
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed or sent, as typed values, and sentences for what can't be taken.

    Tolerant: full width, era dates, 「3万8千円」. Names that are no field of the card are ignored by forms and refused by
    the API, which checks before. `is_code(list, code)` says whether a code exists.
    """
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, given in raw.items():
        field = BY_NAME.get(name)
        if field is None:
            continue
        try:
            values[name] = _clean(field, given, today, is_code)
        except ValueError as error:
            errors[name] = [str(error)]
    return values, errors


def _clean(field: Field, given: Any, today: date, is_code: IsCode) -> Any:
    match field.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            return _text(field, given)
        case Kind.CODE:
            code = _text(field, given)
            if code and not is_code(field.code_list, code):
                raise ValueError(f"{field.label}を一覧から選んでください。")
            return code
        case Kind.CODES:
            codes = [str(code) for code in _list(given)]
            if any(not is_code(field.code_list, code) for code in codes):
                raise ValueError(f"{field.label}を一覧から選んでください。")
            return list(dict.fromkeys(codes))
        case Kind.WORDS:
            words = [word.strip()[:30] for item in _list(given) for word in _text(field, str(item)).replace("、", " ").split()]
            words = list(dict.fromkeys(word for word in words if word))
            if len(words) > MAX_KEYWORDS:
                raise ValueError(f"{field.label}は{MAX_KEYWORDS}つまでです。")
            return words
        case Kind.DAY:
            return _day(field, given, today)
        case Kind.YEN:
            return _yen(field, given)
        case Kind.NUMBER:
            return _number(field, given)
        case Kind.FLAG:
            return given in (True, "true", "on", "1", "yes", 1)
        case Kind.MAYBE:
            if given in (None, "", "unknown"):
                return None
            return given in (True, "true", "on", "1", "yes", 1)


def _text(field: Field, given: Any) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise ValueError(f"{field.label}は文字で入力してください。")
    # A NUL can't be stored, and line ends differ between browsers.
    text = given.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError(f"{field.label}に読めない文字があります。打ち直してください。")
    if field.limit and len(text) > field.limit:
        raise ValueError(f"{field.label}は{field.limit:,}字までです。短くしてください。")
    return text


def _list(given: Any) -> list[Any]:
    if given in (None, ""):
        return []
    if isinstance(given, str):
        return [item for item in given.split(",") if item]
    if isinstance(given, list | tuple):
        return list(given)
    raise ValueError("一覧から選んでください。")


def _day(field: Field, given: Any, today: date) -> date | None:
    if given in (None, ""):
        return None
    if isinstance(given, date):
        day: date | None = given
    else:
        day = parse_japanese_date(str(given)[:40], today)
    if day is None:
        raise ValueError(f"{field.label}を「2026年11月3日」のように入力してください。")
    if not 1950 <= day.year <= today.year + 10:
        raise ValueError(f"{field.label}の年を確かめてください。")
    return day


def _yen(field: Field, given: Any) -> int | None:
    if given in (None, ""):
        return None
    amount = given if isinstance(given, int) and not isinstance(given, bool) else parse_yen(str(given)[:40])
    if amount is None or not 0 <= amount <= 10**13:
        raise ValueError(f"{field.label}を「38000」か「3万8千円」のように入力してください。")
    return int(amount)


def _number(field: Field, given: Any) -> int | None:
    if given in (None, ""):
        return None
    text = str(given).strip().removesuffix("歳").removesuffix("才")
    if not text.isdecimal() or len(text) > 4 or int(text) > field.limit:
        raise ValueError(f"{field.label}を0から{field.limit}までの数字で入力してください。")
    return int(text)


def show(name: str, value: Any, label_of: Callable[[str, str], str]) -> str:
    """A value as a person reads it, for differences and prints."""
    field = BY_NAME[name]
    if value in (None, "", []):
        return ""
    match field.kind:
        case Kind.DAY:
            return format_date_ja(value if isinstance(value, date) else date.fromisoformat(value))
        case Kind.YEN:
            return format_yen(int(value))
        case Kind.CODE:
            return label_of(field.code_list, value)
        case Kind.TEXT if field.code_list:
            return label_of(field.code_list, value)
        case Kind.CODES:
            return "・".join(label_of(field.code_list, code) for code in value)
        case Kind.WORDS:
            return "・".join(value)
        case Kind.NUMBER:
            return f"{value}歳"
        case Kind.FLAG:
            return "あり" if value else ""
        case Kind.MAYBE:
            return "はい" if value else "いいえ"
        case _:
            return str(value)


def to_json(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card with days as ISO texts."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in card.items()}


def from_json(text: str) -> dict[str, Any]:
    """A draft's card: values stay as they were typed (texts), because a draft may hold what isn't valid yet."""
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of the fields whose value differs, in the card's order."""
    empty: tuple[Any, ...] = (None, "", [])
    return [
        field.name
        for field in FIELDS
        if field.name in after
        and before.get(field.name) != after[field.name]
        and not (before.get(field.name) in empty and after[field.name] in empty)
    ]
