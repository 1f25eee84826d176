"""同じ相談かもしれません: same person, same trader, same week, inside one centre only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import services
from caasis.cases.duplicates import possible_duplicates
from caasis.cases.models import Case
from caasis.cases.selectors import get_case
from caasis.platform.transactions import actor_transaction, system_transaction

pytestmark = pytest.mark.django_db

CARD = {
    "title": "屋根の工事",
    "consumer_name": "見本 花子",
    "consumer_phone": "090-1234-5678",
    "business_name": "株式会社カクウルーフ",
}


def enter(actor: Any, **card: Any) -> Any:
    return services.open_case(actor=actor, card={**CARD, **card})


def found(actor: Any, case: Any, **typed: Any) -> list[tuple[Any, tuple[str, ...]]]:
    with actor_transaction(actor):
        case = get_case(actor=actor, case_id=case.id)
        return [(one.case.id, one.reasons) for one in possible_duplicates(actor=actor, case=case, card=typed)]


def test_the_same_person_trader_and_week(town: Any) -> None:
    first = enter(town.counsellor, consumer_phone="０９０（１２３４）５６７８", business_name="(株)かくうるーふ")
    second = enter(town.counsellor2)
    assert found(town.counsellor2, second) == [(first.id, ("電話番号が同じ", "事業者の名が同じ"))]


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"consumer_phone": "03-1111-2222"}, ("氏名が同じ", "事業者の名が同じ")),
        ({"business_name": "別の名前", "business_phone": "03-9999-0000"}, ("電話番号が同じ", "事業者の電話が同じ")),
    ],
)
def test_other_ways_to_be_alike(town: Any, change: dict[str, Any], reasons: tuple[str, ...]) -> None:
    first = enter(town.counsellor, business_phone="03-9999-0000")
    assert found(town.counsellor, enter(town.counsellor, **change)) == [(first.id, reasons)]


@pytest.mark.parametrize(
    "change",
    [
        {"business_name": "まったく別の店"},
        {"consumer_phone": "03-1111-2222", "consumer_name": "別人 太郎"},
        {"consumer_phone": "", "consumer_name": ""},
    ],
)
def test_one_likeness_alone_is_none(town: Any, change: dict[str, Any]) -> None:
    enter(town.counsellor)
    assert found(town.counsellor, enter(town.counsellor, **change)) == []


def test_what_is_typed_but_not_saved_counts(town: Any) -> None:
    first = enter(town.counsellor)
    empty = services.open_case(actor=town.counsellor, card={})
    assert found(town.counsellor, empty) == []
    typed = {"consumer_phone": "090 1234 5678", "business_name": "カクウルーフ"}
    assert found(town.counsellor, empty, **typed) == [(first.id, ("電話番号が同じ", "事業者の名が同じ"))]


def test_another_week_and_another_centre_are_never_told(town: Any) -> None:
    old = enter(town.counsellor)
    enter(town.outsider)
    with system_transaction():
        Case.objects.filter(id=old.id).update(received_on=timezone.now().date() - timedelta(days=9))
    assert found(town.counsellor, enter(town.counsellor)) == []
