"""あっせん: consent before naming, log, offers, deadline, result, undo, the way onward, and the look-up by business."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import mediations
from caasis.cases import services as cases
from caasis.cases.models import CaseEntry, Mediation, MediationStep, Task
from caasis.cases.rules.mediation import Means, Next, Standing, next_action, stages
from caasis.cases.rules.mediation_letters import BusinessLetter, Sender, business_letter
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.people.models import Consent
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE, refresh

pytestmark = pytest.mark.django_db
TODAY = day_in_japan(timezone.now())


def begun(town: Any, **card: Any) -> tuple[Any, Mediation]:
    values = {**COMPLETE, "consumer_name": "秘匿川 栞奈", "business_phone": "022-123-4567", **card}
    with actor_transaction(town.counsellor):
        case = cases.open_case(actor=town.counsellor, card=values)
        return case, cases.begin_mediation(actor=town.counsellor, case_id=case.id)


def contact(town: Any, mediation: Mediation, **more: Any) -> MediationStep:
    given = {"means": "phone", "direction": "to_business", "words": "返金できるか尋ねた。", **more}
    return cases.log_contact(actor=town.counsellor, mediation_id=mediation.id, **given)


def read(town: Any, mediation: Mediation, purpose: Purpose | None = Purpose.OWN_CASE) -> mediations.MediationFile:
    with actor_transaction(town.counsellor):
        found = mediations.get_mediation(actor=town.counsellor, mediation_id=mediation.id)
        return mediations.read_file(found, actor=town.counsellor, purpose=purpose, today=TODAY)


def test_beginning_takes_the_business_of_the_card_and_leads_the_case(town):
    case, mediation = begun(town)
    refresh(case)
    assert (mediation.business_name, mediation.business_phone, case.state) == ("カクウルーフ", "022-123-4567", "mediating")
    again = cases.begin_mediation(actor=town.counsellor, case_id=case.id)
    other = cases.begin_mediation(actor=town.counsellor, case_id=case.id, business_name="みほんクレジット")
    assert again.id == mediation.id and other.id != mediation.id
    with pytest.raises(Invalid):
        cases.begin_mediation(actor=town.counsellor, case_id=begun(town)[0].id, business_name="長" * 161)


def test_nobody_is_named_before_the_consumer_agreed(town):
    case, mediation = begun(town)
    with pytest.raises(Invalid) as refused:
        contact(town, mediation, named=True)
    assert "named" in refused.value.fields
    contact(town, mediation, named=False)
    with pytest.raises(Invalid):
        cases.record_business_letter(
            actor=town.counsellor, mediation_id=mediation.id, letter=BusinessLetter.NOTICE, form="pdf", named=True
        )
    cases.record_consent(actor=town.counsellor, mediation_id=mediation.id, means="phone")
    assert contact(town, mediation, named=True).named_consumer
    with system_transaction():
        consent = Consent.objects.get(person_id=case.parties.get(position=1).person_id)
        assert consent.kind == "name_to_business" and consent.withdrawn_at is None
    cases.withdraw_consent(actor=town.counsellor, mediation_id=mediation.id)
    with pytest.raises(Invalid):
        contact(town, mediation, named=True)
    with system_transaction():
        consent.refresh_from_db()
        assert consent.withdrawn_at is not None


def test_an_anonymous_consumers_consent_needs_no_person(town):
    _, mediation = begun(town, consumer_name="")
    cases.record_consent(actor=town.counsellor, mediation_id=mediation.id, means="meeting")
    refresh(mediation)
    assert mediation.consent_given_at is not None and mediation.consent_id is None


def test_the_log_is_sealed_and_opened_for_a_purpose_as_one_opening(town):
    _, mediation = begun(town)
    for number in range(3):
        contact(town, mediation, words=f"ルリビタキ{number}")
    with system_transaction():
        assert all("ルリビタキ".encode() not in bytes(step.words.data) for step in MediationStep.objects.all())
        assert "ルリビタキ" not in str(list(CaseEntry.objects.values_list("data", flat=True)))
        before = AccessRecord.objects.filter(action="open_personal_data").count()
    file = read(town, mediation)
    assert [shown.words for shown in file.steps][:3] == ["ルリビタキ2", "ルリビタキ1", "ルリビタキ0"]
    with system_transaction():
        assert AccessRecord.objects.filter(action="open_personal_data").count() == before + 1
    assert {shown.words for shown in read(town, mediation, None).steps} == {None}


def test_the_same_key_writes_one_line(town):
    _, mediation = begun(town)
    key = uuid7()
    assert contact(town, mediation, key=key).id == contact(town, mediation, key=key).id == key
    offer = {"actor": town.counsellor, "mediation_id": mediation.id, "side": "business", "terms": "半分返す", "key": uuid7()}
    assert cases.make_offer(**offer).id == cases.make_offer(**offer).id


@pytest.mark.parametrize(
    "wrong", [{"means": "pigeon"}, {"direction": ""}, {"words": "　"}, {"words": "長" * 4001}, {"at": timezone.now() + timedelta(days=1)}]
)
def test_a_line_that_says_nothing_is_refused(town, wrong):
    _, mediation = begun(town)
    with pytest.raises(Invalid):
        contact(town, mediation, **wrong)


def test_a_deadline_brings_a_task_on_its_day_and_goes_with_it(town):
    case, mediation = begun(town)
    due = TODAY + timedelta(days=7)
    cases.set_answer_deadline(actor=town.counsellor, mediation_id=mediation.id, due_on=due)
    with system_transaction():
        task = Task.objects.get(case=case, kind="mediation", done_at=None)
        assert day_in_japan(task.due_at) == due and "カクウルーフ" in task.what
    cases.set_answer_deadline(actor=town.counsellor, mediation_id=mediation.id, due_on=due + timedelta(days=7))
    with system_transaction():
        assert Task.objects.filter(case=case, kind="mediation", done_at=None).count() == 1
    cases.set_answer_deadline(actor=town.counsellor, mediation_id=mediation.id, due_on=None)
    with system_transaction():
        assert not Task.objects.filter(case=case, kind="mediation", done_at=None).exists()
    with pytest.raises(Invalid):
        cases.set_answer_deadline(actor=town.counsellor, mediation_id=mediation.id, due_on=TODAY - timedelta(days=1))


def test_a_letter_that_asks_sets_the_deadline_and_two_forms_are_one_line(town):
    _, mediation = begun(town)
    due = TODAY + timedelta(days=14)
    for form in ("pdf", "txt"):
        cases.record_business_letter(
            actor=town.counsellor, mediation_id=mediation.id, letter=BusinessLetter.REQUEST, form=form, named=False, due_on=due
        )
    refresh(mediation)
    assert mediation.answer_due_on == due
    assert [shown.step.kind for shown in read(town, mediation).steps].count("letter") == 1


def test_a_result_goes_into_the_card_and_comes_back_with_undo(town):
    case, mediation = begun(town, result="advice")
    version = case.version
    with pytest.raises(Invalid):
        cases.end_mediation(actor=town.counsellor, mediation_id=mediation.id, outcome="failed")
    cases.save_draft(actor=town.counsellor, case_id=case.id, base_version=version, body='{"title":"書きかけ"}', sequence=1)
    cases.end_mediation(actor=town.counsellor, mediation_id=mediation.id, outcome="failed", failed_because="refused")
    refresh(case)
    with system_transaction():
        assert case.result == "mediation_failed" and case.drafts.count() == 1
    with pytest.raises(WrongState):
        contact(town, mediation)
    step = read(town, mediation).steps[0].step
    cases.undo_mediation_step(actor=town.counsellor, mediation_id=mediation.id, step_id=step.id)
    refresh(case)
    refresh(mediation)
    assert case.result == "advice" and mediation.outcome == ""
    contact(town, mediation)


def test_one_settled_mediation_settles_the_case(town):
    case, first = begun(town)
    second = cases.begin_mediation(actor=town.counsellor, case_id=case.id, business_name="みほんクレジット")
    cases.end_mediation(actor=town.counsellor, mediation_id=first.id, outcome="settled")
    cases.end_mediation(actor=town.counsellor, mediation_id=second.id, outcome="failed", failed_because="apart")
    refresh(case)
    assert case.result == "mediation_settled"


def test_offers_are_answered_once_and_an_answer_is_taken_back(town):
    _, mediation = begun(town)
    offer = cases.make_offer(actor=town.counsellor, mediation_id=mediation.id, side="business", terms="半分返す", amount=740_000)
    answer = {"actor": town.counsellor, "mediation_id": mediation.id, "offer_id": offer.id}
    cases.answer_offer(**answer, state="accepted")
    with pytest.raises(WrongState):
        cases.answer_offer(**answer, state="refused")
    assert read(town, mediation).standing.accepted
    step = next(shown.step for shown in read(town, mediation).steps if shown.step.kind == "answer")
    cases.undo_mediation_step(actor=town.counsellor, mediation_id=mediation.id, step_id=step.id)
    file = read(town, mediation)
    assert (file.standing.open_offers, file.standing.accepted) == (1, False)
    assert [shown.step.kind for shown in file.steps if shown.step.undone_at] == ["answer"]


def test_undo_is_for_ones_own_last_seconds(town):
    _, mediation = begun(town)
    step = contact(town, mediation)
    with pytest.raises(WrongState):
        cases.undo_mediation_step(actor=town.counsellor2, mediation_id=mediation.id, step_id=step.id)
    with system_transaction():
        MediationStep.objects.filter(id=step.id).update(created_at=timezone.now() - timedelta(minutes=2))
    with pytest.raises(WrongState):
        cases.undo_mediation_step(actor=town.counsellor, mediation_id=mediation.id, step_id=step.id)


def test_only_a_failed_mediation_goes_onward_and_its_end_is_dated(town):
    _, mediation = begun(town)
    on = {"actor": town.counsellor, "mediation_id": mediation.id}
    with pytest.raises(WrongState):
        cases.go_onward(**on, body="ncac_adr", state="applied", on=TODAY)
    cases.end_mediation(**on, outcome="failed", failed_because="law")
    row = cases.go_onward(**on, body="ncac_adr", state="applied", on=TODAY, reference="R8-12")
    assert read(town, mediation).standing.onward_open
    cases.record_onward(**on, onward_id=row.id, state="settled", on=TODAY, words="和解した。")
    file = read(town, mediation)
    assert not file.standing.onward_open and file.onwards[0][0].ended_on == TODAY and file.onwards[0][1] == "和解した。"


def test_who_is_outside_finds_no_mediation(town):
    case, mediation = begun(town)
    for who in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        actor = town.actors[who]
        with actor_transaction(actor):
            assert not mediations.open_mediations(actor=actor, today=TODAY)
            assert not mediations.find_for_business(actor=actor, name="カクウルーフ", today=TODAY)
            with pytest.raises(NotFound):
                mediations.get_mediation(actor=actor, mediation_id=mediation.id)
            with pytest.raises(NotFound):
                cases.record_consent(actor=actor, mediation_id=mediation.id, means="phone")
            with pytest.raises(NotFound):
                cases.begin_mediation(actor=actor, case_id=case.id, business_name="カクウルーフ")
    with actor_transaction(town.official), pytest.raises(NotAllowed):
        cases.record_consent(actor=town.official, mediation_id=mediation.id, means="phone")
    with actor_transaction(town.outsider):
        # Past the selectors, the database's own wall.
        assert not Mediation.objects.exists() and not MediationStep.objects.exists()


@pytest.mark.parametrize(
    "asked", [{"phone": "０２２（１２３）４５６７"}, {"name": "かくうるーふ"}, {"name": "㈱カクウルーフ"}, {"name": "カクウ"}]
)
def test_a_business_that_calls_is_found_by_number_or_name_without_any_consumer(town, asked):
    case, mediation = begun(town, business_name="カクウルーフ")
    contact(town, mediation, words="秘匿川さんの話", direction="from_consumer")
    with actor_transaction(town.counsellor2):
        found = mediations.find_for_business(actor=town.counsellor2, today=TODAY, **asked)
    if asked != {"name": "かくうるーふ"}:
        assert [one.mediation_id for one in found] == [mediation.id]
        assert found[0].receipt_number == case.receipt_number and found[0].handled_by
    assert "秘匿川" not in str(found) and COMPLETE["title"] not in str(found)


def test_a_confirmed_business_is_found_by_every_alias(town):
    from caasis.businesses.services import create_business

    with system_transaction():
        from caasis.kernel.actor import SYSTEM

        roof = create_business(actor=SYSTEM, name="株式会社カクウルーフ")
    with actor_transaction(town.counsellor):
        case = cases.open_case(actor=town.counsellor, card={**COMPLETE, "business_phone": "022-123-4567"})
        cases.confirm_business(actor=town.counsellor, case_id=case.id, business_id=roof.id)
        mediation = cases.begin_mediation(actor=town.counsellor, case_id=case.id, business_name="カクウルーフ", business_phone="03-1111-2222")
        found = mediations.find_for_business(actor=town.counsellor, phone="022-123-4567", today=TODAY)
    assert [one.mediation_id for one in found] == [mediation.id]


def test_an_ended_mediation_no_longer_answers_the_telephone(town):
    _, mediation = begun(town)
    cases.end_mediation(actor=town.counsellor, mediation_id=mediation.id, outcome="settled")
    with actor_transaction(town.counsellor):
        assert not mediations.find_for_business(actor=town.counsellor, phone="022-123-4567", today=TODAY)


# --- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "place", "late"),
    [
        (Standing(), "consent", False),
        (Standing(consent=True), "steps", False),
        (Standing(consent=True, contacted=True), "deadline", False),
        (Standing(consent=True, contacted=True, due_on=TODAY), "deadline", False),
        (Standing(consent=True, contacted=True, due_on=TODAY - timedelta(days=1)), "steps", True),
        (Standing(consent=True, contacted=True, answered=True), "offers", False),
        (Standing(consent=True, contacted=True, answered=True, offers=1, open_offers=1), "offers", False),
        (Standing(consent=True, contacted=True, answered=True, offers=1, accepted=True), "result", False),
        (Standing(consent=True, outcome="failed"), "onward", False),
        (Standing(consent=True, outcome="failed", onward=1, onward_open=True), "onward", False),
        (Standing(consent=True, outcome="settled"), "steps", False),
    ],
)
def test_there_is_one_next_thing_to_do(standing, place, late):
    found = next_action(standing, today=TODAY)
    assert isinstance(found, Next) and (found.place, found.late) == (place, late)


def test_the_bar_shows_one_place_as_now():
    bar = stages(Standing(consent=True, contacted=True))
    assert [one.state for one in bar] == ["done", "done", "now", "ahead", "ahead"]
    over = stages(Standing(consent=True, contacted=True, outcome="failed", onward=1, onward_open=True))
    assert [one.state for one in over] == ["done", "done", "ahead", "ahead", "done", "now"]


@pytest.mark.parametrize("kind", list(BusinessLetter))
def test_a_letter_names_the_consumer_only_when_it_may(kind):
    given: dict[str, Any] = {
        "card": {"amount": 1_480_000}, "sender": Sender("青葉市消費生活センター"), "business": "カクウルーフ",
        "receipt_number": "2026-0000-00000", "due_on": TODAY, "offer": "", "today": TODAY,
    }  # fmt: skip
    assert "相談者" in business_letter(kind, consumer="", **given)
    named = business_letter(kind, consumer="見本 花子", **given)
    assert "見本 花子様" in named and "1,480,000円" in named and "〔商品・サービスの名前〕" in named


def test_an_unknown_code_is_shown_as_it_is():
    assert Means.words("phone") == "電話" and Means.words("pigeon") == "pigeon"
