"""統合: two entries of the same trouble become one, nothing is lost, and it can be taken apart to the last column."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caasis.cases import selectors, services
from caasis.cases.evidence import count_files, file_content, files_of
from caasis.cases.models import (
    Approval,
    Case,
    CaseBusiness,
    CaseContact,
    CaseEntry,
    CaseMerge,
    Contract,
    Draft,
    Harm,
    Note,
    Party,
    Task,
)
from caasis.cases.rules.merging import Side, differences, to_put_back, why_not
from caasis.cases.rules.referring import ReferralForm, ReferralKind
from caasis.cases.search import build_documents
from caasis.cases.services.collecting import NewFile
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, WrongState
from caasis.people.models import ContactPoint, Person
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.desk import COMPLETE, send_consultation

FIRST = {
    "title": "屋根の工事",
    "summary": "屋根の工事を契約した。",
    "consumer_name": "見本 花子",
    "business_name": "カクウルーフ",
    "sales_form": "door_to_door",
}
SECOND = {
    "title": "瓦の修理を解約したい",
    "summary": "瓦の修理を頼んだ。",
    "handling": "書面を確かめるよう伝えた。",
    "consumer_name": "見本 はなこ",
    "consumer_phone": "090-1234-5678",
    "amount": "480,000",
    "product": "P1301",
    "injury": "on",
    "harm_place": "自宅",
}
TABLES = (Case, Party, Contract, CaseBusiness, Harm, CaseContact, Note, Task, Draft, Approval, Person, ContactPoint)


@pytest.fixture
def pair(town: Any) -> tuple[Any, Any]:
    first = services.open_case(actor=town.counsellor, card=FIRST)
    contact = send_consultation(town.centre_a)
    second = services.take_contact(actor=town.counsellor, contact_id=contact.contact_id)
    services.save_card(actor=town.counsellor, case_id=second.id, version=second.version, changes=SECOND)
    services.add_note(actor=town.counsellor, case_id=second.id, text="折り返しを待っている")
    services.add_task(
        actor=town.counsellor, case_id=second.id, what="電話する", due_at=timezone.now() + timedelta(hours=3)
    )
    with system_transaction():
        return Case.objects.get(id=first.id), Case.objects.get(id=second.id)


def rows() -> dict[str, dict[Any, dict[str, Any]]]:
    """Every column of every row, but for the locks of the two cases, which only go forward."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    with system_transaction():
        for model in TABLES:
            found[model.__name__] = {
                row.pk: {
                    column.attname: getattr(row, column.attname)
                    for column in row._meta.concrete_fields
                    if not (model is Case and column.attname == "version")
                }
                for row in model._base_manager.all()
            }
    return found


def merge(actor: Any, pair: tuple[Any, Any], **choices: str) -> CaseMerge:
    return services.merge_cases(actor=actor, survivor_id=pair[0].id, merged_id=pair[1].id, choices=choices)


EVERYTHING = {
    "title": "merged", "summary": "both", "handling": "merged", "amount": "merged", "product": "merged",
    "consumer_person": "merged", "business_name": "merged", "contract_document_on": "merged",
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("choices", [{}, EVERYTHING])
def test_taking_a_merge_apart_restores_every_row_to_the_last_column(
    town: Any, pair: tuple[Any, Any], choices: dict[str, str]
) -> None:
    before = rows()
    merge(town.counsellor, pair, **choices)
    assert rows() != before
    services.unmerge_case(actor=town.counsellor, merged_id=pair[1].id)
    after = rows()
    assert {name: after[name] for name in after} == before


@pytest.mark.django_db
def test_the_chosen_values_stand_in_the_survivor(town: Any, pair: tuple[Any, Any]) -> None:
    merge(town.counsellor, pair, **EVERYTHING)
    with actor_transaction(town.counsellor):
        card = selectors.read_card(Case.objects.get(id=pair[0].id))
        assert card["title"] == SECOND["title"] and card["amount"] == 480_000
        assert card["summary"] == f"{FIRST['summary']}\n{SECOND['summary']}"
        assert card["sales_form"] == FIRST["sales_form"], "what nobody chose stays"


@pytest.mark.django_db
def test_everything_of_the_merged_case_is_read_through_the_survivor(town: Any, pair: tuple[Any, Any]) -> None:
    merge(town.counsellor, pair)
    with actor_transaction(town.counsellor):
        survivor = Case.objects.get(id=pair[0].id)
        notes = selectors.notes_of(survivor, actor=town.counsellor, purpose=Purpose.OWN_CASE)
        assert [text for _, text in notes] == ["折り返しを待っている"]
        assert [task.what for task in selectors.open_tasks(actor=town.counsellor, case=survivor)] == ["電話する"]
        assert survivor.next_contact_note == "電話する", "lists show what is planned on the merged one"
        assert len(selectors.contact_ids_of(survivor)) == 1
        lines = {line.kind for line in selectors.timeline(survivor, actor=town.counsellor)}
        assert {"merged", "note_added", "task_added"} <= lines


@pytest.mark.django_db
def test_files_of_the_merged_case_open_from_the_survivor(town: Any, pair: tuple[Any, Any]) -> None:
    memo = NewFile("振込先.txt", "見本銀行の口座に振り込むよう言われた。".encode())
    added = services.add_evidence(actor=town.counsellor, case_id=pair[1].id, files=(memo,))
    merge(town.counsellor, pair)
    with actor_transaction(town.counsellor):
        survivor = Case.objects.get(id=pair[0].id)
        shown = files_of(survivor, actor=town.counsellor, purpose=Purpose.OWN_CASE)
        assert [one.name for one in shown] == ["振込先.txt"] and count_files(survivor, actor=town.counsellor) == 1
        opened = file_content(survivor, actor=town.counsellor, file_id=added[0].id, purpose=Purpose.OWN_CASE)
        assert opened[2] == memo.content
    with actor_transaction(town.outsider), pytest.raises(NotFound):
        files_of(survivor, actor=town.outsider, purpose=Purpose.OWN_CASE)


@pytest.mark.django_db
def test_the_merged_case_leaves_lists_and_duplicates(town: Any, pair: tuple[Any, Any]) -> None:
    from caasis.desk.lists import KINDS, Filters, read_page

    merge(town.counsellor, pair)
    with actor_transaction(town.counsellor):
        for code in ("mine", "centre", "today"):
            shown = read_page(KINDS[code], actor=town.counsellor, filters=Filters()).rows
            assert pair[1].id not in [row.case.id for row in shown], code
    with system_transaction():
        merged = Case.objects.get(id=pair[1].id)
        assert (merged.state, merged.merged_into_id) == ("merged", pair[0].id)
        assert build_documents([str(pair[1].id)])[0].terms["state"] == ("merged",)


@pytest.mark.django_db
def test_work_after_the_merge_outlives_its_end(town: Any, pair: tuple[Any, Any]) -> None:
    merge(town.counsellor, pair, title="merged", amount="merged")
    with system_transaction():
        version = Case.objects.get(id=pair[0].id).version
    services.save_card(actor=town.counsellor, case_id=pair[0].id, version=version, changes={"title": "あとから直した件名"})
    services.unmerge_case(actor=town.counsellor2, merged_id=pair[1].id)
    with actor_transaction(town.counsellor):
        card = selectors.read_card(Case.objects.get(id=pair[0].id))
    assert (card["title"], card["amount"]) == ("あとから直した件名", None)


@pytest.mark.django_db
def test_a_merged_case_can_be_merged_again_after_it_was_taken_apart(town: Any, pair: tuple[Any, Any]) -> None:
    merge(town.counsellor, pair)
    services.unmerge_case(actor=town.counsellor, merged_id=pair[1].id)
    with pytest.raises(WrongState, match="統合されていません"):
        services.unmerge_case(actor=town.counsellor, merged_id=pair[1].id)
    merge(town.counsellor, (pair[1], pair[0]))
    with system_transaction():
        assert CaseMerge.objects.count() == 2
        assert OutboxEvent.objects.filter(topic="cases.merged").count() == 2


# --- conflicts --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_rings_and_second_merges_are_told_where_it_went(town: Any, pair: tuple[Any, Any]) -> None:
    merge(town.counsellor, pair)
    with pytest.raises(WrongState, match=pair[0].receipt_number):
        merge(town.counsellor2, (pair[1], pair[0]))
    third = services.open_case(actor=town.counsellor, card=FIRST)
    with pytest.raises(WrongState, match="統合ずみ"):
        merge(town.counsellor, (third, pair[1]))
    with pytest.raises(WrongState, match="統合先"):
        merge(town.counsellor, (third, pair[0]))


@pytest.mark.django_db
def test_a_registered_case_goes_on_and_keeps_its_card(town: Any, pair: tuple[Any, Any]) -> None:
    registered = services.open_case(actor=town.counsellor, card=COMPLETE)
    with system_transaction():
        Case.objects.filter(id=registered.id).update(state="registered", registered_at=timezone.now())
    with pytest.raises(WrongState, match="残す側"):
        merge(town.counsellor, (pair[0], registered))
    with pytest.raises(WrongState, match="選ばずに"):
        merge(town.counsellor, (registered, pair[0]), title="merged")
    merge(town.counsellor, (registered, pair[0]))
    with system_transaction():
        other = services.open_case(actor=town.counsellor, card=COMPLETE)
        Case.objects.filter(id=other.id).update(registered_at=timezone.now())
    with pytest.raises(WrongState, match="補正"):
        merge(town.counsellor, (registered, other))


@pytest.mark.django_db
def test_a_shared_case_is_not_merged_away(town: Any, pair: tuple[Any, Any]) -> None:
    form = ReferralForm(ReferralKind.ADVICE, "no_personal_data", "同じ事業者の件です。", "考えを教えてください。")
    services.send_referral(actor=town.counsellor, case_id=pair[1].id, to_centre_id=town.centre_b.id, form=form)
    with pytest.raises(WrongState, match="共有中"):
        merge(town.counsellor, pair)


@pytest.mark.django_db
def test_who_may_merge(town: Any, pair: tuple[Any, Any]) -> None:
    foreign = services.open_case(actor=town.outsider, card=FIRST)
    for actor in (town.outsider, town.analyst, town.ncac, town.outside_official):
        with pytest.raises((NotFound, NotAllowed)):
            merge(actor, pair)
    with pytest.raises(NotFound):
        merge(town.counsellor, (pair[0], foreign))
    with pytest.raises(NotAllowed):
        merge(town.official, pair)
    merge(town.supervisor, pair)
    with pytest.raises(NotFound):
        services.unmerge_case(actor=town.outsider, merged_id=pair[1].id)


@pytest.mark.django_db
@pytest.mark.parametrize("choices", [{"consumer_name": "merged"}, {"id": "merged"}, {"nothing": "both"}])
def test_only_fields_of_the_card_can_be_chosen(town: Any, pair: tuple[Any, Any], choices: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        merge(town.counsellor, pair, **choices)
    with system_transaction():
        assert not CaseMerge.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_people_who_merge_crosswise_at_once_are_answered(town: Any) -> None:
    a = services.open_case(actor=town.counsellor, card=FIRST)
    b = services.open_case(actor=town.counsellor, card=FIRST)
    answers: list[str] = []
    start = threading.Barrier(2)

    def run(actor: Any, one: Any, two: Any) -> None:
        start.wait()
        try:
            services.merge_cases(actor=actor, survivor_id=one.id, merged_id=two.id)
            answers.append("merged")
        except DomainError as error:
            answers.append(error.message)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(town.counsellor, a, b)),
        threading.Thread(target=run, args=(town.counsellor2, b, a)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(answer == "merged" for answer in answers) == [False, True]
    assert any("統合ずみ" in answer for answer in answers)
    with system_transaction():
        assert sorted(Case.objects.values_list("state", flat=True)) == ["advising", "merged"]


# --- the rules, on plain objects --------------------------------------------------------------------------------------


def side(**change: Any) -> Side:
    return Side(**{"id": "a", "receipt_number": "2026-1", "state": State.ADVISING, "inside": True, **change})


@pytest.mark.parametrize(
    ("survivor", "merged", "word"),
    [
        (side(), side(id="b"), ""),
        (side(), side(), "同じ相談"),
        (side(inside=False), side(id="b"), "ほかのセンター"),
        (side(), side(id="b", state=State.TRANSFERRED), "移送ずみ"),
        (side(), side(id="b", state=State.WAITING_APPROVAL), "決裁待ち"),
        (side(state=State.APPROVED), side(id="b"), "決裁待ち"),
        (side(state=State.REGISTERED, registered_before=True), side(id="b"), ""),
        (side(), side(id="b", state=State.ADVISING, registered_before=True), "残す側"),
    ],
)
def test_which_cases_may_become_one(survivor: Side, merged: Side, word: str) -> None:
    sentence = why_not(survivor, merged)
    assert (word in sentence) if word else sentence == ""
    assert len(sentence) <= 40


def test_what_a_person_changed_since_is_not_put_back() -> None:
    before = {"case": {"1": {"title": "a", "kind": "x"}}, "harm": {"3": {"place": "家"}}}
    after = {"case": {"1": {"title": "b", "kind": "y"}}, "contract": {"2": {"amount": 1}}}
    now = {"case": {"1": {"title": "b", "kind": "z"}}, "contract": {"2": {"amount": 1}}}
    put = to_put_back(differences(before, after), now)
    assert put == {
        "set": {"case": {"1": {"title": "a"}}},
        "delete": {"contract": ["2"]},
        "insert": {"harm": {"3": {"place": "家"}}},
    }


def test_a_row_that_was_changed_since_is_kept() -> None:
    changes = differences({}, {"contract": {"2": {"amount": 1}}})
    assert to_put_back(changes, {"contract": {"2": {"amount": 5}}})["delete"] == {}


@pytest.mark.django_db
def test_the_timeline_of_both_names_the_other(town: Any, pair: tuple[Any, Any]) -> None:
    merge(town.counsellor, pair)
    with system_transaction():
        for one, other in (pair, pair[::-1]):
            line = CaseEntry.objects.get(case_id=one.id, kind="merged")
            assert line.data["other"] == other.receipt_number
