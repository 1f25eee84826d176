"""Closed cases and running surveys, as tests of surveys need them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from caasis.cases import services as cases
from caasis.channels.services import Receipt, submit
from caasis.kernel.clock import day_in_japan
from caasis.operations import services
from caasis.operations.models import SurveyRequest
from caasis.operations.rules.surveys import questions_of
from caasis.people.services import record_consent
from caasis.people.vocabulary import ConsentKind
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import read_sealed
from tests.support.cards import COMPLETE

PHONE = "090-1234-5678"


def running(town: Any, *, actor: Any = None, percent: int = 100, **more: Any):
    """The standard survey, published."""
    actor = actor or town.supervisor
    survey = services.begin_survey(actor=actor)
    save = {"title": survey.title, "intro": survey.intro, "questions": questions_of(survey.questions)} | more
    services.save_survey(actor=actor, survey_id=survey.id, version=survey.version, sample_percent=percent, **save)
    services.publish_survey(actor=actor, survey_id=survey.id)
    return survey


def sent(key: str = "k", **more: Any) -> Receipt:
    """A consultation through the web."""
    answers = {
        "topic": "cancel", "injury": "no", "money_moving": "no", "who": "self", "story": "契約をやめたいです。",
        "wish": "やめたい", "how": "net", "product": "健康食品", "business": "あおぞら堂",
        "contracted_on": (day_in_japan(timezone.now()) - timedelta(days=2)).isoformat(), "document": "yes",
        "exceptions": ["none"], "amount": 4800, "paid": "none", "name": "見本 花子", "age": 72, "postcode": "9800811",
        "reply_by": "site", "phone": PHONE, **more,
    }  # fmt: skip
    return submit(idempotency_key=key * 20, answers=answers)


def closed(town: Any, *, actor: Any = None, contact_id: Any = None, consent: bool = False, **card: Any):
    """A case whose handling is finished."""
    actor = actor or town.counsellor
    case = cases.open_case(actor=actor, card=COMPLETE | {"consumer_name": "見本 花子"} | card, contact_id=contact_id)
    if consent:
        with system_transaction():
            person = case.parties.order_by("position").first().person
        record_consent(
            actor=actor, person_id=person.id, kind=ConsentKind.SURVEY.value, means="phone", case_id=case.id
        )
    return cases.change_state(actor=actor, case_id=case.id, verb="finish_handling")


def asked_on_the_web(town: Any, key: str = "k", **more: Any) -> SurveyRequest:
    """A web consultation that was closed and is asked on its own page."""
    receipt = sent(key, **more)
    case = closed(town, contact_id=receipt.contact_id, channel="web")
    return services.ask_for_answer(case_id=case.id)


def link_of(request: SurveyRequest) -> str:
    with system_transaction():
        request.refresh_from_db()
        return f"/survey/{read_sealed(request, 'secret')['secret']}/"
