"""A case from opening to registration, and again after reopening, through the services."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.models import Approval, Case, CaseEntry
from caasis.cases.selectors import get_case, open_personal, read_card, timeline, visible_cases
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.organisations.models import CentreSettings
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction
from tests.support.cards import COMPLETE, refresh

pytestmark = pytest.mark.django_db


def opened(town, **more):
    return services.open_case(actor=town.counsellor, card={**COMPLETE, **more})


def registered(town, case=None):
    case = case or opened(town)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    confirmed = [c["code"] for c in approval.checks if c["verdict"] == "flagged"]
    services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    return case


def test_an_anonymous_case_needs_nothing_but_a_counsellor(town):
    case = services.open_case(actor=town.counsellor, card={})
    assert case.state == State.ADVISING
    assert case.counsellor_id == town.counsellor.id
    with actor_transaction(town.counsellor):
        assert read_card(get_case(actor=town.counsellor, case_id=case.id))["channel"] == "phone"
        assert open_personal(case, actor=town.counsellor)["consumer_name"] == ""


def test_names_are_sealed_and_open_for_a_purpose_only(town):
    case = opened(town, consumer_name="見本 花子", consumer_phone="０９０－１２３４－５６７８")
    with actor_transaction(town.counsellor2):
        case = get_case(actor=town.counsellor2, case_id=case.id)
        person = case.parties.get(position=1).person
        assert str(person.name) == "［封］"
        assert b"\xe8\xa6\x8b" not in person.name.data
        with pytest.raises(NotAllowed):
            open_personal(case, actor=town.counsellor2)
        opened_fields = open_personal(case, actor=town.counsellor2, purpose=Purpose.ADVICE)
        assert opened_fields["consumer_name"] == "見本 花子"
        row = AccessRecord.objects.filter(action="open_personal_data", object_kind="person").latest("at")
        assert row.actor_id == town.counsellor2.id and row.purpose == "advice" and "name" in row.fields


def test_another_centre_neither_sees_nor_opens_an_open_case(town):
    case = opened(town)
    with actor_transaction(town.outsider):
        assert not visible_cases(actor=town.outsider).exists()
        assert not Case.objects.exists(), "row-level security hides the row from plain queries too"
        with pytest.raises(NotFound):
            get_case(actor=town.outsider, case_id=case.id)


def test_a_registered_case_is_the_nations_without_personal_data(town):
    case = registered(town, opened(town, consumer_name="見本 花子"))
    for actor in (town.outsider, town.ncac, town.analyst):
        with actor_transaction(actor):
            seen = get_case(actor=actor, case_id=case.id)
            assert read_card(seen)["title"] == COMPLETE["title"]
            assert timeline(seen, actor=actor) == []
            with pytest.raises(NotFound):
                open_personal(seen, actor=actor, purpose=Purpose.ADVICE)


def test_the_life_is_in_one_timeline_and_in_the_access_log(town):
    case = registered(town)
    kinds = [e.kind for e in CaseEntry.objects.filter(case=case).order_by("at", "id")]
    assert kinds[0] == "opened" and kinds[-1] == "registered"
    assert {"approval_requested", "approval_step", "state_changed"} <= set(kinds)
    with actor_transaction(town.official):
        actions = set(AccessRecord.objects.filter(object_id=case.id).values_list("action", flat=True))
    assert {"open_case", "finish_handling", "request_approval", "approve_step"} <= actions


def test_reopened_and_approved_again_keeps_its_first_registration(town):
    case = registered(town)
    with actor_transaction(town.counsellor):
        first = get_case(actor=town.counsellor, case_id=case.id).registered_at
    services.reopen_case(actor=town.counsellor, case_id=case.id, reason="相談者からまた電話があった")
    registered(town, case)
    with actor_transaction(town.counsellor):
        again = get_case(actor=town.counsellor, case_id=case.id)
        assert again.state == State.REGISTERED and again.registered_at == first and again.reopened_count == 1
        assert Approval.objects.filter(case=case).count() == 2


def test_fields_that_do_not_overlap_are_merged_and_those_that_do_conflict(town):
    case = opened(town)
    mine = services.save_card(actor=town.counsellor, case_id=case.id, version=1, changes={"title": "新しい件名"})
    assert mine.fields == ("title",)
    merged = services.save_card(actor=town.supervisor, case_id=case.id, version=1, changes={"handling": "電話で助言した。"})
    assert merged.fields == ("handling",) and merged.merged == ("title",)
    with pytest.raises(VersionConflict) as conflict:
        services.save_card(
            actor=town.supervisor, case_id=case.id, version=1, changes={"title": "別の件名", "summary": "別の概要"}
        )
    assert conflict.value.details["overlaps"] == {"title": ("別の件名", "新しい件名")}
    assert conflict.value.details["merged"] == ["summary"]
    with actor_transaction(town.counsellor):
        assert get_case(actor=town.counsellor, case_id=case.id).title == "新しい件名", "nothing of a conflict is saved"


def test_a_draft_is_ones_own_and_a_late_request_changes_nothing(town):
    case = opened(town)
    services.save_draft(actor=town.counsellor, case_id=case.id, base_version=1, body='{"title":"二"}', sequence=2)
    services.save_draft(actor=town.counsellor, case_id=case.id, base_version=1, body='{"title":"一"}', sequence=1)
    from caasis.cases.selectors import draft_of, read_draft

    with actor_transaction(town.counsellor):
        assert read_draft(draft_of(case, actor=town.counsellor), actor=town.counsellor) == '{"title":"二"}'
    with actor_transaction(town.counsellor2):
        assert draft_of(case, actor=town.counsellor2) is None
    services.save_card(actor=town.counsellor2, case_id=case.id, version=1, changes={"title": "ほかの人"})
    with actor_transaction(town.counsellor):
        assert draft_of(case, actor=town.counsellor) is not None, "another's save leaves my draft alone"


def test_what_is_missing_stops_the_request_and_says_where(town):
    case = services.open_case(actor=town.counsellor, card={"kind": "complaint"})
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with pytest.raises(Invalid) as error:
        services.request_approval(actor=town.counsellor, case_id=case.id)
    assert "title" in error.value.fields


def test_a_name_in_the_summary_stops_the_request(town):
    case = opened(town, consumer_name="見本 花子", summary="見本花子さんが屋根工事を契約した。電話は090-1234-5678。")
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with pytest.raises(Invalid) as error:
        services.request_approval(actor=town.counsellor, case_id=case.id)
    assert "氏名" in error.value.message and "電話番号" in error.value.message


def test_nobody_approves_their_own_request_except_in_a_one_person_centre(town):
    case = opened(town)
    services.change_state(actor=town.supervisor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.supervisor, case_id=case.id)
    confirmed = [c["code"] for c in approval.checks if c["verdict"] == "flagged"]
    with pytest.raises(NotAllowed):
        services.decide(actor=town.supervisor, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    CentreSettings.objects.create(centre=town.centre_a, approval_steps=["official"], self_approval=True)
    services.decide(actor=town.supervisor, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    refresh(case)
    assert case.state == State.REGISTERED


def test_two_steps_and_a_deputy(town):
    CentreSettings.objects.create(
        centre=town.centre_a, approval_steps=["supervisor", "official"], approval_deputies={"official": "supervisor"}
    )
    case = opened(town)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    confirmed = [c["code"] for c in approval.checks if c["verdict"] == "flagged"]
    with pytest.raises(NotAllowed):
        services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    services.decide(actor=town.supervisor, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    refresh(case)
    assert case.state == State.WAITING_APPROVAL
    done = services.decide(actor=town.supervisor, approval_id=approval.id, approve=True, confirmed_checks=confirmed)
    assert done.decisions.get(step=1).deputy_for == "official"
    refresh(case)
    assert case.state == State.REGISTERED


def test_a_returned_case_names_its_fields_and_can_be_sent_again(town):
    case = opened(town)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    with pytest.raises(Invalid):
        services.decide(actor=town.official, approval_id=approval.id, approve=False, reason=" ")
    services.decide(actor=town.official, approval_id=approval.id, approve=False, reason="契約日を確かめてください。", fields=["contracted_on"])
    refresh(case)
    assert case.state == State.RETURNED
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"contracted_on": "2026年3月2日"})
    again = services.request_approval(actor=town.counsellor, case_id=case.id, reply="確かめました。")
    assert again.number == 2 and again.snapshot["contracted_on"] == "2026-03-02"


def test_the_light_path_registers_an_inquiry_without_an_approver(town):
    CentreSettings.objects.create(centre=town.centre_a, light_path_for_inquiries=True)
    case = services.open_case(
        actor=town.counsellor,
        card={"kind": "inquiry", "title": "窓口の場所", "summary": "窓口の場所を知りたい。", "handling": "案内した。", "result": "information"},
    )
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    assert services.request_approval(actor=town.counsellor, case_id=case.id) is None
    refresh(case)
    assert case.state == State.REGISTERED


def test_hand_over_and_undo(town):
    case = opened(town)
    services.assign_case(actor=town.counsellor, case_id=case.id, to=town.counsellor2.id, note="続きをお願いします。")
    refresh(case)
    assert case.counsellor_id == town.counsellor2.id
    services.undo_step(actor=town.counsellor, case_id=case.id)
    refresh(case)
    assert case.counsellor_id == town.counsellor.id
    with pytest.raises(Invalid):
        services.assign_case(actor=town.counsellor, case_id=case.id, to=town.outsider.id)


def test_undo_of_finishing_is_for_seconds_and_for_oneself_only(town):
    case = opened(town)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with pytest.raises(WrongState):
        services.undo_step(actor=town.supervisor, case_id=case.id)
    services.undo_step(actor=town.counsellor, case_id=case.id)
    refresh(case)
    assert case.state == State.ADVISING and case.handled_at is None
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    CaseEntry.objects.filter(case=case).update(at=timezone.now() - timedelta(minutes=2))
    with pytest.raises(WrongState):
        services.undo_step(actor=town.counsellor, case_id=case.id)


def test_the_same_key_opens_one_case(town):
    first = services.open_case(actor=town.counsellor, card={}, idempotency_key="k1")
    second = services.open_case(actor=town.counsellor, card={}, idempotency_key="k1")
    assert first.id == second.id


def test_every_change_leaves_an_event_without_personal_data(town):
    case = opened(town, consumer_name="見本 花子", consumer_phone="090-1234-5678")
    services.save_card(actor=town.counsellor, case_id=case.id, version=1, changes={"consumer_address": "架空町1-2-3"})
    rows = OutboxEvent.objects.filter(subject=case.id)
    assert [row.topic for row in rows.order_by("created_at")] == ["cases.opened", "cases.card_saved"]
    assert "花子" not in str(list(rows.values())) and "1234" not in str([r.payload for r in rows])


def test_bad_values_are_refused_in_words_and_nothing_is_saved(town):
    case = opened(town)
    with pytest.raises(Invalid) as error:
        services.save_card(
            actor=town.counsellor,
            case_id=case.id,
            version=1,
            changes={"amount": "たくさん", "contracted_on": "きのうのきのう", "sales_form": "nowhere", "consumer_age": "300", "title": "良い"},
        )
    assert set(error.value.fields) == {"amount", "contracted_on", "sales_form", "consumer_age"}
    refresh(case)
    assert case.title == COMPLETE["title"]


def test_tolerant_values_are_understood(town):
    case = opened(town)
    services.save_card(
        actor=town.counsellor,
        case_id=case.id,
        version=1,
        changes={"amount": "３万８千円", "contracted_on": "令和8年3月2日", "consumer_age": "７２歳"},
    )
    with actor_transaction(town.counsellor):
        card = read_card(get_case(actor=town.counsellor, case_id=case.id))
    assert card["amount"] == 38_000 and str(card["contracted_on"]) == "2026-03-02" and card["consumer_age"] == 72
