"""The rules of 助言・共同処理・移送 on plain objects: which form may leave, and where each verb leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from caasis.cases.code_lists import code_lists
from caasis.cases.rules.referring import (
    BASES,
    CLOSED,
    RUNNING,
    ReferralForm,
    ReferralKind,
    ReferralState,
    may_leave,
    moves,
    problems_of,
)

TODAY = date(2026, 11, 26)
GOOD = ReferralForm(
    ReferralKind.JOINT, "consent", "転居したため。", "お願いします。", ("name",), "consumer", TODAY, "phone"
)


def problems(**change: Any) -> dict[str, list[str]]:
    return problems_of(replace(GOOD, **change), today=TODAY, known=("name", "phone"))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"kind": ReferralKind.TRANSFER},
        {"basis": "danger", "consent_by": "", "consent_on": None, "consent_means": ""},
        {"basis": "council", "consent_by": ""},
        {"basis": "municipal", "consent_by": ""},
        {"basis": "demand", "basis_document": "照会第1号"},
        {"basis": "no_personal_data", "passed": ()},
        {"kind": ReferralKind.ADVICE, "basis": "no_personal_data", "passed": ()},
    ],
)
def test_a_whole_form_may_leave(change: dict[str, Any]) -> None:
    assert problems(**change) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "なし"}, "reason"),
        ({"request": "あ" * 2001}, "request"),
        ({"passed": ("nothing",)}, "passed"),
        ({"passed": ("address",)}, "passed"),
        ({"kind": ReferralKind.ADVICE}, "passed"),
        ({"basis": ""}, "basis"),
        ({"basis": "no_personal_data"}, "basis"),
        ({"consent_by": "somebody"}, "consent_by"),
        ({"consent_means": ""}, "consent_means"),
        ({"consent_on": None}, "consent_on"),
        ({"consent_on": TODAY + timedelta(days=1)}, "consent_on"),
        ({"basis": "demand", "basis_document": ""}, "basis_document"),
    ],
)
def test_what_must_be_mended_is_said_at_its_field(change: dict[str, Any], field: str) -> None:
    found = problems(**change)
    assert list(found) == [field]
    assert all(len(sentence) <= 40 for sentence in found[field])


def test_every_basis_has_a_label_and_waits_for_a_lawyer() -> None:
    terms = {term.code: term for term in code_lists()["referral_basis"].terms()}
    assert set(terms) == set(BASES)
    assert not any(term.verified for term in terms.values())


@pytest.mark.parametrize(
    ("kind", "facts", "word"),
    [
        (ReferralKind.ADVICE, {}, ""),
        (ReferralKind.TRANSFER, {}, ""),
        (ReferralKind.TRANSFER, {"registered_before": True}, "共同処理"),
        (ReferralKind.TRANSFER, {"state_is_editable": False}, "決裁待ち"),
        (ReferralKind.TRANSFER, {"running": ["advice"]}, "共有"),
        (ReferralKind.JOINT, {"running": ["transfer"]}, "移送"),
        (ReferralKind.JOINT, {"running": ["advice"], "state_is_editable": False, "registered_before": True}, ""),
    ],
)
def test_when_a_case_may_be_referred(kind: ReferralKind, facts: dict[str, Any], word: str) -> None:
    sentence = may_leave(kind, **{"state_is_editable": True, "registered_before": False, "running": [], **facts})
    assert (word in sentence) if word else sentence == ""
    assert len(sentence) <= 40


def test_nothing_leads_out_of_what_is_closed() -> None:
    verbs = ("withdraw", "return", "accept", "answer", "say", "end")
    for state, verb, kind in product(CLOSED, verbs, ReferralKind):
        assert moves(state, kind, verb) is None, (state, verb, kind)


@pytest.mark.parametrize(
    ("state", "kind", "verb", "after"),
    [
        ("sent", "joint", "accept", ReferralState.ACCEPTED),
        ("sent", "transfer", "accept", ReferralState.MOVED),
        ("sent", "advice", "accept", None),
        ("sent", "advice", "answer", ReferralState.ANSWERED),
        ("accepted", "joint", "withdraw", None),
        ("accepted", "joint", "end", ReferralState.ENDED),
        ("answered", "advice", "say", ReferralState.ANSWERED),
        ("sent", "transfer", "end", None),
    ],
)
def test_where_a_verb_leads(state: str, kind: str, verb: str, after: ReferralState | None) -> None:
    assert moves(state, kind, verb) == after
    assert RUNNING.isdisjoint(CLOSED)
