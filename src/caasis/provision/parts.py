"""Parts of a case for staff: any number of contracts, parties, businesses and harms."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status
from pydantic import ConfigDict, Field

from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.parts import parts_of, read_part
from caasis.cases.rules.card import to_json
from caasis.cases.rules.parts import PartKind
from caasis.provision.auth import StaffAuth, actor_from
from caasis.provision.schemas import Problem, SaveOut, ShortText

router = Router(auth=StaffAuth())
_CONFLICT = {409: Problem}
#: What stands in the address: the description names the kinds, and an unknown one is refused before anything is read.
KindInPath = Annotated[PartKind, Path(description="contract・party・business・harm")]


class PartOut(Schema):
    """One part. `values` are open values; names and addresses of a party never leave this way."""

    id: UUID
    kind: str
    number: int
    on_card: bool
    values: dict[str, Any]


class PartIn(Schema):
    """A new part. A field of the card has the card's name; `person_…` fields name a party and are sealed."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = Field(None, description="番号を付けて送ると、送り直しても1つしかできない")
    values: dict[ShortText, Any] = Field(max_length=80)


class PartPatch(Schema):
    """Changed fields of a part, and the version of the case that they were read at."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1)
    changes: dict[ShortText, Any] = Field(max_length=80)


class PartRemoval(Schema):
    """The version of the case at which the part was read that is to be taken out."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1)


def parts_out(case: Case) -> list[dict[str, Any]]:
    """Every part of a case, in order."""
    return [
        {
            "id": part.id,
            "kind": kind.value,
            "number": part.number,
            "on_card": part.on_card,
            "values": to_json(read_part(kind, part.row)),
        }
        for kind, parts in parts_of(case).items()
        for part in parts
    ]


@router.post(
    "/{uuid:case_id}/parts/{part_kind}",
    response={201: PartOut, **_CONFLICT},
    operation_id="add_part",
    summary="契約・関係者・事業者・けがを足す",
)
def add_part(request: HttpRequest, case_id: UUID, part_kind: KindInPath, payload: PartIn) -> Any:
    """Add a part. With an `id` a repeated request gives the first one back."""
    row = services.add_part(
        actor=actor_from(request), case_id=case_id, kind=part_kind, values=payload.values, part_id=payload.id
    )
    return Status(201, next(part for part in parts_out(row.case) if part["id"] == row.pk))


@router.patch(
    "/{uuid:case_id}/parts/{part_kind}/{uuid:part_id}",
    response={200: SaveOut, **_CONFLICT},
    operation_id="save_part",
    summary="契約・関係者・事業者・けがを直す",
)
def save_part(request: HttpRequest, case_id: UUID, part_kind: KindInPath, part_id: UUID, payload: PartPatch) -> Any:
    """Save changed fields of a part. 409 when somebody else changed the same field since `version`."""
    case, _, names = services.save_part(
        actor=actor_from(request),
        case_id=case_id,
        kind=part_kind,
        part_id=part_id,
        version=payload.version,
        changes=payload.changes,
    )
    return {"version": case.version, "changed": list(names), "merged": []}


@router.post(
    "/{uuid:case_id}/parts/{part_kind}/{uuid:part_id}/removal",
    response={200: SaveOut, **_CONFLICT},
    operation_id="remove_part",
    summary="契約・関係者・事業者・けがを取り除く",
)
def remove_part(
    request: HttpRequest, case_id: UUID, part_kind: KindInPath, part_id: UUID, payload: PartRemoval
) -> Any:
    """Take a part out. Staff can put it back on the screen. 409 when somebody changed it since `version`."""
    row = services.remove_part(
        actor=actor_from(request), case_id=case_id, kind=part_kind, part_id=part_id, version=payload.version
    )
    return {"version": row.case.version, "changed": [], "merged": []}
