"""補正 by the national centre: what it may change, how a centre disputes, and that the statistics count once."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from caasis.analytics.facts import store_facts
from caasis.analytics.handlers import count_registered_case
from caasis.analytics.models import CaseFact
from caasis.analytics.selectors import Slice, evaluate
from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.approval_record import today
from caasis.cases.correction_record import corrections_of, inbox, registered_with_doubts
from caasis.cases.models import Case, Contract, Correction
from caasis.cases.rules.correction import CORRECTABLE, DISPUTE_DAYS, to_put_back
from caasis.cases.rules.doubts import doubts
from caasis.cases.rules.fields import BY_NAME, Kind
from caasis.cases.selectors import read_card
from caasis.cases.services.correcting import settle_silent_corrections
from caasis.cases.vocabulary import State
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE, refresh

pytestmark = pytest.mark.django_db

REASON = "概要から電話勧誘販売と読めるため"


def registered(town, **more):
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, **more})
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approve(town, case)
    return case


def approve(town, case):
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    flags = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=flags)
    refresh(case)


def corrected(town, case, **changes):
    return services.correct_case(
        actor=town.ncac,
        case_id=case.id,
        version=case.version,
        changes=changes or {"sales_form": "telephone"},
        reason=REASON,
    )


def form_of(case) -> str:
    with system_transaction():
        return Contract.objects.get(case_id=case.id).sales_form


def deliver(case, topic="cases.corrected"):
    """What the relay does with the case's event."""
    with system_transaction():
        count_registered_case(Delivered(1, topic, case.id, case.handling_centre_id, None, {}))


# --- correcting -------------------------------------------------------------------------------------------------------


def test_a_correction_holds_at_once_with_its_history_and_its_event(town):
    case = registered(town)
    correction = corrected(town, case, sales_form="telephone", keywords="点検商法 屋根")
    assert form_of(case) == "telephone"
    assert correction.before == {"sales_form": "door_to_door", "keywords": []}
    assert correction.after == {"sales_form": "telephone", "keywords": ["点検商法", "屋根"]}
    assert correction.codes_version and correction.made_by == town.ncac.id
    assert correction.dispute_until == today() + timedelta(days=DISPUTE_DAYS)
    before = case.version
    refresh(case)
    assert case.state == State.REGISTERED and case.version == before + 1
    with system_transaction():
        event = OutboxEvent.objects.get(topic="cases.corrected", subject=case.id)
        assert event.centre_id == town.centre_a.id and event.payload["fields"] == ["keywords", "sales_form"]
        assert REASON not in str(event.payload)
        line = case.entries.get(kind="corrected")
        assert line.actor_id == town.ncac.id and REASON not in str(line.data)
        assert AccessRecord.objects.filter(action="correct_case", object_id=case.id, actor_id=town.ncac.id).exists()


@pytest.mark.parametrize("field", ["title", "summary", "handling", "amount", "contracted_on", "consumer_name", "prefecture_code"])
def test_texts_amounts_and_personal_data_are_never_corrected(town, field):
    case = registered(town)
    with pytest.raises(Invalid) as error:
        corrected(town, case, **{field: "2026-01-02" if field == "contracted_on" else "1"})
    assert field in error.value.fields
    assert not any(BY_NAME[name].sealed or BY_NAME[name].kind in (Kind.LONG_TEXT, Kind.TEXT) for name in CORRECTABLE)


def test_a_correction_needs_a_reason_without_personal_data_and_a_change(town):
    case = registered(town)
    for reason in ("", "  ", "短い", "相談者 090-1234-5678 に聞いた"):
        with pytest.raises(Invalid) as error:
            services.correct_case(
                actor=town.ncac, case_id=case.id, version=case.version, changes={"sales_form": "shop"}, reason=reason
            )
        assert "correction_reason" in error.value.fields
    with pytest.raises(Invalid):
        corrected(town, case, sales_form="door_to_door")
    with pytest.raises(Invalid) as error:
        corrected(town, case, product="")
    assert "product" in error.value.fields
    with pytest.raises(Invalid):
        corrected(town, case, sales_form="no_such_form")
    with pytest.raises(Invalid):
        corrected(town, case, party_age=40)
    assert form_of(case) == "door_to_door"


def test_a_case_that_changed_since_is_not_corrected(town):
    case = registered(town)
    corrected(town, case)
    with pytest.raises(VersionConflict):
        services.correct_case(
            actor=town.ncac, case_id=case.id, version=case.version, changes={"sales_form": "shop"}, reason=REASON
        )


@pytest.mark.parametrize("who", ["counsellor", "official", "outsider", "outside_official", "analyst", "admin"])
def test_nobody_but_the_national_centre_corrects(town, who):
    case = registered(town)
    with pytest.raises(NotAllowed):
        services.correct_case(
            actor=town.actors[who], case_id=case.id, version=case.version, changes={"sales_form": "shop"}, reason=REASON
        )


def test_what_is_not_registered_is_hidden_from_a_correction(town):
    case = services.open_case(actor=town.counsellor, card=COMPLETE)
    with pytest.raises(NotFound):
        corrected(town, case)
    closed = registered(town)
    services.reopen_case(actor=town.counsellor, case_id=closed.id, reason="新しい事実")
    refresh(closed)
    with pytest.raises(NotFound):
        corrected(town, closed)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE cases_contract SET sales_form = 'shop'",
        "UPDATE cases_party SET age = 1",
        "DELETE FROM cases_entry",
        "INSERT INTO cases_harm (id, created_at, updated_at, case_id, kind, degree, place, product, model, lot)"
        " SELECT gen_random_uuid(), now(), now(), id, '', '', '', '', '', '' FROM cases_case",
        "DELETE FROM cases_approval_decision",
        "INSERT INTO cases_correction (id, created_at, updated_at, case_id, centre_id, state, before, after, codes_version,"
        " reason, made_at, dispute_until) SELECT gen_random_uuid(), now(), now(), id, handling_centre_id, 'applied', '{}',"
        " '{}', '1', 'x', now(), now() FROM cases_case",
    ],
)
def test_the_scope_of_the_nation_writes_nothing_by_hand(town, sql):
    registered(town)
    with actor_transaction(town.ncac), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_scope_of_the_nation_changes_no_case_row(town):
    case = registered(town)
    with actor_transaction(town.ncac), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET result = 'other' WHERE id = %s", [case.id])
    refresh(case)
    assert case.result == "advice"


def test_another_centre_sees_no_correction(town):
    case = registered(town)
    correction = corrected(town, case)
    with actor_transaction(town.outside_official):
        assert not Correction.objects.exists()
        assert corrections_of(case, actor=town.outside_official) == []
    with pytest.raises(NotFound):
        services.dispute_correction(actor=town.outsider, correction_id=correction.id, reason="違うと思います")
    with actor_transaction(town.official):
        assert list(inbox(actor=town.official)) == [correction]


# --- dispute ----------------------------------------------------------------------------------------------------------


def test_the_centre_disputes_and_the_nation_withdraws(town):
    case = registered(town)
    correction = corrected(town, case)
    services.dispute_correction(actor=town.counsellor, correction_id=correction.id, reason="契約書では訪問販売でした")
    with pytest.raises(WrongState):
        services.note_seen(actor=town.counsellor, correction_id=correction.id)
    done = services.answer_dispute(
        actor=town.ncac, correction_id=correction.id, withdraw=True, reason="契約書の記載に従います"
    )
    assert done.state == "withdrawn" and form_of(case) == "door_to_door"
    with system_transaction():
        assert [step.kind for step in done.steps.all()] == ["made", "dispute", "withdraw"]
        assert case.entries.filter(kind="correction_settled").count() == 2


def test_the_nation_upholds_and_the_correction_stays(town):
    case = registered(town)
    correction = corrected(town, case)
    services.dispute_correction(actor=town.official, correction_id=correction.id, reason="訪問販売でした")
    services.answer_dispute(actor=town.ncac, correction_id=correction.id, withdraw=False, reason="電話で勧誘されています")
    refresh(correction)
    assert correction.state == "upheld" and form_of(case) == "telephone"
    with pytest.raises(WrongState):
        services.answer_dispute(actor=town.ncac, correction_id=correction.id, withdraw=True, reason="やはり取り下げます")


def test_silence_accepts_and_it_is_too_late_afterwards(town):
    case = registered(town)
    correction = corrected(town, case)
    assert settle_silent_corrections() == 0
    with system_transaction():
        Correction.objects.update(dispute_until=today() - timedelta(days=1))
    with pytest.raises(WrongState):
        services.dispute_correction(actor=town.official, correction_id=correction.id, reason="おそすぎる異議")
    assert settle_silent_corrections() == 1 and settle_silent_corrections() == 0
    refresh(correction)
    assert correction.state == "accepted"


def test_withdrawing_keeps_what_somebody_changed_since(town):
    case = registered(town)
    correction = corrected(town, case, sales_form="telephone", consumer_sex="male")
    services.reopen_case(actor=town.counsellor, case_id=case.id, reason="確かめるため")
    refresh(case)
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"sales_form": "shop"})
    done = services.answer_dispute(actor=town.ncac, correction_id=correction.id, withdraw=True, reason="センターに従います")
    assert form_of(case) == "shop"
    with system_transaction():
        assert read_card(Case.objects.get(id=case.id))["consumer_sex"] == "female"
        assert done.steps.get(kind="withdraw").kept == ["sales_form"]


def test_a_case_on_its_way_through_approval_is_not_changed_beneath_it(town):
    case = registered(town)
    correction = corrected(town, case)
    services.reopen_case(actor=town.counsellor, case_id=case.id, reason="確かめるため")
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    services.request_approval(actor=town.counsellor, case_id=case.id)
    with pytest.raises(WrongState):
        services.answer_dispute(actor=town.ncac, correction_id=correction.id, withdraw=True, reason="取り下げます")


def test_reopened_and_approved_again_the_correction_is_still_there(town):
    case = registered(town)
    corrected(town, case)
    services.reopen_case(actor=town.counsellor, case_id=case.id, reason="新しい事実")
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approve(town, case)
    assert form_of(case) == "telephone"
    with actor_transaction(town.official):
        assert len(corrections_of(case, actor=town.official)) == 1


# --- statistics -------------------------------------------------------------------------------------------------------


def test_statistics_follow_a_correction_and_count_once(town):
    case = registered(town)
    other = registered(town, title="ほかの相談")
    with system_transaction():
        store_facts([case.id, other.id])
    period = Slice(date(2020, 1, 1), today())

    def figures():
        return {code: found.value for code, found in evaluate(period, actor=town.ncac).items()}

    def by_form():
        return sorted(CaseFact.objects.values_list("sales_form", flat=True))

    with actor_transaction(town.ncac):
        before = figures()
        assert by_form() == ["door_to_door", "door_to_door"]
    correction = corrected(town, case)
    deliver(case)
    deliver(case)
    with actor_transaction(town.ncac):
        assert figures() == before and before["K12"] == 2
        assert by_form() == ["door_to_door", "telephone"]
    services.answer_dispute(actor=town.ncac, correction_id=correction.id, withdraw=True, reason="取り下げます")
    deliver(case)
    with actor_transaction(town.ncac):
        assert figures() == before and by_form() == ["door_to_door", "door_to_door"]


# --- many -------------------------------------------------------------------------------------------------------------


def test_many_are_corrected_each_by_itself_and_undone_together(town):
    cases = [registered(town, title=f"{number}件め") for number in range(3)]
    chosen = [(case.id, case.version) for case in cases]
    chosen[1] = (cases[1].id, cases[1].version - 1)
    batch, outcomes = services.correct_many(
        actor=town.ncac, cases=chosen, changes={"sales_form": "telephone"}, reason=REASON
    )
    assert isinstance(batch, UUID) and [one.done for one in outcomes] == [True, False, True]
    assert [form_of(case) for case in cases] == ["telephone", "door_to_door", "telephone"]
    with system_transaction():
        third = Correction.objects.get(case=cases[2])
    services.note_seen(actor=town.official, correction_id=third.id)
    undone = services.take_back_corrections(actor=town.ncac, batch_id=batch)
    assert sorted(one.done for one in undone) == [False, True]
    assert [form_of(case) for case in cases] == ["door_to_door", "door_to_door", "telephone"]


def test_a_batch_is_undone_by_who_made_it_and_only_for_a_while(town):
    case = registered(town)
    batch, _ = services.correct_many(
        actor=town.ncac, cases=[(case.id, case.version)], changes={"sales_form": "shop"}, reason=REASON
    )
    with pytest.raises(NotFound):
        services.take_back_corrections(actor=town.ncac, batch_id=uuid7())
    with pytest.raises(NotAllowed):
        services.take_back_corrections(actor=town.official, batch_id=batch)
    with system_transaction():
        row = Correction.objects.get(batch_id=batch)
        row.made_at -= timedelta(minutes=11)
        row.save(update_fields=["made_at"])
    with pytest.raises(WrongState):
        services.take_back_corrections(actor=town.ncac, batch_id=batch)


# --- doubts -----------------------------------------------------------------------------------------------------------


def test_doubts_name_the_field_that_mends_them():
    card = {**COMPLETE, "content_classes": ["contract"], "sales_form": "unknown"}
    card |= {"contracted_on": date(2026, 3, 1), "contract_document_on": date(2026, 3, 1)}
    found = doubts(card, today=today(), is_code=lambda name, code: code != "P1301")
    assert [(one.code, one.field) for one in found] == [("old_code", "product"), ("form_and_type", "sales_form")]
    clean = {**card, "sales_form": "door_to_door"}
    assert doubts(clean, today=today(), is_code=lambda *_: True) == []


def test_registered_cases_with_doubts_come_first_and_nothing_personal_is_read(town):
    registered(town, title="きれい", content_classes=["contract"], consumer_name="秘匿川 栞奈")
    odd = registered(town, title="おかしい", sales_form="mail_order")
    with actor_transaction(town.ncac):
        page = registered_with_doubts(actor=town.ncac)
        assert page.rows[0].case.id == odd.id and page.doubtful == 1 and page.looked_at == 2
        assert registered_with_doubts(actor=town.ncac, words="きれい").looked_at == 1
        assert [row.case.id for row in registered_with_doubts(actor=town.ncac, code="form_and_type").rows] == [odd.id]


def test_putting_back_leaves_what_is_newer():
    assert to_put_back({"a": 1, "b": 2}, {"a": 5, "b": 6}, {"a": 5, "b": 9}) == ({"a": 1}, ["b"])
