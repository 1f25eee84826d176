"""お知らせメール: asking for it, confirming it, ending it (F26)."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from caasis.channels import mail
from caasis.channels.services.subscriptions import ask_for_news, confirm_news, stop_news
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.portal.digest import first_letter
from caasis.portal.forms.public import NewsForm
from caasis.portal.page import client_of, render_page
from caasis.portal.tokens import subscription_of

_TITLE = "お知らせメール"
_GONE = "このリンクは使えません。お手数ですが、もう一度登録してください。"


@require_http_methods(["GET", "HEAD", "POST"])
def news(request: HttpRequest) -> HttpResponse:
    """The form. Without a mail server it says so and names the other ways."""
    form = NewsForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                ask_for_news(
                    address=told["address"],
                    kinds=told["kinds"],
                    prefecture=told["prefecture"],
                    interval=told["interval"],
                    client=client_of(request),
                    first_letter=first_letter,
                )
                return HttpResponseRedirect(reverse("portal:news_sent"))
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except (TooMany, WrongState) as error:
                form.add_error(None, error.message)
                status = error.status
    return _page(request, "portal/news.html", {"form": form, "available": mail.is_available()}, status=status)


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """The same for everybody, whether a mail went out or not: it tells nothing of an address."""
    return _page(request, "portal/news_sent.html", {})


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, news_token: str) -> HttpResponse:
    """A button, not the link itself: programs that look into mails open every link."""
    subscription_id = _subscription(news_token)
    if request.method == "POST":
        try:
            confirm_news(subscription_id=subscription_id)
        except NotFound:
            return _page(request, "portal/news_step.html", {"step": "gone", "gone": _GONE}, status=404)
        return HttpResponseRedirect(reverse("portal:news_confirmed"))
    return _page(request, "portal/news_step.html", {"step": "confirm"})


@require_safe
def confirmed(request: HttpRequest) -> HttpResponse:
    return _page(request, "portal/news_step.html", {"step": "confirmed"})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, news_token: str) -> HttpResponse:
    """One press ends it. A mail program presses it by itself (RFC 8058), without our cookie: the token says who it is."""
    subscription_id = _subscription(news_token)
    if request.method == "POST":
        stop_news(subscription_id=subscription_id)
        return _page(request, "portal/news_step.html", {"step": "stopped"})
    return _page(request, "portal/news_step.html", {"step": "stop"})


def _subscription(token: str) -> UUID:
    found = subscription_of(token)
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    return render_page(
        request,
        template,
        context,
        current="alerts",
        breadcrumb=[("お知らせ", reverse("portal:alerts")), (_TITLE, "")],
        status=status,
    )
