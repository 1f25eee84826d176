"""The business of a case: confirmed by a person, forgotten with another name, led over by a split."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.businesses import services as businesses
from caasis.businesses.models import Business
from caasis.cases import services as cases
from caasis.cases.business_record import cases_of_business, confirmed_business, read_record
from caasis.cases.models import Case, CaseBusiness, CaseEntry
from caasis.cases.services.counterparties import count_confirmations
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db


@pytest.fixture
def roof(town: Any) -> Business:
    with system_transaction():
        return businesses.create_business(actor=SYSTEM, name="株式会社カクウルーフ")


def opened(town: Any, who: str = "counsellor", **card: Any) -> Case:
    with actor_transaction(town.actors[who]):
        return cases.open_case(actor=town.actors[who], card={**COMPLETE, "business_name": "かくうるーふ", **card})


def confirm(town: Any, case: Case, business: Business | None, who: str = "counsellor") -> CaseBusiness:
    with actor_transaction(town.actors[who]):
        return cases.confirm_business(actor=town.actors[who], case_id=case.id, business_id=business.id if business else None)


def row_of(case: Case) -> CaseBusiness:
    with system_transaction():
        return CaseBusiness.objects.select_related("business").get(case=case)


def lines(case: Case) -> list[str]:
    with system_transaction():
        return list(CaseEntry.objects.filter(case=case, kind__startswith="business_").order_by("at", "id").values_list("kind", flat=True))


def test_confirming_writes_the_link_the_timeline_and_the_count(town, roof):
    case = opened(town)
    confirm(town, case, roof)
    assert row_of(case).business == roof and row_of(case).business.confirmed_count == 1
    assert lines(case) == ["business_confirmed"]


def test_another_choice_takes_the_first_one_back(town, roof):
    case = opened(town)
    confirm(town, case, roof)
    confirm(town, case, None)
    with system_transaction():
        roof.refresh_from_db()
        assert roof.confirmed_count == 0 and not roof.aliases.filter(removed_at=None).exists()
    assert row_of(case).business.name == "かくうるーふ"


def test_another_name_on_the_card_forgets_the_confirmation(town, roof):
    case = opened(town)
    confirm(town, case, roof)
    with actor_transaction(town.counsellor):
        case.refresh_from_db()
        cases.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"business_name": "ヤネナオシ隊"})
    assert row_of(case).business is None
    with system_transaction():
        roof.refresh_from_db()
        assert roof.confirmed_count == 0


def test_what_names_no_trader_can_not_be_confirmed(town, roof):
    for card in ({"business_name": ""}, {"business_name": None}):
        case = opened(town, **card)
        with pytest.raises(Invalid):
            confirm(town, case, roof)


def test_a_case_that_waits_for_approval_keeps_its_business(town, roof):
    case = opened(town)
    with actor_transaction(town.counsellor):
        cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
        cases.request_approval(actor=town.counsellor, case_id=case.id)
    with pytest.raises(WrongState):
        confirm(town, case, roof)


def test_who_is_outside_names_nobody(town, roof):
    case = opened(town)
    with pytest.raises(NotFound):
        confirm(town, case, roof, who="outsider")
    with pytest.raises(NotAllowed):
        confirm(town, case, roof, who="official")
    with actor_transaction(town.counsellor), pytest.raises(WrongState):
        cases.release_business(actor=town.counsellor, case_id=case.id)
    assert row_of(case).business is None and lines(case) == []


def test_the_record_counts_what_the_actor_may_see(town, roof):
    own, other = opened(town, amount=100_000, paid=30_000), opened(town, who="outsider")
    confirm(town, own, roof)
    confirm(town, other, roof, who="outsider")
    today = today_in_japan()
    for who, expected in (("counsellor", {own.id}), ("outsider", {other.id}), ("ncac", set()), ("admin", set())):
        with actor_transaction(town.actors[who]):
            assert {case.id for case in cases_of_business(actor=town.actors[who], business_ids=[roof.id])} == expected, who
    with actor_transaction(town.counsellor):
        record = read_record(actor=town.counsellor, business_ids=[roof.id], today=today)
    assert record.total == 1 and record.months[-1].cases == 1 and len(record.months) == 24
    assert record.products == [(COMPLETE["product"], 1)] and record.results == [(COMPLETE["result"], 1)]
    assert (record.redress.contracted, record.redress.paid, record.redress.refunds) == (100_000, 30_000, 0)


def test_a_case_follows_its_number_first_and_then_its_name_in_a_split(town, roof):
    stays = opened(town, business_name="カクウルーフ")
    by_name = opened(town, business_name="カクウルーフ大阪")
    by_phone = opened(town, business_name="カクウルーフ", business_phone="06-1234-5678")
    staying_phone = opened(town, business_name="カクウルーフ大阪", business_phone="022-123-4567")
    for case in (stays, by_name, by_phone, staying_phone):
        confirm(town, case, roof)
    with actor_transaction(town.supervisor):
        chosen = roof.aliases.filter(value__in=["カクウルーフ大阪", "06-1234-5678"]).values_list("id", flat=True)
        change, moved = cases.split_business(
            actor=town.supervisor, business_id=roof.id, alias_ids=list(chosen), name="カクウルーフ大阪", reason="別の会社だと分かった"
        )
    assert moved == 2
    assert [row_of(case).business_id == change.other_id for case in (stays, by_name, by_phone, staying_phone)] == [False, True, True, False]
    assert lines(by_name) == ["business_confirmed", "business_moved"]
    with actor_transaction(town.supervisor):
        businesses.undo_change(actor=town.supervisor, change_id=change.id)
        family = businesses.family_ids(roof.id)
        assert cases_of_business(actor=town.supervisor, business_ids=family).count() == 4
        assert confirmed_business(by_name) == roof


def test_a_bulk_writers_links_are_counted_afterwards(town, roof):
    case = opened(town)
    with system_transaction():
        CaseBusiness.objects.filter(case=case).update(business=roof)
        count_confirmations([roof.id])
        roof.refresh_from_db()
        assert roof.confirmed_count == 1 and roof.keys.filter(met=True).exists()
