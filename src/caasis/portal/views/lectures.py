"""出前講座: a group asks the centre of its place to come and talk (F102)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from caasis.appointments import services
from caasis.channels.services.attempts import count_attempt
from caasis.kernel.errors import Invalid
from caasis.platform.transactions import system_transaction
from caasis.portal.forms.events import LectureForm
from caasis.portal.once import new_token, secret_in
from caasis.portal.page import client_of, render_page
from caasis.portal.views.events import TOO_OFTEN

_WINDOW = timedelta(hours=1)
REQUESTS_A_WINDOW = 5


@require_http_methods(["GET", "HEAD", "POST"])
def lecture(request: HttpRequest) -> HttpResponse:
    """The form; sent, it goes to the centre of the place."""
    if request.method != "POST":
        return _page(request, LectureForm())
    form = LectureForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    secret = secret_in(request.POST.get("once", ""))
    if secret is None:
        return _page(request, form, error="時間がたちました。内容を確かめて、もう一度送ってください。", status=422)
    with system_transaction():
        count = count_attempt("lecture", client_of(request), limit=REQUESTS_A_WINDOW, window=_WINDOW)
    if count > REQUESTS_A_WINDOW:
        return _page(request, form, error=TOO_OFTEN, status=429)
    try:
        with transaction.atomic():
            services.request_lecture(values=form.values(), secret=secret)
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _page(request, form, status=422)
    return HttpResponseRedirect(reverse("portal:lecture_done"))


@require_safe
def lecture_done(request: HttpRequest) -> HttpResponse:
    """What comes next. Says nothing of the request, so that its address tells nobody anything."""
    return render_page(
        request,
        "portal/events/lecture_done.html",
        breadcrumb=[("講座・催し", reverse("portal:events")), ("出前講座の依頼", "")],
        cache=True,
    )


def _page(request: HttpRequest, form: LectureForm, *, error: str = "", status: int = 200) -> HttpResponse:
    given = request.POST.get("once", "")
    response = render_page(
        request,
        "portal/events/lecture.html",
        {
            "form": form,
            "error": error,
            "once": given if secret_in(given) is not None else new_token(),
            "has_errors": status >= 400,
        },
        breadcrumb=[("講座・催し", reverse("portal:events")), ("出前講座の依頼", "")],
        status=status,
    )
    response["Cache-Control"] = "no-store"
    return response
