"""Cases for staff: list, create, read, change, lead along a verb."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Query, Router, Schema, Status
from pydantic import Field

from caasis.cases import services
from caasis.cases.models import Case, Contract
from caasis.cases.rules.card import FIELDS, to_json
from caasis.cases.selectors import contract_party_of, get_case, open_personal, read_card, visible_cases, with_parts
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import Invalid, WrongState
from caasis.provision.auth import StaffAuth, actor_from
from caasis.provision.cursors import decode_cursor, encode_cursor
from caasis.provision.parts import parts_out
from caasis.provision.schemas import (
    CaseIn,
    CaseOut,
    CasePage,
    CasePatch,
    FieldOut,
    Problem,
    SaveOut,
    ShortText,
    TransitionIn,
    TransitionOut,
)

router = Router(auth=StaffAuth())
_CONFLICT = {409: Problem}


class CaseQuery(Schema):
    scope: ShortText = Field(
        "centre",
        json_schema_extra={"enum": ["centre", "mine", "all"]},
        description="centre（自分のセンター）・mine（自分の担当）・all（見られる全部）",
    )
    state: ShortText = ""
    channel: ShortText = ""
    product: ShortText = ""
    sales_form: ShortText = ""
    cursor: ShortText = ""
    limit: int = Field(50, ge=1, le=200)


def _line(case: Case) -> dict[str, Any]:
    contract = next(iter(case.contracts.all()), None)
    party = contract_party_of(case)
    return {
        "id": case.id,
        "receipt_number": case.receipt_number,
        "state": case.state,
        "kind": case.kind,
        "channel": case.channel,
        "title": case.title,
        "product": contract.product if contract else "",
        "sales_form": contract.sales_form if contract else "",
        "amount": contract.amount if contract else None,
        "age": party.age if party else None,
        "sex": party.sex if party else "",
        "prefecture_code": case.prefecture_code,
        "received_at": case.received_at,
        "touched_at": case.touched_at,
        "version": case.version,
    }


@router.get("/fields", response={200: list[FieldOut]}, operation_id="list_card_fields", summary="カードの項目")
def list_fields(request: HttpRequest) -> Any:
    """The fields of a card, their kinds and code lists."""
    return [
        {"name": f.name, "label": f.label, "kind": f.kind.value, "code_list": f.code_list, "personal": f.sealed}
        for f in FIELDS
    ]


@router.get("", response={200: CasePage}, operation_id="list_cases", summary="相談の一覧")
def list_cases(request: HttpRequest, query: Query[CaseQuery]) -> Any:
    """Cases that the caller may see, newest first. `next_cursor` is null on the last page."""
    actor = actor_from(request)
    rows = visible_cases(actor=actor)
    if query.scope == "mine":
        rows = rows.filter(counsellor_id=actor.id)
    elif query.scope == "centre" and actor.centre_id is not None:
        rows = rows.filter(handling_centre_id=actor.centre_id)
    elif query.scope not in ("centre", "all"):
        raise Invalid(fields={"scope": ["centre・mine・all のどれかにしてください。"]})
    for name, column in (("state", "state"), ("channel", "channel")):
        if getattr(query, name):
            rows = rows.filter(**{column: getattr(query, name)})
    if query.product or query.sales_form:
        # One contract that meets all conditions; a join would show a case once for each of its contracts.
        contracts = Contract.objects.filter(case=OuterRef("pk"), product__startswith=query.product)
        if query.sales_form:
            contracts = contracts.filter(sales_form=query.sales_form)
        rows = rows.filter(Exists(contracts))
    if query.cursor:
        at, row_id = decode_cursor(query.cursor)
        rows = rows.filter(Q(received_at__lt=at) | Q(received_at=at, id__lt=row_id))
    found = list(with_parts(rows.order_by("-received_at", "-id"))[: query.limit + 1])
    page = found[: query.limit]
    more = len(found) > query.limit
    return {
        "items": [_line(case) for case in page],
        "next_cursor": encode_cursor(page[-1].received_at, page[-1].id) if more else None,
    }


@router.post("", response={201: CaseOut}, operation_id="open_case", summary="相談を受け付ける")
def create_case(
    request: HttpRequest, payload: CaseIn, idempotency_key: ShortText = Header("", alias="Idempotency-Key")
) -> Any:
    """Open a case. With an `Idempotency-Key` header a repeated request gives the first case back."""
    actor = actor_from(request)
    _check_arrival(payload.received_at)
    case = services.open_case(
        actor=actor,
        card=payload.card,
        received_at=payload.received_at,
        take=payload.take,
        idempotency_key=_key_of(idempotency_key),
        strict=True,
        further=payload.parts,
    )
    return Status(201, _out(case, actor))


def _check_arrival(at: datetime | None) -> None:
    if at is None:
        return
    if at.tzinfo is None:
        raise Invalid(fields={"received_at": ["時差をつけてください（例 2026-04-01T09:00:00+09:00）。"]})
    # Cases are taken over from paper, so the past is long; a day ahead allows for a clock that is wrong.
    if at.year < 1950 or at > timezone.now() + timedelta(days=1):
        raise Invalid(fields={"received_at": ["受け付けた日時を確かめてください。"]})


def _key_of(given: str) -> str | None:
    """The caller's key, shortened so that two long keys with the same beginning stay two."""
    if len(given) <= 40:
        return given or None
    return hashlib.sha256(given.encode()).hexdigest()[:40]


@router.get("/{uuid:case_id}", response={200: CaseOut}, operation_id="get_case", summary="相談を読む")
def read_case(request: HttpRequest, case_id: UUID, purpose: ShortText = "") -> Any:
    """One case. With `purpose` (own_case, advice, approval, handover, consumer_request) the personal fields are opened
    and the opening is logged."""
    actor = actor_from(request)
    case = get_case(actor=actor, case_id=case_id)
    out = _out(case, actor)
    if purpose:
        try:
            stated = Purpose(purpose)
        except ValueError:
            raise Invalid(fields={"purpose": ["目的を一覧から選んでください。"]}) from None
        if stated in (Purpose.SYSTEM_TASK, Purpose.BREAK_GLASS, Purpose.IMPORT_EXPORT):
            raise Invalid(fields={"purpose": ["この目的では開けません。"]})
        out["personal"] = open_personal(case, actor=actor, purpose=stated)
    return out


@router.patch(
    "/{uuid:case_id}", response={200: SaveOut, **_CONFLICT}, operation_id="save_card", summary="カードを保存する"
)
def patch_case(request: HttpRequest, case_id: UUID, payload: CasePatch) -> Any:
    """Save changed fields. 409 when somebody else changed the same field since `version`."""
    result = services.save_card(
        actor=actor_from(request), case_id=case_id, version=payload.version, changes=payload.changes, strict=True
    )
    return {"version": result.case.version, "changed": list(result.fields), "merged": list(result.merged)}


@router.post(
    "/{uuid:case_id}/transitions",
    response={200: TransitionOut, **_CONFLICT},
    operation_id="lead_case",
    summary="状態を進める",
)
def transition(request: HttpRequest, case_id: UUID, payload: TransitionIn) -> Any:
    """Lead a case along a verb."""
    actor = actor_from(request)
    _lead(actor, case_id, payload)
    case = get_case(actor=actor, case_id=case_id)
    return {"state": case.state, "version": case.version}


def _lead(actor: Actor, case_id: UUID, payload: TransitionIn) -> None:
    match payload.verb:
        case "begin_advice" | "begin_mediation" | "finish_handling":
            services.change_state(actor=actor, case_id=case_id, verb=payload.verb)
        case "request_approval":
            services.request_approval(actor=actor, case_id=case_id, reply=payload.reason)
        case "withdraw_request":
            services.withdraw_request(actor=actor, case_id=case_id)
        case "reopen":
            services.reopen_case(actor=actor, case_id=case_id, reason=payload.reason)
        case "approve" | "return_case":
            case = get_case(actor=actor, case_id=case_id)
            waiting = case.approvals.filter(state="waiting").first()
            if waiting is None:
                raise WrongState("決裁待ちの依頼がありません。")
            services.decide(
                actor=actor,
                approval_id=waiting.id,
                approve=payload.verb == "approve",
                reason=payload.reason,
                confirmed_checks=payload.confirmed_checks,
            )
        case _:
            raise Invalid(fields={"verb": ["この操作はありません。"]})


def _out(case: Case, actor: Actor) -> dict[str, Any]:
    return {
        **_line(case),
        "card": to_json(read_card(case)),
        "personal": None,
        "parts": parts_out(case),
        "owning_centre_id": case.owning_centre_id,
        "handling_centre_id": case.handling_centre_id,
        "registered_at": case.registered_at,
        "reopened_count": case.reopened_count,
    }
