"""Writing a survey, publishing it, ending it. What was published once is never changed: it gets a next edition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict, WrongState
from caasis.operations.events import SurveyChanged
from caasis.operations.models import Survey, SurveyEdition
from caasis.operations.rules import standard_survey
from caasis.operations.rules.surveys import Question, questionnaire_errors, questions_of
from caasis.operations.survey_selectors import get_survey, may_edit
from caasis.operations.vocabulary import SurveyState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

NOT_YOURS = "アンケートを作れるのは、センターの主任と職員です。"
ENDED = "このアンケートは終わっています。新しく作ってください。"
LONGEST_TITLE, LONGEST_INTRO = 80, 400


def begin_survey(*, actor: Actor, is_demo: bool = False) -> Survey:
    """A new survey of the actor's centre (of the nation, for the NCAC): a copy of the standard one, to be written on.

    :raises NotAllowed: neither supervisor nor official of a centre, nor the NCAC.
    """
    if not may_edit(actor, actor.centre_id):
        raise NotAllowed(NOT_YOURS)
    with actor_transaction(actor):
        survey = Survey.objects.create(
            centre_id=actor.centre_id,
            title=standard_survey.TITLE,
            intro=standard_survey.INTRO,
            questions=[one.as_data() for one in standard_survey.QUESTIONS],
            made_by=actor.id,
            is_demo=is_demo,
        )
        return _tell(survey, "begin_survey", actor=actor)


def save_survey(
    *,
    actor: Actor,
    survey_id: UUID,
    version: int,
    title: str,
    intro: str,
    questions: Sequence[Question],
    active_from: date | None = None,
    active_to: date | None = None,
    sample_percent: int = 100,
) -> Survey:
    """Write on a survey. Who is asked meanwhile is asked the published edition; period and share count at once.

    :raises NotFound: hidden and absent alike. :raises Invalid: with sentences by field. :raises VersionConflict: somebody
    else saved first. :raises WrongState: it has ended.
    """
    title, intro = _clean(title), _clean(intro)
    errors = questionnaire_errors(questions)
    if not title:
        errors["title"] = ["題名を書いてください。"]
    elif len(title) > LONGEST_TITLE:
        errors["title"] = [f"題名は{LONGEST_TITLE}字までです。"]
    if len(intro) > LONGEST_INTRO:
        errors["intro"] = [f"はじめの文は{LONGEST_INTRO}字までです。"]
    if active_from is not None and active_to is not None and active_to < active_from:
        errors["active_to"] = ["終わりの日を、始まりの日より後にしてください。"]
    if not 1 <= sample_percent <= 100:
        errors["sample_percent"] = ["1から100の数で書いてください。"]
    with actor_transaction(actor):
        survey = _editable(actor, survey_id)
        if errors:
            raise Invalid(fields=errors)
        if survey.version != version:
            raise VersionConflict
        survey.title, survey.intro = title, intro
        survey.questions = [one.as_data() for one in questions]
        survey.active_from, survey.active_to, survey.sample_percent = active_from, active_to, sample_percent
        return _save(survey, "save_survey", actor=actor)


def publish_survey(*, actor: Actor, survey_id: UUID) -> SurveyEdition:
    """From now on closed cases are asked this. The centre's survey that ran until now ends.

    :raises NotFound: hidden and absent alike. :raises Invalid: its questions can't be asked. :raises WrongState: ended,
    or published meanwhile by somebody else.
    """
    with actor_transaction(actor):
        survey = _editable(actor, survey_id)
        if errors := questionnaire_errors(questions_of(survey.questions)):
            raise Invalid(fields=errors)
        newest = survey.editions.order_by("-number").first()
        if newest is not None and _same(newest, survey):
            # Pressed twice, or only the period was changed: what is asked stays the same.
            edition = newest
        else:
            edition = SurveyEdition.objects.create(
                survey=survey,
                centre_id=survey.centre_id,
                number=newest.number + 1 if newest else 1,
                title=survey.title,
                intro=survey.intro,
                questions=survey.questions,
                published_at=timezone.now(),
                published_by=actor.id,
            )
        if survey.state != SurveyState.RUNNING:
            others = Survey.objects.select_for_update().filter(centre_id=survey.centre_id, state=SurveyState.RUNNING.value)
            for other in others:
                other.state = SurveyState.ENDED.value
                _save(other, "end_survey", actor=actor)
            survey.state = SurveyState.RUNNING.value
            try:
                with transaction.atomic():
                    _save(survey, "publish_survey", actor=actor)
            except IntegrityError:
                raise WrongState("ほかの人が別のアンケートを始めました。一覧を見てください。") from None
        else:
            _save(survey, "publish_survey", actor=actor)
        return edition


def end_survey(*, actor: Actor, survey_id: UUID) -> Survey:
    """Nobody is asked any more. Who was asked can still answer until the link ends. Twice does no harm.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: not the actor's to end.
    """
    with actor_transaction(actor):
        survey = get_survey(actor=actor, survey_id=survey_id, for_update=True)
        if not may_edit(actor, survey.centre_id):
            raise NotAllowed(NOT_YOURS)
        if survey.state == SurveyState.ENDED:
            return survey
        survey.state = SurveyState.ENDED.value
        return _save(survey, "end_survey", actor=actor)


def _same(edition: SurveyEdition, survey: Survey) -> bool:
    return (edition.title, edition.intro, edition.questions) == (survey.title, survey.intro, survey.questions)


def _editable(actor: Actor, survey_id: UUID) -> Survey:
    survey = get_survey(actor=actor, survey_id=survey_id, for_update=True)
    if not may_edit(actor, survey.centre_id):
        raise NotAllowed(NOT_YOURS)
    if survey.state == SurveyState.ENDED:
        raise WrongState(ENDED)
    return survey


def _save(survey: Survey, action: str, *, actor: Actor) -> Survey:
    survey.version += 1
    survey.save()
    return _tell(survey, action, actor=actor)


def _tell(survey: Survey, action: str, *, actor: Actor) -> Survey:
    record_access(actor=actor, action=action, object_kind="survey", object_id=survey.id, centre_id=survey.centre_id)
    publish(SurveyChanged(subject=survey.id, centre_id=survey.centre_id, state=survey.state), actor=actor)
    return survey


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
