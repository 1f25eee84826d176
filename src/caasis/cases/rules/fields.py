"""The fields of the card, and which table keeps each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    """One input of the card. `sealed` says that it is personal data, `unit` is what a number counts.

    `owner` says who keeps it: case, person (of the consumer), party (the consumer), second_party (the contract party,
    where that is somebody else), contract, law (facts of the contract on which deadlines depend, under the names of
    engines.deadlines.Facts), harm, business.
    """

    name: str
    label: str
    owner: str
    kind: Kind
    code_list: str = ""
    sealed: bool = False
    limit: int = 0
    unit: str = ""


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
    Field("consumer_age", "年齢", "party", _K.NUMBER, limit=130, unit="歳"),
    Field("consumer_occupation", "職業", "party", _K.CODE, "occupation"),
    Field("consumer_residence", "住まいとの関係", "party", _K.CODE, "residence"),
    Field("consumer_language", "言語", "party", _K.CODE, "language"),
    Field("consumer_care", "連絡・応対の配慮", "party", _K.CODES, "contact_care"),
    Field("contract_party_is_consumer", "契約当事者も本人", "party", _K.MAYBE),
    Field("party_relation", "相談者から見た続柄", "second_party", _K.TEXT, limit=30),
    Field("party_sex", "契約当事者の性別", "second_party", _K.CODE, "sex"),
    Field("party_age", "契約当事者の年齢", "second_party", _K.NUMBER, limit=130, unit="歳"),
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
    Field("notice_means", "解約通知の方法", "contract", _K.CODE, "notice_means"),
    Field("led_by", "契約のきっかけ", "contract", _K.CODE, "led_by"),
    Field("contract_place", "契約した場所", "contract", _K.TEXT, limit=60),
    Field("overview_document_on", "概要書面を受け取った日", "contract", _K.DAY),
    Field("service_until", "サービスの終わる日", "contract", _K.DAY),
    Field("outstanding", "残っている支払い", "contract", _K.YEN),
    Field("refunded", "返ってきた金額", "contract", _K.YEN),
    Field("credit_company", "クレジット・カード会社", "contract", _K.TEXT, limit=80),
    Field("instalments", "支払回数", "contract", _K.NUMBER, limit=999, unit="回"),
    Field("content_classes", "内容別分類", "contract", _K.CODES, "content_class"),
    Field("keywords", "キーワード", "contract", _K.WORDS),
    Field("applied_on", "申し込んだ日", "law", _K.DAY),
    Field("contract_document_received", "契約書面を受け取った", "law", _K.MAYBE),
    Field("contract_document_electronic", "契約書面は電子データ", "law", _K.MAYBE),
    Field("application_document_received", "申込書面を受け取った", "law", _K.MAYBE),
    Field("application_document_electronic", "申込書面は電子データ", "law", _K.MAYBE),
    Field("application_document_faulty", "申込書面の不備", "law", _K.MAYBE),
    Field("electronic_consent", "電子書面を有効に承諾した", "law", _K.MAYBE),
    Field("individual_credit", "個別クレジットの契約", "law", _K.MAYBE),
    Field("credit_document_received", "クレジット書面を受け取った", "law", _K.MAYBE),
    Field("credit_document_electronic", "クレジット書面は電子データ", "law", _K.MAYBE),
    Field("credit_document_faulty", "クレジット書面の不備", "law", _K.MAYBE),
    Field("card_instalments", "カードの分割・リボ払い", "law", _K.MAYBE),
    Field("reissued_document_on", "妨害の後の新しい書面の日", "law", _K.DAY),
    Field("reissued_with_explanation", "新しい書面の口頭での説明", "law", _K.MAYBE),
    Field("delivered", "商品が届いた", "law", _K.MAYBE),
    Field("service_started_on", "サービスの始まった日", "law", _K.DAY),
    Field("moved_in_on", "入居した日", "law", _K.DAY),
    Field("visit_matched_request", "頼んだ内容と値段どおり", "law", _K.MAYBE),
    Field("advertised_amount", "広告や電話で聞いた金額", "law", _K.YEN),
    Field("requested_call", "電話を頼んだ", "law", _K.MAYBE),
    Field("business_use", "営業のための契約", "law", _K.MAYBE),
    Field("runs_shop", "店を構えて営業する", "law", _K.MAYBE),
    Field("resale_type", "再販売型の連鎖販売", "law", _K.MAYBE),
    Field("settled_at_signing", "その場で受け取り全額を払った", "law", _K.MAYBE),
    Field("car", "自動車の契約", "law", _K.MAYBE),
    Field("consumable_used", "消耗品の使用", "law", _K.CODE, "consumable_used"),
    Field("consumable_warned", "使うと解約不可と書面にある", "law", _K.MAYBE),
    Field("consumable_made_to_use", "事業者に使わされた", "law", _K.MAYBE),
    Field("purchase_goods_excluded", "訪問購入の対象外の品", "law", _K.MAYBE),
    Field("service_listed", "特定継続的役務の7業種", "law", _K.MAYBE),
    Field("service_period_long", "期間が要件を超える", "law", _K.MAYBE),
    Field("goods_or_right", "商品か特定権利（役務でない）", "law", _K.MAYBE),
    Field("return_policy_shown", "返品の条件の表示があった", "law", _K.MAYBE),
    Field("excess_quantity", "ふつうに使う量を超える", "law", _K.MAYBE),
    Field("at_office", "事業者の事務所等での契約", "law", _K.MAYBE),
    Field("settled_real_estate", "不動産の引渡しと全額の支払い", "law", _K.MAYBE),
    Field("telecom_service", "電気通信サービス", "law", _K.MAYBE),
    Field("mobile_service", "携帯電話・モバイル回線", "law", _K.MAYBE),
    Field("harm_injured", "けがをした（いいえは危険のみ）", "harm", _K.MAYBE),
    Field("harm_on", "けが・事故の日", "harm", _K.DAY),
    Field("harm_place", "けが・事故の場所", "harm", _K.TEXT, limit=60),
    Field("harm_kind", "危害の内容", "harm", _K.CODE, "harm_kind"),
    Field("harm_degree", "危害の程度", "harm", _K.CODE, "harm_degree"),
    Field("harm_days", "治療にかかる日数", "harm", _K.NUMBER, limit=3650, unit="日"),
    Field("harm_product", "けがをした品物", "harm", _K.TEXT, limit=80),
    Field("harm_model", "型番", "harm", _K.TEXT, limit=80),
    Field("harm_lot", "製造番号・ロット", "harm", _K.TEXT, limit=80),
    Field("harm_kept", "品物を保管している", "harm", _K.MAYBE),
    Field("business_name", "相手方事業者", "business", _K.TEXT, limit=160),
    Field("business_phone", "事業者の電話", "business", _K.TEXT, limit=40),
    Field("business_url", "事業者のURL", "business", _K.TEXT, limit=200),
)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
SEALED_NAMES = frozenset(field.name for field in FIELDS if field.sealed)


def _owned(owner: str) -> tuple[str, ...]:
    return tuple(field.name for field in FIELDS if field.owner == owner)


CASE_NAMES = _owned("case")
#: Columns of the contract, and what of it is kept together as facts for the law.
CONTRACT_NAMES = _owned("contract")
LAW_NAMES = _owned("law")
#: Card field → the column of its party, harm or business.
CONSUMER_NAMES = {
    "consumer_sex": "sex",
    "consumer_age": "age",
    "consumer_occupation": "occupation",
    "consumer_residence": "residence",
    "consumer_language": "language",
    "consumer_care": "care",
}
OTHER_NAMES = {"party_relation": "relation", "party_sex": "sex", "party_age": "age", "party_occupation": "occupation"}
HARM_NAMES = {
    "harm_injured": "injured",
    "harm_on": "happened_on",
    "harm_place": "place",
    "harm_kind": "kind",
    "harm_degree": "degree",
    "harm_days": "treatment_days",
    "harm_product": "product",
    "harm_model": "model",
    "harm_lot": "lot",
    "harm_kept": "kept",
}
BUSINESS_NAMES = {"business_name": "name_as_heard", "business_phone": "phone", "business_url": "url"}
#: What a field without a value reads as, by its kind.
EMPTY: dict[Kind, object] = {
    Kind.TEXT: "",
    Kind.LONG_TEXT: "",
    Kind.CODE: "",
    Kind.CODES: [],
    Kind.WORDS: [],
    Kind.DAY: None,
    Kind.YEN: None,
    Kind.NUMBER: None,
    Kind.FLAG: False,
    Kind.MAYBE: None,
}
