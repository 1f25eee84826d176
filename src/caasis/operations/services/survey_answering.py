"""What the consumer does with a link: answers, says no, wants no more; and what becomes of links by themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from caasis.kernel.actor import PUBLIC, SYSTEM
from caasis.kernel.errors import Invalid, WrongState
from caasis.operations.events import SurveyAnswered
from caasis.operations.models import SurveyAnswer, SurveyPerson, SurveyRequest
from caasis.operations.rules.surveys import check_answers
from caasis.operations.survey_selectors import edition_questions, is_over
from caasis.operations.vocabulary import QuestionKind, RequestState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction
from caasis.privacy.erasure import Reason, erase_record
from caasis.privacy.services import set_sealed

BATCH = 500
OVER = "このアンケートの受け付けは終わりました。"


def answer_survey(*, request_id: UUID, given: Mapping[str, str], now: datetime | None = None) -> SurveyRequest:
    """Take the answers of whoever holds the link. The caller has checked the link. A second time changes nothing.

    :raises Invalid: with sentences by the question's key. :raises WrongState: too late.
    """
    at = now or timezone.now()
    with system_transaction():
        request = _locked(request_id)
        if request.state in (RequestState.ANSWERED, RequestState.DECLINED):
            return request
        if is_over(request, at) or request.record_key_id is None:
            raise WrongState(OVER)
        questions = edition_questions(request.edition)
        answers, errors = check_answers(questions, given)
        if errors:
            raise Invalid(fields=errors)
        answer = SurveyAnswer(
            request=request,
            centre_id=request.centre_id,
            record_key_id=request.record_key_id,
            answers=answers.values,
            csat=answers.point(questions, QuestionKind.CSAT),
            nps=answers.point(questions, QuestionKind.NPS),
            ces=answers.point(questions, QuestionKind.CES),
            has_words=bool(answers.words),
            answered_at=at,
        )
        set_sealed(answer, words=json.dumps(answers.words, ensure_ascii=False) if answers.words else "")
        answer.save(force_insert=True)
        return _done(request, RequestState.ANSWERED, at)


def decline_survey(*, request_id: UUID, never_again: bool = False, now: datetime | None = None) -> SurveyRequest:
    """The consumer does not want to answer; with `never_again` nobody asks them any more, also after having answered.

    A link that is over can still be used to say: never again.
    """
    at = now or timezone.now()
    with system_transaction():
        request = _locked(request_id)
        if never_again:
            marks = [bytes.fromhex(mark) for mark in request.marks]
            SurveyPerson.objects.filter(mark__in=marks, refused_at=None).update(refused_at=at)
        if request.state == RequestState.ASKED:
            _done(request, RequestState.DECLINED, at)
        return request


def expire_requests(*, now: datetime) -> int:
    """Links whose thirty days are over. Returns how many; at most BATCH in one call."""
    with system_transaction():
        rows = SurveyRequest.objects.select_for_update(skip_locked=True).filter(
            state=RequestState.ASKED.value, expires_at__lte=now
        )
        found = list(rows.order_by("expires_at")[:BATCH])
        for request in found:
            _close(request, RequestState.EXPIRED, now)
        return len(found)


def forget_surveys(*, key_id: UUID, reason: Reason, now: datetime) -> int:
    """A record was erased. If it was the case, what its consumer wrote freely goes with it and the link leads nowhere; if it
    was an answer's own, there are no words any more. Points stay: they name nobody. Returns how many requests."""
    with system_transaction():
        own = Q(record_key_id=key_id)
        rows = SurveyRequest.objects.select_for_update(of=("self",)).filter(Q(case__record_key_id=key_id) | own)
        found = list(rows)
        SurveyAnswer.objects.filter(record_key_id=key_id).update(has_words=False)
        for request in found:
            if request.state == RequestState.ASKED:
                _close(request, RequestState.EXPIRED, now)
            if request.record_key_id not in (None, key_id):
                erase_record(actor=SYSTEM, key_id=request.record_key_id, reason=reason, now=now)
                SurveyAnswer.objects.filter(request=request).update(has_words=False)
        return len(found)


def _locked(request_id: UUID) -> SurveyRequest:
    return SurveyRequest.objects.select_for_update(of=("self",)).select_related("edition").get(id=request_id)


def _done(request: SurveyRequest, state: RequestState, at: datetime) -> SurveyRequest:
    _close(request, state, at)
    publish(SurveyAnswered(subject=request.id, centre_id=request.centre_id, state=state.value), actor=PUBLIC)
    return request


def _close(request: SurveyRequest, state: RequestState, at: datetime) -> None:
    """The link's secret is needed no more: its hash still finds the page that says thank you."""
    request.state, request.done_at = state.value, at
    if request.secret:
        set_sealed(request, secret="")
    request.save(update_fields=["state", "done_at", "secret", "updated_at"])
