"""Figures: the same definitions and the same facts as the dashboard."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from caasis.analytics.definitions import K12
from caasis.analytics.selectors import DIMENSIONS, Slice, count_by, evaluate
from caasis.cases.code_lists import label
from caasis.organisations.models import Centre
from caasis.platform.geography import prefectures
from caasis.provision.auth import StaffAuth, actor_from
from caasis.provision.schemas import ShortText, StatisticsCell, StatisticsOut

router = Router(auth=StaffAuth())

_LISTS = {
    "product": "product",
    "sales_form": "sales_form",
    "age_band": "age_band",
    "channel": "channel",
    "kind": "kind",
    "result": "result",
    "sex": "sex",
}


class StatisticsQuery(Schema):
    model_config = ConfigDict(populate_by_name=True)

    by: ShortText = Field(json_schema_extra={"enum": list(DIMENSIONS)})
    from_: date = Field(alias="from")
    to: date
    product: ShortText = ""
    sales_form: ShortText = ""
    prefecture: ShortText = ""
    age_band: ShortText = ""
    channel: ShortText = ""


@router.get(
    "/cases",
    response={200: StatisticsOut},
    by_alias=True,
    operation_id="count_cases",
    summary="相談を数える",
)
def count_cases(request: HttpRequest, query: Query[StatisticsQuery]) -> Any:
    """Registered cases received between two days (both included), by day, month, product, sales_form, age_band,
    prefecture, channel, kind, result, sex or centre."""
    actor = actor_from(request)
    given = {name: getattr(query, name) for name in ("product", "sales_form", "prefecture", "age_band", "channel")}
    slice_ = Slice(query.from_, query.to, {name: value for name, value in given.items() if value})
    cells = count_by(query.by, slice_, actor=actor)
    names = labels_of(query.by, [cell.key for cell in cells])
    return {
        "by": query.by,
        "from_": query.from_,
        "to": query.to,
        "definition": f"{K12.code} 第{K12.version}版：{K12.definition}",
        "cells": [
            StatisticsCell(
                key=str(cell.key), label=names.get(cell.key, str(cell.key)), cases=cell.cases, amount=cell.amount
            )
            for cell in cells
        ],
        "metrics": {code: value.value for code, value in evaluate(slice_, actor=actor).items()},
    }


def labels_of(dimension: str, keys: list[Any]) -> dict[Any, str]:
    """Japanese labels of the values of a dimension."""
    if dimension in _LISTS:
        return {key: label(_LISTS[dimension], key) or "不明" for key in keys}
    if dimension == "prefecture":
        names = {entry.code: entry.name for entry in prefectures()}
        return {key: names.get(key, "不明") for key in keys}
    if dimension == "centre":
        return {centre.id: centre.name for centre in Centre.objects.filter(id__in=keys)}
    return {}
