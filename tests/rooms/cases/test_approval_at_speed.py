"""決裁 of many, absences with 代決, looks, the digest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.approval_record import absences_now, approvals_waiting, seen_before, special_decisions, today
from caasis.cases.models import ApprovalDecision, ApproverAbsence, Digest
from caasis.cases.rules.approval import absence_errors
from caasis.cases.services.deciding import right_of
from caasis.cases.services.digesting import digest_text, write_digests
from caasis.cases.vocabulary import State
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.organisations.models import CentreSettings
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE, refresh
from tests.support.cast import uid

pytestmark = pytest.mark.django_db


def sent(town, **more):
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, **more})
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    return case, services.request_approval(actor=town.counsellor, case_id=case.id)


def away(town, who="official", deputy="counsellor2", **more):
    day = today()
    given = {"first": day, "last": day + timedelta(days=3), **more}
    return services.enter_approver_absence(
        actor=town.official, user_id=town.actors[who].id, deputy_id=town.actors[deputy].id if deputy else None, **given
    )


# --- many at once -----------------------------------------------------------------------------------------------------


def test_a_batch_writes_for_each_what_one_decision_writes(town):
    pairs = [sent(town, title=f"{number}件め") for number in range(3)]
    outcomes = services.decide_many(actor=town.official, requests=[(approval.id, None) for _, approval in pairs])
    assert [one.done for one in outcomes] == [True, True, True]
    with system_transaction():
        for case, approval in pairs:
            case.refresh_from_db()
            assert case.state == State.REGISTERED and case.registered_at is not None
            assert ApprovalDecision.objects.get(approval=approval).decided_by == town.official.id
            assert AccessRecord.objects.filter(object_id=case.id, action="approve_step").count() == 1
            assert OutboxEvent.objects.filter(subject=case.id, topic="cases.registered").count() == 1
            kinds = list(case.entries.values_list("kind", flat=True))
            assert kinds.count("registered") == 1 and kinds.count("approval_step") == 1


def test_what_cannot_be_approved_stops_no_other(town):
    clean, first = sent(town)
    flagged, second = sent(town, paid=2_000_000)
    withdrawn, third = sent(town)
    services.withdraw_request(actor=town.counsellor, case_id=withdrawn.id)
    steps = []
    outcomes = services.decide_many(
        actor=town.official,
        requests=[(second.id, None), (third.id, None), (uid("nobody"), None), (first.id, None)],
        after_each=lambda: steps.append(1),
    )
    assert [one.done for one in outcomes] == [False, False, False, True]
    assert "指摘" in outcomes[0].sentence and "済んでいます" in outcomes[1].sentence
    assert len(steps) == 4
    refresh(clean)
    refresh(flagged)
    assert clean.state == State.REGISTERED and flagged.state == State.WAITING_APPROVAL


def test_a_batch_refuses_a_case_that_changed_since_it_was_listed(town):
    case, approval = sent(town)
    outcomes = services.decide_many(actor=town.official, requests=[(approval.id, case.version - 1)])
    assert not outcomes[0].done and "内容が変わりました" in outcomes[0].sentence


@pytest.mark.parametrize("who", ["outsider", "outside_official", "ncac", "admin"])
def test_nobody_outside_approves_a_batch(town, who):
    case, approval = sent(town)
    outcomes = services.decide_many(actor=town.actors[who], requests=[(approval.id, None)])
    assert not outcomes[0].done
    refresh(case)
    assert case.state == State.WAITING_APPROVAL


def test_a_counsellor_approves_no_batch(town):
    _, approval = sent(town)
    assert not services.decide_many(actor=town.counsellor2, requests=[(approval.id, None)])[0].done


def test_a_step_of_several_says_that_another_follows(town):
    with system_transaction():
        CentreSettings.objects.create(centre=town.centre_a, approval_steps=["supervisor", "official"])
    case, approval = sent(town)
    assert "次の段階" in services.decide_many(actor=town.supervisor, requests=[(approval.id, None)])[0].sentence
    assert "登録" in services.decide_many(actor=town.official, requests=[(approval.id, None)])[0].sentence
    refresh(case)
    assert case.state == State.REGISTERED


# --- absence ----------------------------------------------------------------------------------------------------------


def test_the_deputy_of_an_absent_approver_decides_and_the_record_says_for_whom(town):
    _, approval = sent(town)
    with actor_transaction(town.counsellor2):
        assert not right_of(approval, town.counsellor2).allowed
    with system_transaction():
        away_row = ApproverAbsence.objects.create(
            centre_id=town.centre_a.id, user_id=town.official.id, deputy_id=town.counsellor2.id, first=today(), last=today()
        )
    with actor_transaction(town.counsellor2):
        assert right_of(approval, town.counsellor2).deputy_of == town.official.id
        assert approval in approvals_waiting(actor=town.counsellor2)
    services.decide(actor=town.counsellor2, approval_id=approval.id, approve=True)
    with actor_transaction(town.official):
        decision = ApprovalDecision.objects.get(approval=approval)
        assert (decision.deputy_for, decision.deputy_of) == ("official", town.official.id)
        assert decision in special_decisions(actor=town.official, month=today().replace(day=1)).deputy
    services.end_approver_absence(actor=town.official, absence_id=away_row.id)
    with actor_transaction(town.official):
        assert absences_now(town.centre_a.id) == ()


def test_a_deputy_never_decides_on_their_own_request(town):
    with system_transaction():
        ApproverAbsence.objects.create(
            centre_id=town.centre_a.id, user_id=town.official.id, deputy_id=town.counsellor.id, first=today(), last=today()
        )
    _, approval = sent(town)
    with pytest.raises(NotAllowed):
        services.decide(actor=town.counsellor, approval_id=approval.id, approve=True)


def test_an_absence_that_is_over_or_to_come_gives_no_right(town):
    _, approval = sent(town)
    with system_transaction():
        for days in (-5, 5):
            day = today() + timedelta(days=days)
            ApproverAbsence.objects.create(
                centre_id=town.centre_a.id, user_id=town.official.id, deputy_id=town.counsellor2.id, first=day, last=day
            )
    with pytest.raises(NotAllowed):
        services.decide(actor=town.counsellor2, approval_id=approval.id, approve=True)


def test_where_there_is_another_approver_a_deputy_must_be_named_among_them(town):
    with pytest.raises(Invalid) as error:
        away(town, deputy=None)
    assert "deputy" in error.value.fields
    with pytest.raises(Invalid) as error:
        away(town, deputy="counsellor2")
    assert "deputy" in error.value.fields
    assert away(town, deputy="supervisor").deputy_id == town.supervisor.id


def test_a_centre_of_one_is_away_without_a_deputy(town):
    row = services.enter_approver_absence(
        actor=town.outside_official, user_id=town.outside_official.id, first=today(), last=today(), deputy_id=town.outsider.id
    )
    assert row.deputy_id == town.outsider.id
    alone = absence_errors(
        first=today(), last=today(), today=today(), user_id=uid("one"), deputy_id=None, possible=set()
    )
    assert alone == {}


def test_absences_do_not_overlap_and_end_after_they_begin(town):
    away(town, deputy="supervisor")
    with pytest.raises(Invalid) as error:
        away(town, deputy="supervisor")
    assert "重なって" in error.value.fields["first"][0]
    with pytest.raises(Invalid) as error:
        away(town, who="supervisor", deputy="official", last=today() - timedelta(days=1))
    assert "last" in error.value.fields


@pytest.mark.parametrize("who", ["counsellor", "ncac", "admin"])
def test_only_approvers_enter_absences(town, who):
    with pytest.raises(NotAllowed):
        services.enter_approver_absence(
            actor=town.actors[who], user_id=town.official.id, first=today(), last=today(), deputy_id=town.supervisor.id
        )


@pytest.mark.parametrize("who", ["outsider", "outside_official"])
def test_another_centre_ends_no_absence(town, who):
    row = away(town, deputy="supervisor")
    with pytest.raises(NotFound):
        services.end_approver_absence(actor=town.actors[who], absence_id=row.id)


# --- looks ------------------------------------------------------------------------------------------------------------


def test_differences_count_from_what_this_person_saw(town):
    case, first = sent(town)
    services.note_look(actor=town.official, approval=first)
    services.decide(actor=town.official, approval_id=first.id, approve=False, reason="金額を確かめてください。")
    second = services.request_approval(actor=town.counsellor, case_id=case.id)
    services.decide(actor=town.supervisor, approval_id=second.id, approve=False, reason="もう一度。")
    third = services.request_approval(actor=town.counsellor, case_id=case.id)
    with actor_transaction(town.official):
        assert seen_before(third, actor=town.official) == (first, True)
        assert seen_before(third, actor=town.supervisor) == (second, False)


def test_only_one_look_is_kept_and_none_of_an_outsider(town):
    _, approval = sent(town)
    for actor in (town.official, town.official, town.outsider):
        services.note_look(actor=actor, approval=approval)
    with system_transaction():
        assert list(approval.looks.values_list("user_id", flat=True)) == [town.official.id]


# --- the digest -------------------------------------------------------------------------------------------------------


def test_the_digest_counts_and_names_nobody(town):
    case, approval = sent(town, title="秘匿川さんの屋根")
    sent(town, paid=2_000_000)
    with system_transaction():
        approval.requested_at = timezone.now() - timedelta(days=4)
        approval.save(update_fields=["requested_at"])
    services.set_digest(actor=town.official, wanted=True)
    with system_transaction():
        assert write_digests() == 1 and write_digests() == 1
        digest = Digest.objects.get()
    assert digest.user_id == town.official.id
    assert digest.figures["waiting"] == 2 and digest.figures["flagged"] == 1 and digest.figures["oldest_days"] == 4
    text = digest_text(digest)
    assert "2件" in text and "秘匿川" not in text and case.receipt_number not in text


def test_nobody_gets_a_digest_unasked_and_it_ends_with_the_role(town):
    sent(town)
    with system_transaction():
        assert write_digests() == 0
    services.set_digest(actor=town.official, wanted=True)
    with system_transaction():
        town.users["official"].memberships.update(valid_to=today() - timedelta(days=1))
        assert write_digests() == 0
        assert not Digest.objects.exists()
    with pytest.raises(NotAllowed):
        services.set_digest(actor=town.counsellor, wanted=True)


def test_stopping_the_digest_deletes_the_old_ones(town):
    services.set_digest(actor=town.official, wanted=True)
    with system_transaction():
        write_digests()
    services.set_digest(actor=town.official, wanted=False)
    with system_transaction():
        assert not Digest.objects.exists() and write_digests() == 0
