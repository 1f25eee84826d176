"""A receipt number that is taken already: nobody notices, and no two cases share one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.services.bulk import BulkCase, register_cases_in_bulk
from caasis.kernel.ids import Series, new_receipt_number, parse_receipt_number
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db


def drawn(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    left = list(numbers)
    monkeypatch.setattr("caasis.kernel.ids.secrets.randbelow", lambda below: left.pop(0))


def test_a_taken_number_is_drawn_again_also_from_another_centre(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(monkeypatch, 7, 7, 7, 8)
    first = services.open_case(actor=town.outsider, card={})
    second = services.open_case(actor=town.counsellor, card={}, idempotency_key="once")
    assert first.receipt_number != second.receipt_number
    assert services.open_case(actor=town.counsellor, card={}, idempotency_key="once").id == second.id
    with system_transaction():
        assert Case.objects.count() == 2


def test_after_many_taken_numbers_it_gives_up_and_leaves_nothing(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(monkeypatch, *[7] * 9)
    services.open_case(actor=town.counsellor, card={})
    with pytest.raises(IntegrityError):
        services.open_case(actor=town.counsellor, card={"consumer_name": "見本 花子"})
    with system_transaction():
        assert Case.objects.count() == 1


def test_a_batch_draws_again_for_its_own_doubles_and_for_the_tables(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(monkeypatch, 5, 5, 6, 6, 9, 10, 11, 12, 13)
    taken = services.open_case(actor=town.counsellor, card={})
    one = BulkCase(
        actor=town.counsellor, centre_id=town.centre_a.id, card={}, received_at=timezone.now() - timedelta(minutes=1),
        official=town.official,
    )  # fmt: skip
    [written] = list(register_cases_in_bulk([one, one, one]))
    numbers = [taken.receipt_number, *(case.receipt_number for case in written)]
    assert len(set(numbers)) == 4


def test_a_batch_is_written_anew_when_a_number_was_stored_after_it_was_looked_for(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(monkeypatch, 5, 5, 6, 7, 8)
    taken = services.open_case(actor=town.counsellor, card={})
    # As if the other process had committed its 5 only after this one had looked.
    monkeypatch.setattr("caasis.cases.services.bulk._renumber", lambda cases: None)
    one = BulkCase(
        actor=town.counsellor, centre_id=town.centre_a.id, card={}, received_at=timezone.now() - timedelta(minutes=1),
        official=town.official,
    )  # fmt: skip
    [written] = list(register_cases_in_bulk([one, one]))
    assert len({taken.receipt_number, *(case.receipt_number for case in written)}) == 3
    with system_transaction():
        assert Case.objects.count() == 3


def test_contacts_and_cases_draw_from_different_halves() -> None:
    for series, digits in ((Series.CASE, "01234"), (Series.CONTACT, "56789")):
        for _ in range(200):
            number = new_receipt_number(2026, series)
            assert number[5] in digits and parse_receipt_number(number) == number
