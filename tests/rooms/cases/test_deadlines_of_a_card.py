"""Which legal deadlines a card gives: plain values in, no database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from caasis.cases.rules.deadlines import assess_card, facts_of_card, nearest_deadline
from caasis.engines.deadlines import Status
from caasis.platform.lawfiles import current_law

TODAY = date(2026, 11, 21)
VISIT: dict[str, Any] = {"sales_form": "door_to_door", "contract_document_on": date(2026, 11, 18), "requested_visit": False}


def nearest(**card: Any) -> date | None:
    return nearest_deadline(card, law=current_law(), today=TODAY)


def test_the_document_starts_the_eight_days() -> None:
    assert nearest(**VISIT) == date(2026, 11, 25)


def test_an_earlier_application_document_starts_them_earlier() -> None:
    assert nearest(**VISIT, application_document_on=date(2026, 11, 16)) == date(2026, 11, 23)


def test_the_legal_type_wins_over_the_sales_form() -> None:
    assert nearest(**VISIT | {"transaction_types": ["multilevel"], "contract_document_on": date(2026, 11, 10)}) == date(2026, 11, 29)


def test_a_credit_document_is_a_second_clock() -> None:
    card = {**VISIT, "payment_method": "individual_credit", "credit_document_on": date(2026, 11, 15)}
    assert nearest(**card) == date(2026, 11, 22)
    assert len([item for item in assess_card(card, law=current_law(), today=TODAY) if item.deadline]) == 2


def test_what_is_over_is_no_deadline_for_a_list() -> None:
    assert nearest(**VISIT | {"contract_document_on": date(2026, 10, 1)}) is None


@pytest.mark.parametrize("card", [{}, {"sales_form": "unknown"}, {"sales_form": "a code of another year"}, {"transaction_types": ["shop"]}, {"sales_form": "shop"}])
def test_without_facts_there_is_no_day(card: dict[str, Any]) -> None:
    assert nearest(**card) is None
    assert assess_card(card, law=current_law(), today=TODAY)


def test_what_the_card_does_not_say_stays_unknown() -> None:
    facts = facts_of_card({"sales_form": "door_to_door"}, law=current_law())
    assert facts.document_faulty is None and facts.contract_document_received is None and facts.minor_at_contract is None


def test_the_contract_partys_age_counts_not_the_helpers() -> None:
    law = current_law()
    assert facts_of_card({"contract_party_is_consumer": True, "consumer_age": 17}, law=law).minor_at_contract is True
    assert facts_of_card({"contract_party_is_consumer": False, "consumer_age": 17, "party_age": 45}, law=law).minor_at_contract is False


def test_a_faulty_document_leaves_the_right_open() -> None:
    found = assess_card({**VISIT, "document_faulty": True}, law=current_law(), today=TODAY)
    assert found[0].status is Status.OPEN_NO_END
