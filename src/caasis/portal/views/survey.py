"""アンケート: whoever has the link is asked once, on one page. Saying no, also for ever, is as easy as answering."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from caasis.channels.services.attempts import attempts_so_far, count_attempt
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.operations import services
from caasis.operations.models import SurveyRequest
from caasis.operations.rules.survey_shown import shown_questions
from caasis.operations.rules.surveys import LONGEST_ANSWER
from caasis.operations.survey_selectors import edition_questions, is_over, request_of_link
from caasis.operations.vocabulary import RequestState
from caasis.organisations.selectors import get_centre
from caasis.platform.transactions import system_transaction
from caasis.portal.page import client_of, render_page

#: Wrong links of one address within a quarter of an hour; a link has 192 random bits, so this only spares the database.
_TRIES = 40
_WINDOW = timedelta(minutes=15)


@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, survey_link: str) -> HttpResponse:
    """The page behind one link: the questions, a thank-you, or a kind word that it is over."""
    return _guarded(_survey(request, survey_link))


def _survey(request: HttpRequest, link: str) -> HttpResponse:
    client = client_of(request)
    with system_transaction():
        locked = attempts_so_far("survey_link", client) >= _TRIES
    try:
        row = None if locked else request_of_link(secret=link)
    except NotFound:
        with system_transaction():
            count_attempt("survey_link", client, limit=_TRIES, window=_WINDOW)
        row = None
    if row is None:
        return render_page(request, "portal/survey_end.html", {"what": "none"}, status=429 if locked else 404)
    if request.method == "POST":
        return _send(request, row, link)
    return _page(request, row)


def _send(request: HttpRequest, row: SurveyRequest, link: str) -> HttpResponse:
    here = HttpResponseRedirect(reverse("portal:survey", args=[link]))
    do = request.POST.get("do", "answer")
    if do in ("decline", "never"):
        services.decline_survey(request_id=row.id, never_again=do == "never")
        if do == "never":
            here["Location"] += "?never=1"
        return here
    given = {one.key: request.POST.get(one.key, "")[: LONGEST_ANSWER * 10] for one in edition_questions(row.edition)}
    try:
        with transaction.atomic():
            services.answer_survey(request_id=row.id, given=given)
    except Invalid as error:
        return _page(request, row, given=given, errors=error.fields, status=422)
    except WrongState:
        pass  # The page says that it is over.
    return here


def _page(
    request: HttpRequest,
    row: SurveyRequest,
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    over = is_over(row, timezone.now())
    if over or row.state != RequestState.ASKED:
        what = "over" if over else row.state
        never = request.GET.get("never") == "1"
        return render_page(
            request, "portal/survey_end.html", {"what": what, "never": never, "known": row}, status=410 if over else 200
        )
    context = {
        "row": row,
        "edition": row.edition,
        "centre": get_centre(row.centre_id),
        "asked": shown_questions(edition_questions(row.edition), given or {}, errors or {}),
        "wrong": [(key, text) for key, texts in (errors or {}).items() for text in texts],
    }
    return render_page(request, "portal/survey.html", context, status=status)


def _guarded(response: HttpResponse) -> HttpResponse:
    """The address is a key: it is kept nowhere and told to nobody."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
