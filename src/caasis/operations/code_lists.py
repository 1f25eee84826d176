"""The room's code lists, read once from `codes/`."""

from __future__ import annotations

import functools

from caasis.cases.code_lists import code_lists as case_code_lists
from caasis.operations.vocabulary import Sort
from caasis.platform.codelists import CodeList, load_code_lists


@functools.cache
def code_lists() -> dict[str, CodeList]:
    return load_code_lists("caasis.operations", "codes")


def kind_list(sort: Sort) -> CodeList:
    """What a complaint, or an incident, may be about."""
    return code_lists()["complaint_kind" if sort is Sort.COMPLAINT else "incident_kind"]


def label(list_name: str, code: str) -> str:
    """The Japanese label of a code; an unknown code is shown as it is."""
    return code_lists()[list_name].label(code) if code else ""


def product_group(code: str) -> str:
    """The uppermost class (商品別の大分類) of a product's code, "" for none or an unknown one."""
    return next((term.code for term in case_code_lists()["product"].path(code)), "") if code else ""
