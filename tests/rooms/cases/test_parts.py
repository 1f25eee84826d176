"""Any number of contracts, parties, businesses and harms on one case, and every reader follows."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from caasis.analytics.facts import store_facts
from caasis.analytics.models import CaseFact
from caasis.businesses.models import Business, BusinessChange
from caasis.cases import services
from caasis.cases.models import Approval, Case, Contract, Party
from caasis.cases.parts import card_of_contract, further_parts, open_part, parts_of, read_part
from caasis.cases.rules.differences import differences
from caasis.cases.rules.parts import PartKind
from caasis.cases.search import build_documents
from caasis.cases.selectors import read_card, visible_cases, with_parts
from caasis.cases.services.bulk import BulkCase, register_cases_in_bulk
from caasis.cases.services.importing import export_cases, import_cases
from caasis.cases.services.opening import clean_or_raise, further_or_raise
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.people.models import Person
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db

CONTRACT, PARTY, BUSINESS, HARM = PartKind
MOTHER = {
    "roles": ["contract_party"], "relation": "母", "person_name": "見本 ウメ", "person_kana": "みほん うめ",
    "person_phone": "090-5555-1111", "person_address": "架空町5-5-5", "age": "80", "sex": "female",
}  # fmt: skip


def opened(town: Any, **card: Any) -> Case:
    return services.open_case(actor=town.counsellor, card={**COMPLETE, **card})


def add(town: Any, case: Case, kind: PartKind, **values: Any) -> Any:
    return services.add_part(actor=town.counsellor, case_id=case.id, kind=kind, values=values)


def again(town: Any, case: Case) -> Case:
    with actor_transaction(town.counsellor):
        return with_parts(visible_cases(actor=town.counsellor)).get(id=case.id)


def words(town: Any, case: Case, kind: PartKind) -> list[str]:
    return [part.words for part in parts_of(again(town, case))[kind]]


def test_a_case_takes_any_number_and_the_card_keeps_the_first(town: Any) -> None:
    case = opened(town)
    before = read_card(case)
    for number in (2, 3):
        add(town, case, CONTRACT, product_text=f"浄水器{number}", amount="3万8千円", contracted_on="令和8年3月2日")
    add(town, case, BUSINESS, business_role="credit", business_name="カクウ信販")
    add(town, case, PARTY, roles=["supporter"], relation="ケアマネジャー")
    add(town, case, HARM, harm_product="はしご", harm_injured="yes")
    add(town, case, HARM, harm_product="脚立")
    fresh = again(town, case)
    assert words(town, case, CONTRACT)[1:] == ["浄水器2・3月2日（月）・38,000円", "浄水器3・3月2日（月）・38,000円"]
    assert words(town, case, BUSINESS) == ["販売・カクウルーフ", "信販・カクウ信販"]
    assert words(town, case, PARTY) == ["相談者・契約当事者・女性・72歳", "支援者・ケアマネジャー"]
    assert len(words(town, case, HARM)) == 2
    now = read_card(fresh)
    assert {k: v for k, v in now.items() if not k.startswith("harm_")} == {k: v for k, v in before.items() if not k.startswith("harm_")}
    assert fresh.version == case.version + 6
    lines = fresh.entries.filter(kind="part_added").values_list("data", flat=True)
    assert {line["part_kind"] for line in lines} == {"contract", "party", "business", "harm"}


def test_sending_a_form_twice_adds_once(town: Any) -> None:
    case, own = opened(town), uuid4()
    rows = [
        services.add_part(actor=town.counsellor, case_id=case.id, kind=CONTRACT, values={"amount": "5000"}, part_id=own)
        for _ in range(2)
    ]
    assert rows[0].pk == rows[1].pk == own and len(words(town, case, CONTRACT)) == 2
    other = opened(town)
    with pytest.raises(NotFound):
        services.add_part(actor=town.counsellor, case_id=other.id, kind=CONTRACT, values={"amount": "1"}, part_id=own)


def test_what_cannot_be_taken_is_said_at_its_field_and_nothing_is_added(town: Any) -> None:
    case = opened(town)
    with pytest.raises(Invalid) as refused:
        add(town, case, CONTRACT, amount="たくさん", contracted_on="いつか")
    assert set(refused.value.fields) == {"amount", "contracted_on"}
    for kind, values in ((CONTRACT, {}), (BUSINESS, {"business_role": "credit"}), (PARTY, {"roles": []}), (HARM, {"title": "x"})):
        with pytest.raises(Invalid):
            add(town, case, kind, **values)
    assert again(town, case).version == case.version


def test_the_contract_party_has_a_sealed_name_of_his_own(town: Any) -> None:
    case = opened(town, contract_party_is_consumer=None, consumer_name="見本 花子")
    row = add(town, case, PARTY, **{**MOTHER, "age": "80"})
    card = read_card(again(town, case))
    assert card["contract_party_is_consumer"] is False and card["party_age"] == 80 and card["party_relation"] == "母"
    with actor_transaction(town.counsellor):
        values = open_part(again(town, case), Party.objects.get(id=row.pk), actor=town.counsellor, purpose=Purpose.OWN_CASE)
    assert values["person_name"] == "見本 ウメ" and values["person_phone"] == "090-5555-1111"
    with system_transaction():
        one, other = Party.objects.filter(case=case).order_by("position")
        assert one.person_id != other.person_id and one.person.record_key_id != other.person.record_key_id
        with connection.cursor() as cursor:
            for table in ("cases_entry", "platform_outbox", "audit_access", "cases_partyevent", "people_person"):
                cursor.execute("SELECT to_regclass(%s)", [table])
                if cursor.fetchone()[0] is None:
                    continue
                cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
                assert "ウメ" not in (cursor.fetchone()[0] or ""), table


def test_there_is_one_consumer_and_one_contract_party(town: Any) -> None:
    case = opened(town)
    for role in ("consumer", "contract_party"):
        with pytest.raises(Invalid) as refused:
            add(town, case, PARTY, roles=[role])
        assert "roles" in refused.value.fields
    consumer = parts_of(again(town, case))[PARTY][0]
    with pytest.raises(WrongState):
        services.remove_part(actor=town.counsellor, case_id=case.id, kind=PARTY, part_id=consumer.id)
    with pytest.raises(Invalid):
        services.save_part(
            actor=town.counsellor, case_id=case.id, kind=PARTY, part_id=consumer.id, version=again(town, case).version,
            changes={"roles": ["payer"]},
        )  # fmt: skip


def test_a_mistaken_click_on_the_card_loses_no_name(town: Any) -> None:
    case = opened(town, contract_party_is_consumer=None)
    row = add(town, case, PARTY, **{**MOTHER, "age": "80"})
    fresh = again(town, case)
    services.save_card(actor=town.counsellor, case_id=case.id, version=fresh.version, changes={"contract_party_is_consumer": "yes"})
    assert len(words(town, case, PARTY)) == 1
    services.save_card(actor=town.counsellor, case_id=case.id, version=again(town, case).version, changes={"contract_party_is_consumer": ""})
    back = services.restore_part(actor=town.counsellor, case_id=case.id, kind=PARTY, part_id=row.pk)
    assert back.roles == ["contract_party"]  # type: ignore[union-attr]
    assert read_card(again(town, case))["party_age"] == 80


def test_removing_is_taken_back_and_the_place_is_kept(town: Any) -> None:
    case = opened(town)
    rows = [add(town, case, CONTRACT, product_text=name) for name in ("いす", "つくえ")]
    services.remove_part(actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=rows[0].pk)
    assert [text.partition("・")[0] for text in words(town, case, CONTRACT)][1:] == ["つくえ"]
    with pytest.raises(WrongState):
        services.save_part(actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=rows[0].pk, version=9, changes={"amount": "1"})
    add(town, case, CONTRACT, product_text="たな")
    services.restore_part(actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=rows[0].pk)
    assert words(town, case, CONTRACT)[1:] == ["いす", "つくえ", "たな"]


def test_the_first_place_is_the_cards(town: Any) -> None:
    case = opened(town)
    row = add(town, case, CONTRACT, product_text="ふとん", amount=90_000)
    services.move_part_up(actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=row.pk)
    card = read_card(again(town, case))
    assert (card["product_text"], card["amount"]) == ("ふとん", 90_000)
    line = again(town, case).entries.get(kind="part_moved").data
    assert "amount" in line["fields"] and "product" in line["fields"]
    with pytest.raises(WrongState):
        services.move_part_up(actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=row.pk)


def test_two_people_on_one_part_merge_or_are_asked(town: Any) -> None:
    case = opened(town)
    row = add(town, case, CONTRACT, product_text="ふとん")
    version = again(town, case).version

    def save(actor: Any, **changes: Any) -> Any:
        return services.save_part(actor=actor, case_id=case.id, kind=CONTRACT, part_id=row.pk, version=version, changes=changes)

    save(town.counsellor2, amount=90_000)
    save(town.counsellor, paid=10_000)
    with pytest.raises(VersionConflict) as conflict:
        save(town.counsellor, amount=80_000)
    assert conflict.value.details["overlaps"] == {"amount": (80_000, 90_000)}
    with actor_transaction(town.counsellor):
        stands = Contract.objects.get(id=row.pk)
    assert (stands.amount, stands.paid) == (90_000, 10_000)


def test_the_card_and_the_form_of_a_part_see_each_other(town: Any) -> None:
    case = opened(town)
    first = parts_of(again(town, case))[CONTRACT][0]
    services.save_part(
        actor=town.counsellor2, case_id=case.id, kind=CONTRACT, part_id=first.id, version=case.version, changes={"amount": 5}
    )
    with pytest.raises(VersionConflict):
        services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"amount": 7})
    version = again(town, case).version
    services.save_card(actor=town.counsellor, case_id=case.id, version=version, changes={"paid": 3})
    with pytest.raises(VersionConflict):
        services.save_part(
            actor=town.counsellor2, case_id=case.id, kind=CONTRACT, part_id=first.id, version=version, changes={"paid": 4}
        )


def test_outsiders_learn_nothing_and_closed_cases_stay_closed(town: Any) -> None:
    case = opened(town)
    row = add(town, case, CONTRACT, product_text="ふとん")
    acts = (
        lambda actor: services.add_part(actor=actor, case_id=case.id, kind=CONTRACT, values={"amount": 1}),
        lambda actor: services.save_part(actor=actor, case_id=case.id, kind=CONTRACT, part_id=row.pk, version=1, changes={"paid": 1}),
        lambda actor: services.remove_part(actor=actor, case_id=case.id, kind=CONTRACT, part_id=row.pk),
        lambda actor: services.restore_part(actor=actor, case_id=case.id, kind=CONTRACT, part_id=row.pk),
        lambda actor: services.move_part_up(actor=actor, case_id=case.id, kind=CONTRACT, part_id=row.pk),
    )
    for act in acts:
        for actor in (town.outsider, town.ncac, town.analyst):
            with pytest.raises(NotFound):
                act(actor)
        with pytest.raises(NotAllowed):
            act(town.official)
    registered = register(town, case)
    for act in acts:
        with pytest.raises(NotAllowed):
            act(town.outsider)
        with pytest.raises(WrongState):
            act(town.counsellor)
    assert registered.state == State.REGISTERED


def register(town: Any, case: Case) -> Case:
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    assert approval is not None
    flags = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=flags)
    return again(town, case)


def test_each_contract_has_its_own_clock_and_the_list_shows_the_nearest(town: Any) -> None:
    today = day_in_japan(timezone.now())
    case = opened(town, contracted_on=today.isoformat(), contract_document_on=today.isoformat())
    nearest = again(town, case).deadline_on
    earlier = (today - timedelta(days=4)).isoformat()
    row = add(
        town, case, CONTRACT, product_text="ふとん", sales_form="door_to_door", transaction_types=["door_to_door"],
        contracted_on=earlier, contract_document_on=earlier,
    )  # fmt: skip
    assert nearest is not None
    assert again(town, case).deadline_on == nearest - timedelta(days=4)
    services.save_card(actor=town.counsellor, case_id=case.id, version=again(town, case).version, changes={"contracted_on": today.isoformat(), "obstructed": "no"})
    assert again(town, case).deadline_on == nearest - timedelta(days=4), "a save of the card looks at every contract"
    services.remove_part(actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=row.pk)
    assert again(town, case).deadline_on == nearest


def test_a_second_contracts_letter_names_no_business_that_nobody_said(town: Any) -> None:
    case = opened(town)
    row = add(town, case, CONTRACT, product_text="ふとん")
    assert card_of_contract(again(town, case), row)["business_name"] == "カクウルーフ"
    add(town, case, BUSINESS, business_name="カクウふとん店")
    assert card_of_contract(again(town, case), row)["business_name"] == ""
    assert card_of_contract(again(town, case), row)["product_text"] == "ふとん"


def test_every_contracts_amount_counts_in_the_total_and_the_case_counts_once(town: Any) -> None:
    case = opened(town)
    add(town, case, CONTRACT, product_text="ふとん", amount=100_000, paid=50_000)
    add(town, case, CONTRACT, product_text="まくら")
    register(town, case)
    with system_transaction():
        store_facts([case.id])
        fact = CaseFact.objects.get(case_id=case.id)
    assert (fact.amount, fact.paid, fact.product) == (1_580_000, 50_000, "P1301")


def test_the_approver_sees_every_part_and_what_changed_of_it(town: Any) -> None:
    case = opened(town)
    row = add(town, case, CONTRACT, product_text="ふとん", amount=100_000, paid=200_000)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    first = services.request_approval(actor=town.counsellor, case_id=case.id)
    assert first is not None
    amounts = next(check for check in first.checks if check["code"] == "amounts")
    assert amounts["verdict"] == "flagged" and amounts["message"].startswith("契約2：")
    services.decide(actor=town.official, approval_id=first.id, approve=False, reason="金額を確かめてください。")
    services.save_part(
        actor=town.counsellor, case_id=case.id, kind=CONTRACT, part_id=row.pk, version=again(town, case).version, changes={"paid": 20_000}
    )
    second = services.request_approval(actor=town.counsellor, case_id=case.id)
    assert second is not None
    rows = differences(first.snapshot, second.snapshot, label_of=lambda _, code: code)
    changed = [line for line in rows if line.changed]
    assert [line.label for line in changed] == ["契約（ほか1）"]
    assert any("200,000" in piece.text for piece in changed[0].before if piece.mark == "removed")
    assert not [line for line in differences(None, second.snapshot, label_of=lambda _, code: code) if line.changed]


def test_search_finds_every_contract_and_business_and_names_nobody(town: Any) -> None:
    case = opened(town, summary="見本ウメさんの契約を、娘が相談した。", contract_party_is_consumer=None)
    add(town, case, CONTRACT, product_text="高級羽毛ふとん", product="P0305")
    add(town, case, BUSINESS, business_role="credit", business_name="カクウ信販")
    add(town, case, PARTY, **{**MOTHER, "age": "80", "person_name": "見本ウメ"})
    [document] = build_documents([str(case.id)])
    assert "高級羽毛ふとん" in document.body and "カクウ信販" in document.body and "ウメ" not in document.body
    terms = str(document)
    assert "P0305" in terms and "P1301" in terms


FURTHER: dict[str, Any] = {
    "contract": [{"product_text": "ふとん", "amount": 90_000, "contracted_on": "2026-03-05", "individual_credit": True}],
    "party": [{"of": "consumer", "roles": ["payer"]}, {"roles": ["supporter"], "relation": "民生委員"}],
    "business": [{"of": "first", "business_role": "solicitor"}, {"business_role": "credit", "business_name": "カクウ信販"}],
    "harm": [{"harm_product": "はしご"}],
}


def test_an_export_is_imported_with_every_part(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, "harm_product": "屋根材"}, further=FURTHER)
    register(town, case)
    kept = further_parts(again(town, case))
    assert kept == FURTHER
    file = io.StringIO()
    with actor_transaction(town.counsellor):
        list(export_cases(file, actor=town.counsellor))
    with system_transaction():
        Approval.objects.all().delete()
        Case.objects.all().delete()
    [*_, report] = list(import_cases(file.getvalue(), actor=town.admin))
    assert not report.rejected and report.written == 1
    with system_transaction():
        assert further_parts(Case.objects.get(receipt_number=case.receipt_number)) == FURTHER
    words_file = io.StringIO()
    with actor_transaction(town.counsellor):
        list(export_cases(words_file, actor=town.counsellor, codes=False))
    assert "役割：信販" in words_file.getvalue() and "カクウ信販" in words_file.getvalue()


@pytest.mark.parametrize(
    "cell", ['{"contract": [{"amount": "x"}]}', "[1]", "{", '{"party": [{"roles": ["payer"], "person_name": "見本"}]}', '{"x": []}']
)
def test_a_bad_cell_of_parts_keeps_its_row_out(town: Any, cell: str) -> None:
    import csv

    register(town, opened(town))
    file = io.StringIO()
    with actor_transaction(town.counsellor):
        list(export_cases(file, actor=town.counsellor))
    rows = list(csv.reader(io.StringIO(file.getvalue())))
    rows[1][rows[0].index("parts")] = cell
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    [*_, report] = list(import_cases(out.getvalue(), actor=town.admin, dry_run=True))
    assert len(report.rejected) == 1 and report.accepted == 0


def test_bulk_leaves_the_same_parts_as_the_single_service(town: Any) -> None:
    card = clean_or_raise({**COMPLETE, "harm_product": "屋根材"})
    single = services.open_case(actor=town.counsellor, card=card, further=FURTHER)
    services.change_state(actor=town.counsellor, case_id=single.id, verb="finish_handling")
    services.request_approval(actor=town.counsellor, case_id=single.id)
    now = timezone.now()
    one = BulkCase(
        actor=town.counsellor, centre_id=town.centre_a.id, card=card, received_at=now - timedelta(days=1),
        state=State.WAITING_APPROVAL, further=tuple(further_or_raise(FURTHER, card)),
    )  # fmt: skip
    [[bulk]] = list(register_cases_in_bulk([one]))

    def rows(case: Case) -> dict[PartKind, list[Any]]:
        return {kind: [read_part(kind, part.row) for part in parts] for kind, parts in parts_of(again(town, case)).items()}

    assert rows(single) == rows(bulk)
    with system_transaction():
        left, right = (Approval.objects.get(case=case) for case in (single, bulk))
    assert left.snapshot["parts"] == right.snapshot["parts"] == FURTHER
    assert [check["verdict"] for check in left.checks] == [check["verdict"] for check in right.checks]


def test_a_further_business_is_confirmed_and_released_by_itself(town: Any) -> None:
    case = opened(town)
    row = add(town, case, BUSINESS, business_role="credit", business_name="カクウ信販")
    with actor_transaction(town.counsellor):
        services.confirm_business(actor=town.counsellor, case_id=case.id, business_id=None)
        services.confirm_business(actor=town.counsellor, case_id=case.id, business_id=None, part_id=row.pk)
    with system_transaction():
        assert set(Business.objects.values_list("name", flat=True)) == {"カクウルーフ", "カクウ信販"}
    with actor_transaction(town.counsellor):
        services.release_business(actor=town.counsellor, case_id=case.id, part_id=row.pk)
    with system_transaction():
        standing = BusinessChange.objects.filter(kind="confirmed", undone_at=None)
        assert [change.business.name for change in standing] == ["カクウルーフ"]
    with actor_transaction(town.counsellor), pytest.raises(NotFound):
        services.confirm_business(actor=town.counsellor, case_id=case.id, business_id=None, part_id=uuid4())


def test_erasing_a_party_forgets_the_name_and_keeps_the_codes(town: Any) -> None:
    case = opened(town, contract_party_is_consumer=None)
    row = add(town, case, PARTY, **{**MOTHER, "age": "80"})
    services.remove_part(actor=town.counsellor, case_id=case.id, kind=PARTY, part_id=row.pk)
    with system_transaction():
        person = Person.objects.get(id=Party.everything.get(id=row.pk).person_id)
    erase_record(actor=town.official, key_id=person.record_key_id, reason=Reason.CONSUMER_REQUEST)
    services.restore_part(actor=town.counsellor, case_id=case.id, kind=PARTY, part_id=row.pk)
    with actor_transaction(town.counsellor):
        party = Party.objects.get(id=row.pk)
        assert party.age == 80 and not party.person.name and party.person.name_index is None
