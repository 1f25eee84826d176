"""Shapes of the API: what goes in and out, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from caasis.channels.vocabulary import HOW, MONEY_MOVING, PAID, REPLY_BY, TOPICS, WHO, YES_NO, codes
from caasis.kernel.terms import Term

#: Text that a database can hold: no NUL, no lone surrogates (JSON can carry both).
CleanText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
ShortText = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


def coded(terms: tuple[Term, ...]) -> dict[str, Any]:
    """What the description says of a coded field. Whether a code is right is judged by the room, with its sentence."""
    return {"enum": sorted(codes(terms))}


class Problem(Schema):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: dict[str, list[str]] | None = None


class ConsultationIn(Schema):
    """A consultation that a consumer sends: the questions of the web form. Name and address are never required."""

    model_config = ConfigDict(extra="forbid")

    topic: ShortText = Field(
        description="cancel・paid・solicitation・product・suspicious・other", json_schema_extra=coded(TOPICS)
    )
    story: Annotated[str, StringConstraints(min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")] = Field(
        description="できごと（4,000字まで）"
    )
    wish: Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[^\x00]*$")] = Field(
        "", description="どうなったらよいか"
    )
    injury: ShortText = Field(
        "unknown", description="けがや体の不調：yes・no・unknown", json_schema_extra=coded(YES_NO)
    )
    money_moving: ShortText = Field(
        "unknown", description="お金の予定：soon・later・no・unknown", json_schema_extra=coded(MONEY_MOVING)
    )
    who: ShortText = Field("self", description="どなたのことか：self・family・other", json_schema_extra=coded(WHO))
    how: ShortText = Field(
        "unknown",
        description="契約のしかた：visit・call・net・shop・friend・buyer・none・unknown",
        json_schema_extra=coded(HOW),
    )
    product: ShortText = Field("", description="品物・サービス")
    business: ShortText = Field("", description="相手の名前。聞いたまま")
    contracted_on: ShortText = Field("unknown", description="契約した日（2026-03-01）か unknown")
    document: ShortText = Field(
        "unknown", description="契約の書類を受け取ったか：yes・no・unknown", json_schema_extra=coded(YES_NO)
    )
    document_on: ShortText = Field("", description="書類を受け取った日（2026-03-01）か unknown")
    amount: int | ShortText = Field("unknown", description="契約の金額（円）か unknown")
    paid: ShortText = Field("unknown", description="none・part・all・unknown", json_schema_extra=coded(PAID))
    name: ShortText = Field("", description="お名前（なくてもよい）")
    kana: ShortText = Field("", description="ふりがな（なくてもよい）")
    age: int | None = Field(None, description="年齢（なくてもよい）")
    postcode: ShortText = Field("", description="郵便番号。担当センターを決める")
    prefecture: ShortText = Field("", description="都道府県コード（01〜47）。郵便番号がわからないとき")
    reply_by: ShortText = Field(
        "site", description="お返事の方法：site・phone・mail", json_schema_extra=coded(REPLY_BY)
    )
    phone: ShortText = Field("", description="電話番号（なくてもよい）")
    mail: ShortText = Field("", description="メールアドレス（なくてもよい）")
    faq_number: ShortText = Field("", description="先に読んだ「よくある質問」の番号")


class ConsultationReceipt(Schema):
    """What the consumer keeps. The secret is told here and nowhere else, and to a repeated request for a day only."""

    receipt_number: str
    secret: str | None = Field(description="暗証番号。送ってから1日をすぎた送り直しには出さない（null）")
    repeated: bool = Field(description="同じ Idempotency-Key で、もう送られていた")
    centre: str
    deadlines: list[str] = Field(description="動いているかもしれない期限と、いまできること")


class ConsultationMessage(Schema):
    author: str
    written_at: datetime
    text: str


class ConsultationStatus(Schema):
    receipt_number: str
    state: str
    state_label: str
    centre: str
    received_at: datetime
    messages: list[ConsultationMessage]


class CaseLine(Schema):
    """A case in a list: no names, no numbers of people."""

    id: UUID
    receipt_number: str
    state: str
    kind: str
    channel: str
    title: str
    product: str
    sales_form: str
    amount: int | None
    age: int | None
    sex: str
    prefecture_code: str
    received_at: datetime
    touched_at: datetime
    version: int


class CasePage(Schema):
    items: list[CaseLine]
    next_cursor: str | None = None


class CaseOut(CaseLine):
    """One case with its card. `personal` is there only when a purpose was given and the actor may open it."""

    card: dict[str, Any]
    parts: list[dict[str, Any]] = Field(
        description="契約・関係者・事業者・けがのすべて：id・kind・number・on_card（カードにある）・values"
    )
    personal: dict[str, str] | None = None
    owning_centre_id: UUID
    handling_centre_id: UUID
    registered_at: datetime | None = None
    reopened_count: int


class CaseIn(Schema):
    """A new case. `card` takes the fields that `GET cases/fields` lists; all are optional."""

    model_config = ConfigDict(extra="forbid")

    card: dict[ShortText, Any] = Field(default_factory=dict, max_length=80)
    parts: dict[ShortText, Any] = Field(
        default_factory=dict, max_length=4, description="2つめからの契約など。contract・party・business・harm ごとの並び"
    )
    received_at: datetime | None = None
    take: bool = True


class CasePatch(Schema):
    """Changed fields of the card, and the version that they were read at."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1)
    changes: dict[ShortText, Any] = Field(max_length=80)


class SaveOut(Schema):
    version: int
    changed: list[str]
    merged: list[str]


class TransitionIn(Schema):
    """A verb: begin_advice, begin_mediation, finish_handling, request_approval, withdraw_request, approve, return_case,
    reopen. `reason` is needed for return_case and reopen."""

    model_config = ConfigDict(extra="forbid")

    verb: ShortText
    reason: Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")] = ""
    confirmed_checks: list[ShortText] = Field(default_factory=list, max_length=40)


class TransitionOut(Schema):
    state: str
    version: int


class FieldOut(Schema):
    name: str
    label: str
    kind: str
    code_list: str
    personal: bool


class StatisticsCell(Schema):
    key: str
    label: str
    cases: int
    amount: int


class StatisticsOut(Schema):
    """Counts by one dimension and the metrics of the same slice."""

    model_config = ConfigDict(populate_by_name=True)

    by: str
    from_: date = Field(serialization_alias="from")
    to: date
    definition: str
    cells: list[StatisticsCell]
    metrics: dict[str, float | int | None]
