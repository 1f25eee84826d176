"""Reads of surveys: what a centre asks, the request behind a link, and what may be read by whom."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.errors import NotAllowed, NotFound
from caasis.operations.models import Survey, SurveyAnswer, SurveyEdition, SurveyRequest
from caasis.operations.rules.survey_asking import is_active
from caasis.operations.rules.surveys import Question, questions_of
from caasis.operations.vocabulary import QuestionKind, RequestState, SurveyChannel, SurveyState
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import open_fields, read_sealed

GONE = "このアンケートは見つかりません。一覧を開き直してください。"
NO_LINK = "このリンクは使えません。"
#: Who writes and publishes surveys, and reads what was written freely.
EDITORS = (Role.SUPERVISOR, Role.OFFICIAL)
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def may_edit(actor: Actor, centre_id: UUID | None) -> bool:
    """Whether the actor may write this survey: a supervisor or official of the centre; the national one, the NCAC."""
    if centre_id is None:
        return actor.has(Role.NCAC)
    return actor.works_for(centre_id) and actor.has(*EDITORS)


def visible_surveys(*, actor: Actor) -> QuerySet[Survey]:
    """Those of the actor's centre, and the national ones for everybody on the staff."""
    national = Q(centre_id=None)
    if actor.is_system:
        return Survey.objects.all()
    if actor.centre_id is not None and actor.works_for(actor.centre_id):
        return Survey.objects.filter(national | Q(centre_id=actor.centre_id))
    return Survey.objects.filter(national) if actor.is_national else Survey.objects.none()


def get_survey(*, actor: Actor, survey_id: UUID, for_update: bool = False) -> Survey:
    """One survey.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_surveys(actor=actor).filter(id=survey_id)
    survey = (rows.select_for_update() if for_update else rows).first()
    if survey is None:
        raise NotFound(GONE)
    return survey


def running_edition(*, centre_id: UUID, day: date) -> SurveyEdition | None:
    """What consumers of a centre are asked on that day: the centre's own survey, else the national one. For the system."""
    rows = Survey.objects.filter(Q(centre_id=centre_id) | Q(centre_id=None), state=SurveyState.RUNNING.value)
    for survey in rows.order_by(F("centre_id").asc(nulls_last=True)):
        if is_active(day, since=survey.active_from, until=survey.active_to):
            return survey.editions.select_related("survey").order_by("-number").first()
    return None


def first_published_at(edition: SurveyEdition) -> datetime:
    """When the survey of an edition began to ask."""
    first = SurveyEdition.objects.filter(survey_id=edition.survey_id).order_by("number").first()
    return first.published_at if first is not None else edition.published_at


def any_running() -> bool:
    """Whether anybody is asked anything at all. Cheap: asked once for each portion of events."""
    with system_transaction():
        return Survey.objects.filter(state=SurveyState.RUNNING.value).exists()


def edition_questions(edition: SurveyEdition) -> tuple[Question, ...]:
    return questions_of(edition.questions)


# --- the consumer, by a link ------------------------------------------------------------------------------------------


def hash_of(secret: str) -> str:
    """By what a link is found. The secret has 192 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(f"survey:{secret}".encode()).hexdigest()


def request_of_link(*, secret: str) -> SurveyRequest:
    """The request whose link this is, whatever became of it.

    :raises NotFound: there is no such link.
    """
    if not _SECRET.fullmatch(secret):
        raise NotFound(NO_LINK)
    wanted = hash_of(secret)
    with system_transaction():
        request = SurveyRequest.objects.select_related("edition").filter(secret_hash=wanted).first()
    if request is None or not hmac.compare_digest(request.secret_hash or "", wanted):
        raise NotFound(NO_LINK)
    return request


def is_over(request: SurveyRequest, now: datetime) -> bool:
    """Whether nobody can answer any more by this link: its time has passed, or its case was erased."""
    return request.state == RequestState.EXPIRED or (
        request.state == RequestState.ASKED and (request.expires_at is None or request.expires_at <= now)
    )


def link_for_contact(*, contact_id: UUID, now: datetime) -> str:
    """The secret of the link that stands on the consumer's own page, "" when nothing is asked. The caller has checked the
    receipt."""
    with system_transaction():
        request = SurveyRequest.objects.filter(
            contact_id=contact_id,
            channel=SurveyChannel.STATUS.value,
            state=RequestState.ASKED.value,
            expires_at__gt=now,
        ).first()
        return read_sealed(request, "secret")["secret"] if request is not None and request.secret else ""


# --- words that were written freely -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote, with the question that it answers."""

    answered_at: datetime
    product_group: str
    csat: int | None
    texts: tuple[tuple[str, str], ...]


def answers_with_words(*, actor: Actor, start: datetime, end: datetime) -> QuerySet[SurveyAnswer]:
    """Answers of the actor's centre to which something was written freely, the newest first; none for anybody else."""
    if actor.centre_id is None or not may_edit(actor, actor.centre_id):
        return SurveyAnswer.objects.none()
    return SurveyAnswer.objects.filter(
        centre_id=actor.centre_id, has_words=True, erased_at=None, answered_at__gte=start, answered_at__lt=end
    ).order_by("-answered_at", "-id")


def open_words(*, actor: Actor, answers: list[SurveyAnswer], purpose: Purpose | None) -> list[Words]:
    """The words of some answers of the actor's centre, opened for a purpose; each opening stands in the access log.

    :raises NotAllowed: no purpose, or neither supervisor nor official. :raises NotFound: another centre's.
    """
    if purpose is None:
        raise NotAllowed("読む目的を選んでください。")
    found = []
    for answer in answers:
        if not actor.works_for(answer.centre_id):
            raise NotFound(GONE)
        if not may_edit(actor, answer.centre_id):
            raise NotAllowed("自由記述を読めるのは、主任と職員です。")
        loaded: Mapping[str, str] = json.loads(open_fields(answer, "words", actor=actor, purpose=purpose)["words"] or "{}")
        asked = {
            one.key: one.text
            for one in edition_questions(answer.request.edition)
            if one.kind is QuestionKind.TEXT
        }
        texts = tuple((asked.get(key, key), text) for key, text in loaded.items())
        found.append(Words(answer.answered_at, answer.request.product_group, answer.csat, texts))
    return found
