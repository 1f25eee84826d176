"""Surveys after a consultation (F25): who is asked, once, by which way; what an answer leaves behind."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services as cases
from caasis.cases.models import Party
from caasis.channels.models import TextMessage
from caasis.channels.sms.folder import FolderSms
from caasis.channels.sms.opening import SmsSetup
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.operations import services
from caasis.operations.handlers import ask_after_closing
from caasis.operations.models import Survey, SurveyAnswer, SurveyEdition, SurveyPerson, SurveyRequest
from caasis.operations.retention import KEEP_FOR, expired_words_keys
from caasis.operations.rules.surveys import Question, questions_of
from caasis.operations.survey_selectors import (
    answers_with_words,
    get_survey,
    link_for_contact,
    open_words,
    request_of_link,
    visible_surveys,
)
from caasis.operations.vocabulary import NotAsked, QuestionKind, RequestState, SurveyState
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record
from caasis.privacy.services import read_sealed
from tests.support.cards import refresh
from tests.support.surveys import PHONE, asked_on_the_web, closed, link_of, running, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def sms(tmp_path, monkeypatch: pytest.MonkeyPatch) -> FolderSms:
    port = FolderSms(tmp_path / "sms")
    setup = SmsSetup(port, "https://soudan.example.jp")
    monkeypatch.setattr("caasis.channels.sms.opening._setup", lambda: setup)
    return port


def answered(request, **given):
    return services.answer_survey(request_id=request.id, given={"satisfaction": "5", **given})


# --- writing a survey -------------------------------------------------------------------------------------------------


def test_a_new_survey_is_the_standard_one_and_asks_nobody_until_it_is_published(town):
    services.begin_survey(actor=town.supervisor)
    assert services.ask_for_answer(case_id=closed(town).id) is None
    with system_transaction():
        assert not SurveyRequest.objects.exists()


@pytest.mark.parametrize("who", ["counsellor", "analyst", "admin"])
def test_only_supervisors_officials_and_the_ncac_make_surveys(town, who):
    with pytest.raises(NotAllowed):
        services.begin_survey(actor=getattr(town, who))


def test_a_survey_of_another_centre_is_not_there(town):
    survey = running(town)
    outsider = town.outside_official
    with actor_transaction(outsider):
        assert not visible_surveys(actor=outsider).exists()
    for call in (
        lambda: services.publish_survey(actor=outsider, survey_id=survey.id),
        lambda: services.end_survey(actor=outsider, survey_id=survey.id),
        lambda: services.save_survey(
            actor=outsider, survey_id=survey.id, version=1, title="x", intro="", questions=questions_of(survey.questions)
        ),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_national_survey_is_seen_by_a_centre_but_not_written_by_it(town):
    survey = running(town, actor=town.ncac)
    with actor_transaction(town.official):
        assert get_survey(actor=town.official, survey_id=survey.id).centre_id is None
    with pytest.raises(NotAllowed):
        services.end_survey(actor=town.official, survey_id=survey.id)


def test_publishing_again_makes_a_next_edition_and_keeps_the_first(town):
    survey = running(town)
    request = asked_on_the_web(town)
    refresh(survey)
    services.save_survey(
        actor=town.supervisor, survey_id=survey.id, version=survey.version, title="新しい題名", intro="",
        questions=[Question("more", QuestionKind.TEXT, "ほかには？")],
    )  # fmt: skip
    edition = services.publish_survey(actor=town.supervisor, survey_id=survey.id)
    assert edition.number == 2
    assert services.publish_survey(actor=town.supervisor, survey_id=survey.id).id == edition.id
    with system_transaction():
        assert [one.number for one in SurveyEdition.objects.all()] == [1, 2]
        assert SurveyRequest.objects.get(id=request.id).edition.number == 1
    assert answered(request).state == RequestState.ANSWERED


def test_a_new_survey_ends_the_one_that_ran(town):
    first, second = running(town), running(town)
    refresh(first), refresh(second)
    assert (first.state, second.state) == (SurveyState.ENDED, SurveyState.RUNNING)
    with pytest.raises(WrongState):
        services.publish_survey(actor=town.supervisor, survey_id=first.id)


def test_two_savings_at_once_lose_nothing(town):
    survey = services.begin_survey(actor=town.supervisor)
    save = {"title": "題名", "intro": "", "questions": questions_of(survey.questions)}
    services.save_survey(actor=town.supervisor, survey_id=survey.id, version=survey.version, **save)
    with pytest.raises(VersionConflict):
        services.save_survey(actor=town.official, survey_id=survey.id, version=survey.version, **save)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "あ" * 81}, "title"),
        ({"intro": "あ" * 401}, "intro"),
        ({"sample_percent": 0}, "sample_percent"),
        ({"sample_percent": 101}, "sample_percent"),
        ({"questions": []}, "questions"),
    ],
)
def test_what_cannot_be_asked_is_said_by_field(town, more, field):
    survey = services.begin_survey(actor=town.supervisor)
    save = {"title": "題名", "intro": "", "questions": questions_of(survey.questions)} | more
    with pytest.raises(Invalid) as error:
        services.save_survey(actor=town.supervisor, survey_id=survey.id, version=survey.version, **save)
    assert list(error.value.fields) == [field]
    assert all(len(one) <= 40 for one in error.value.fields[field])


# --- who is asked -----------------------------------------------------------------------------------------------------


def test_a_web_consultation_is_asked_on_its_own_page(town):
    running(town)
    request = asked_on_the_web(town)
    assert (request.state, request.channel, request.not_asked) == ("asked", "status", "")
    assert (request.product_group, request.sales_form) == ("P13", "door_to_door")
    assert request.expires_at - request.asked_at == timedelta(days=30)
    secret = link_for_contact(contact_id=request.contact_id, now=timezone.now())
    assert request_of_link(secret=secret).id == request.id
    with system_transaction():
        row = SurveyRequest.objects.get(id=request.id)
        assert str(row.secret) == "［封］" and secret not in str(row.__dict__)
        event = OutboxEvent.objects.get(topic="operations.survey_asked")
        assert event.payload == {"state": "asked", "not_asked": ""}


def test_a_telephone_case_is_asked_by_sms_with_consent_alone(town, sms):
    running(town)
    without = services.ask_for_answer(case_id=closed(town, consumer_phone="080-1111-2222").id)
    assert without.not_asked == NotAsked.NO_CONSENT
    request = services.ask_for_answer(case_id=closed(town, consumer_phone=PHONE, consent=True).id)
    assert (request.state, request.channel) == ("asked", "sms")
    with system_transaction():
        message = TextMessage.objects.get()
        text = read_sealed(message, "text", "number")
        assert message.purpose == "survey" and text["number"] == "+819012345678"
        (address,) = [line for line in text["text"].splitlines() if line.startswith("https://")]
        assert not SurveyRequest.objects.get(id=request.id).secret
    secret = address.removeprefix("https://soudan.example.jp/survey/").rstrip("/")
    assert request_of_link(secret=secret).id == request.id


def test_without_a_provider_of_sms_that_is_the_reason(town):
    running(town)
    request = services.ask_for_answer(case_id=closed(town, consumer_phone=PHONE, consent=True).id)
    assert (request.state, request.not_asked) == ("not_asked", NotAsked.NO_SMS)


def test_a_fixed_line_and_nobody_at_all_have_no_way(town, sms):
    running(town)
    fixed = services.ask_for_answer(case_id=closed(town, consumer_phone="022-123-4567", consent=True).id)
    nobody = services.ask_for_answer(case_id=closed(town, consumer_name="").id)
    assert fixed.not_asked == nobody.not_asked == NotAsked.NO_WAY


def test_who_wants_it_kept_from_the_family_is_not_asked(town):
    running(town)
    assert asked_on_the_web(town, quiet=["family_secret"]).not_asked == NotAsked.CARE


@pytest.mark.parametrize("care", ["secret", "distress"])
def test_care_that_is_coded_on_the_case_is_heeded(town, care):
    running(town)
    receipt = sent()
    case = closed(town, contact_id=receipt.contact_id, channel="web")
    with system_transaction():
        Party.objects.filter(case=case).update(care=[care])
    assert services.ask_for_answer(case_id=case.id).not_asked == NotAsked.CARE


def test_whoever_is_watched_over_is_not_asked(town):
    from caasis.people.services import set_watch

    running(town)
    receipt = sent()
    case = closed(town, contact_id=receipt.contact_id, channel="web")
    with system_transaction():
        person_id = case.parties.get().person_id
    set_watch(
        actor=town.counsellor, person_id=person_id, reason="訪問販売が続くため",
        review_on=day_in_japan(timezone.now()) + timedelta(days=30),
    )  # fmt: skip
    assert services.ask_for_answer(case_id=case.id).not_asked == NotAsked.CARE


def test_a_case_with_a_file_of_conduct_is_not_asked(town):
    from caasis.cases.models import ConductFile

    running(town)
    case = closed(town)
    with system_transaction():
        ConductFile.objects.create(case=case, centre_id=case.handling_centre_id, state="warned", opened_at=timezone.now())
    assert services.ask_for_answer(case_id=case.id).not_asked == NotAsked.CONDUCT


def test_the_share_and_the_period_are_kept_to(town):
    tomorrow = day_in_japan(timezone.now()) + timedelta(days=1)
    running(town, active_from=tomorrow)
    case = closed(town)
    assert services.ask_for_answer(case_id=case.id) is None
    running(town, percent=1)
    reasons = {services.ask_for_answer(case_id=closed(town).id).not_asked for _ in range(3)}
    assert NotAsked.SAMPLE in reasons


def test_the_same_person_is_asked_once_in_thirty_days(town):
    running(town)
    first, second = asked_on_the_web(town, "a"), asked_on_the_web(town, "b")
    assert (first.state, second.state, second.not_asked) == ("asked", "not_asked", NotAsked.RECENTLY)
    later = sent("c")
    case = closed(town, contact_id=later.contact_id, channel="web")
    now = timezone.now() + timedelta(days=31)
    assert services.ask_for_answer(case_id=case.id, now=now).state == "asked"


def test_another_person_is_asked_all_the_same(town):
    running(town)
    asked_on_the_web(town, "a")
    assert asked_on_the_web(town, "b", phone="080-9876-5432").state == "asked"


def test_a_case_that_is_closed_twice_is_asked_once(town):
    running(town)
    request = asked_on_the_web(town)
    event = Delivered(1, "cases.state_changed", request.case_id, None, None, {"before": "advising", "after": "handled"})
    ask_after_closing(event)
    ask_after_closing(event)
    with system_transaction():
        assert SurveyRequest.objects.count() == 1


def test_only_the_closing_of_a_case_asks(town):
    running(town)
    case = cases.open_case(actor=town.counsellor, card={"channel": "phone"})
    ask_after_closing(Delivered(1, "cases.state_changed", case.id, None, None, {"before": "x", "after": "advising"}))
    with system_transaction():
        assert not SurveyRequest.objects.exists()


def test_who_was_done_with_before_the_survey_began_is_left_alone(town):
    case = closed(town)
    running(town)
    assert services.ask_for_answer(case_id=case.id) is None


def test_a_case_that_goes_on_again_is_not_asked(town):
    running(town)
    case = closed(town)
    cases.reopen_case(actor=town.counsellor, case_id=case.id, reason="続きの相談")
    assert services.ask_for_answer(case_id=case.id) is None
    with system_transaction():
        assert not SurveyRequest.objects.exists()


def test_the_outbox_leads_a_closing_to_a_request(town):
    """The event itself, as it is published, is what the handler waits for."""
    running(town)
    case = closed(town)
    with system_transaction():
        row = OutboxEvent.objects.filter(topic="cases.state_changed", subject=case.id).latest("id")
    ask_after_closing(Delivered(1, row.topic, row.subject, row.centre_id, None, row.payload))
    with system_transaction():
        assert SurveyRequest.objects.get().case_id == case.id


def test_a_centre_without_a_survey_of_its_own_asks_the_national_one(town):
    national, own = running(town, actor=town.ncac), running(town)
    assert asked_on_the_web(town).survey_id == own.id
    services.end_survey(actor=town.supervisor, survey_id=own.id)
    assert asked_on_the_web(town, "b", phone="080-9876-5432").survey_id == national.id


# --- what the consumer does -------------------------------------------------------------------------------------------


def test_an_answer_is_points_and_sealed_words_without_a_name(town):
    running(town)
    request = asked_on_the_web(town)
    answered(request, effort="6", recommend="9", words="見本さんの説明がよかった")
    with system_transaction():
        answer = SurveyAnswer.objects.get()
        assert (answer.csat, answer.ces, answer.nps, answer.has_words) == (5, 6, 9, True)
        assert "words" not in answer.answers and str(answer.words) == "［封］"
        told = [event.payload for event in OutboxEvent.objects.filter(topic="operations.survey_answered")]
    assert told == [{"state": "answered"}]


def test_a_second_answer_changes_nothing(town):
    running(town)
    request = asked_on_the_web(town)
    answered(request)
    services.answer_survey(request_id=request.id, given={"satisfaction": "1"})
    with system_transaction():
        assert SurveyAnswer.objects.get().csat == 5


def test_an_answer_that_is_refused_leaves_the_link_open(town):
    running(town)
    request = asked_on_the_web(town)
    with pytest.raises(Invalid):
        services.answer_survey(request_id=request.id, given={"satisfaction": "9"})
    assert answered(request).state == RequestState.ANSWERED


def test_after_thirty_days_the_link_is_over(town):
    running(town)
    request = asked_on_the_web(town)
    late = timezone.now() + timedelta(days=30, minutes=1)
    with pytest.raises(WrongState):
        services.answer_survey(request_id=request.id, given={"satisfaction": "5"}, now=late)
    assert services.expire_requests(now=late) == 1 and services.expire_requests(now=late) == 0
    refresh(request)
    assert request.state == RequestState.EXPIRED and not request.secret


def test_who_wants_no_more_is_never_asked_again(town):
    running(town)
    request = asked_on_the_web(town, "a")
    services.decline_survey(request_id=request.id, never_again=True)
    refresh(request)
    assert request.state == RequestState.DECLINED
    receipt = sent("b")
    case = closed(town, contact_id=receipt.contact_id, channel="web")
    again = services.ask_for_answer(case_id=case.id, now=timezone.now() + timedelta(days=400))
    assert again.not_asked == NotAsked.REFUSED


def test_declining_once_is_not_for_ever(town):
    running(town)
    services.decline_survey(request_id=asked_on_the_web(town, "a").id)
    receipt = sent("b")
    case = closed(town, contact_id=receipt.contact_id, channel="web")
    assert services.ask_for_answer(case_id=case.id, now=timezone.now() + timedelta(days=31)).state == "asked"


# --- words, and forgetting --------------------------------------------------------------------------------------------


def window():
    return {"start": timezone.now() - timedelta(days=1), "end": timezone.now() + timedelta(days=1)}


def test_words_are_opened_by_the_centres_supervisor_for_a_purpose_and_logged(town):
    running(town)
    answered(asked_on_the_web(town), words="待ち時間が長かった")
    with actor_transaction(town.supervisor):
        rows = list(answers_with_words(actor=town.supervisor, **window()))
        with pytest.raises(NotAllowed):
            open_words(actor=town.supervisor, answers=rows, purpose=None)
        (words,) = open_words(actor=town.supervisor, answers=rows, purpose=Purpose.OWN_HANDLING)
        assert words.texts[0][1] == "待ち時間が長かった" and words.texts[0][0].startswith("よかった点")
        log = AccessRecord.objects.filter(action="open_personal_data", object_kind="survey_answer").latest("at")
        assert log.actor_id == town.supervisor.id and log.purpose == "own_handling"


@pytest.mark.parametrize("who", ["counsellor", "outsider", "outside_official", "ncac", "analyst"])
def test_nobody_else_reads_them(town, who):
    running(town)
    answered(asked_on_the_web(town), words="待ち時間が長かった")
    actor = getattr(town, who)
    with system_transaction():
        answer = SurveyAnswer.objects.select_related("request__edition").get()
    with actor_transaction(actor):
        assert not answers_with_words(actor=actor, **window()).exists()
        with pytest.raises((NotAllowed, NotFound)):
            open_words(actor=actor, answers=[answer], purpose=Purpose.OWN_HANDLING)


def test_words_go_after_a_year_and_points_stay(town):
    running(town)
    answered(asked_on_the_web(town), words="ありがとう")
    with system_transaction():
        assert list(expired_words_keys(timezone.now(), 10)) == []
        (key,) = expired_words_keys(timezone.now() + KEEP_FOR + timedelta(days=1), 10)
    erase_record(actor=_system(), key_id=key, reason=Reason.RETENTION)
    services.forget_surveys(key_id=key, reason=Reason.RETENTION, now=timezone.now())
    with system_transaction():
        answer = SurveyAnswer.objects.get()
        assert (answer.csat, answer.has_words, bool(answer.words)) == (5, False, False)
        assert answer.erased_at is not None


def test_erasing_a_case_takes_the_words_and_closes_the_link(town):
    running(town)
    open_one, done = asked_on_the_web(town, "a"), asked_on_the_web(town, "b", phone="080-9876-5432")
    answered(done, words="ありがとう")
    with system_transaction():
        keys = [one.case.record_key_id for one in SurveyRequest.objects.select_related("case")]
    for key in keys:
        services.forget_surveys(key_id=key, reason=Reason.CONSUMER_REQUEST, now=timezone.now())
    refresh(open_one)
    assert open_one.state == RequestState.EXPIRED
    with system_transaction():
        answer = SurveyAnswer.objects.get()
        assert not answer.has_words and not answer.words


def _system():
    from caasis.kernel.actor import SYSTEM

    return SYSTEM


# --- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_cases_of_one_person_that_close_at_once_one_is_asked():
    from tests.support.cast import make_town

    town = make_town()
    running(town)
    ids = [closed(town, contact_id=sent(key).contact_id, channel="web").id for key in "abcd"]
    start, states = threading.Barrier(len(ids)), []

    def ask(case_id):
        try:
            start.wait()
            states.append(services.ask_for_answer(case_id=case_id).state)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[one]) for one in ids]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert sorted(states) == ["asked", "not_asked", "not_asked", "not_asked"]


def test_the_walls_hold_without_any_selector(town):
    running(town)
    answered(asked_on_the_web(town))
    for actor, seen in ((town.supervisor, 1), (town.outsider, 0), (town.ncac, 0), (replace(town.analyst), 0)):
        with actor_transaction(actor):
            assert SurveyRequest.objects.count() == SurveyAnswer.objects.count() == seen
            assert Survey.objects.count() == seen
            assert SurveyPerson.objects.count() == 0
    assert link_of
