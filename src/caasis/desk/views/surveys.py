"""アンケート: the centre's surveys, writing one, looking at it as a consumer will, publishing it, ending it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.survey_forms import SurveyEditor
from caasis.desk.views.beside import run
from caasis.desk.views.parts import page
from caasis.kernel.errors import DomainError, Invalid, NotFound
from caasis.operations import services
from caasis.operations.models import Survey
from caasis.operations.rules.survey_shown import shown_questions
from caasis.operations.rules.surveys import MOST_QUESTIONS, questions_of
from caasis.operations.survey_selectors import get_survey, may_edit, visible_surveys
from caasis.operations.vocabulary import SurveyState


@require_safe
@for_staff_and_nation
def surveys(request: HttpRequest) -> HttpResponse:
    """The centre's surveys and the national one, the running one first."""
    actor = actor_of_request(request)
    rows = list(visible_surveys(actor=actor).order_by("-created_at")[:100])
    order = [SurveyState.RUNNING, SurveyState.DRAFT, SurveyState.ENDED]
    rows.sort(key=lambda one: order.index(SurveyState(one.state)))
    lines = [(one, SurveyState.words(one.state), one.centre_id is None) for one in rows]
    return page(
        request,
        "desk/surveys/list.html",
        {
            "lines": lines,
            "edits": may_edit(actor, actor.centre_id),
            "own_runs": any(one.state == SurveyState.RUNNING and one.centre_id == actor.centre_id for one in rows),
        },
    )


@require_POST
@for_staff_and_nation
def begin(request: HttpRequest) -> HttpResponse:
    """A new one, from the standard questions."""
    survey = services.begin_survey(actor=actor_of_request(request))
    messages.success(request, "標準の質問で作りました。まだ、だれにもお願いしていません。")
    return redirect("desk:survey", survey_id=survey.id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def survey(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    """Write on it; who may not, looks at it."""
    actor = actor_of_request(request)
    row = get_survey(actor=actor, survey_id=survey_id)
    if request.method != "POST":
        return _show(request, row, SurveyEditor(row))
    if request.POST.get("do") == "more":
        # Nothing is saved: the page comes back with everything typed, one more question, and answers to choose from.
        return _show(request, row, SurveyEditor(row, request.POST, more=1))
    editor, status = SurveyEditor(row, request.POST), 422
    if editor.is_valid():
        given = editor.form.cleaned_data
        try:
            with transaction.atomic():
                services.save_survey(actor=actor, survey_id=row.id, questions=editor.questions(), **given)
        except NotFound:
            raise
        except Invalid as error:
            editor.add_errors(error.fields)
        except DomainError as error:
            editor.form.add_error(None, error.message)
            status = error.status
        else:
            messages.success(request, "保存しました。" + _next_step(row))
            return redirect("desk:survey", survey_id=row.id)
    return _show(request, row, editor, status=status)


def _next_step(row: Survey) -> str:
    if row.state == SurveyState.RUNNING:
        return "質問の変更は、「この内容で公開する」を押すと使われます。"
    return "「この内容で公開する」を押すと、お願いが始まります。"


def _show(request: HttpRequest, row: Survey, editor: SurveyEditor, *, status: int = 200) -> HttpResponse:
    newest = row.editions.order_by("-number").first()
    same = newest is not None and (newest.title, newest.intro, newest.questions) == (row.title, row.intro, row.questions)
    actor = actor_of_request(request)
    return page(
        request,
        "desk/surveys/edit.html",
        {
            "survey": row,
            "state": SurveyState.words(row.state),
            "editor": editor,
            "has_errors": status >= 400,
            "edits": may_edit(actor, row.centre_id) and row.state != SurveyState.ENDED,
            "may_add": len(editor.rows) < MOST_QUESTIONS,
            "newest": newest,
            "changed": newest is not None and not same,
            "running": row.state == SurveyState.RUNNING,
        },
        status=status,
    )


@require_safe
@for_staff_and_nation
def preview(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    """As the consumer will see it; what is saved, published or not. Nothing can be sent."""
    row = get_survey(actor=actor_of_request(request), survey_id=survey_id)
    asked = shown_questions(questions_of(row.questions), {}, {})
    return page(request, "desk/surveys/preview.html", {"survey": row, "asked": asked})


@require_POST
@for_staff_and_nation
def publish(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return run(
        request,
        lambda: services.publish_survey(actor=actor, survey_id=survey_id),
        done="公開しました。これから処理終了になる相談で、お願いします。",
        back=reverse("desk:survey", args=[survey_id]),
    )


@require_POST
@for_staff_and_nation
def end(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return run(
        request,
        lambda: services.end_survey(actor=actor, survey_id=survey_id),
        done="終えました。これからは、だれにもお願いしません。",
        back=reverse("desk:survey", args=[survey_id]),
    )
