"""見守り情報: who is worried about somebody tells the responsible centre, by a link of their own or without one.

What is answered says nothing of the person, and nothing here looks anybody up. Every page works without scripts; what was
typed travels from page to page in the form, so that nothing of a report that isn't sent is kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from caasis.channels import services
from caasis.channels.rules.watching import personal_in
from caasis.channels.services.attempts import count_attempt
from caasis.channels.services.watching import MEMBER_ENDED, TOO_MANY
from caasis.channels.watch_models import WatchMember
from caasis.channels.watch_selectors import link_holds, report_lines
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, TooMany
from caasis.organisations.selectors import get_centre
from caasis.platform.transactions import system_transaction
from caasis.portal.forms.watch import MemberWatchForm, OpenWatchForm, WatchForm
from caasis.portal.page import client_of, render_page

_SALT = "portal.watch"
_DONE_FOR = timedelta(hours=2)
#: Looking through the words for names costs some time.
CHECKS, CHECK_WINDOW = 120, timedelta(hours=1)
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: HttpRequest) -> HttpResponse:
    """For everybody: no name is asked, and the person stays without one."""
    return _report(request, None, reverse("portal:watch"))


@require_http_methods(["GET", "HEAD", "POST"])
def watch_member(request: HttpRequest, member_link: str) -> HttpResponse:
    """For a member of the council, by the secret of their link. One that is over is refused politely."""
    try:
        member = services.member_of_link(secret=member_link, client=client_of(request))
    except (NotFound, TooMany) as error:
        return _refused(request, error)
    if not link_holds(member, day_in_japan(timezone.now())):
        return _refused(request, NotAllowed(MEMBER_ENDED), member=member, status=410)
    return _guarded(_report(request, member, reverse("portal:watch_member", args=[member_link])))


@require_safe
def watch_done(request: HttpRequest) -> HttpResponse:
    """After sending: the number, and what the centre does next. The same words whoever it was about."""
    try:
        number = signing.loads(request.GET.get("r", "")[:200], salt=_SALT, max_age=_DONE_FOR)
    except signing.BadSignature:
        number = None
    if not isinstance(number, str):
        return HttpResponseRedirect(reverse("portal:watch"))
    return _guarded(render_page(request, "portal/watch_done.html", {"number": number}))


def _report(request: HttpRequest, member: WatchMember | None, url: str) -> HttpResponse:
    kind = MemberWatchForm if member is not None else OpenWatchForm
    if request.method != "POST":
        return _show(request, kind(), member, url)
    form = kind(request.POST)
    if "back" in request.POST:
        return _show(request, form, member, url)
    if not _may_check(request):
        return _show(request, form, member, url, error=TOO_MANY, status=429)
    if not form.is_valid():
        return _show(request, form, member, url, status=422)
    if "send" not in request.POST:
        return _confirm(request, form, member, url)
    try:
        done = services.report_watch(
            idempotency_key=_key(request),
            answers=form.answers(),
            member_id=member.id if member is not None else None,
            client=client_of(request),
        )
    except NotAllowed as error:
        return _refused(request, error, member=member, status=410)
    except Invalid as error:
        form.add_domain_fields(error.fields or {"": [error.message]})
        return _show(request, form, member, url, status=422)
    except TooMany as error:
        return _show(request, form, member, url, error=error.message, status=error.status)
    return HttpResponseRedirect(f"{reverse('portal:watch_done')}?r={signing.dumps(done.number, salt=_SALT)}")


def _may_check(request: HttpRequest) -> bool:
    with system_transaction():
        return count_attempt("watch_check", client_of(request), limit=CHECKS, window=CHECK_WINDOW) <= CHECKS


def _key(request: HttpRequest) -> str:
    """The form's own key, so that a report that is sent twice is one."""
    return request.POST.get("key", "")[:40] or uuid4().hex


def _frame(request: HttpRequest, member: WatchMember | None, url: str) -> dict[str, Any]:
    return {
        "url": url,
        "member": member,
        "centre": get_centre(member.centre_id) if member is not None else None,
        "key": _key(request),
    }


def _show(
    request: HttpRequest, form: WatchForm, member: WatchMember | None, url: str, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = _frame(request, member, url) | {"form": form, "error": error, "has_errors": status != 200}
    return render_page(request, "portal/watch.html", context, breadcrumb=_trail(), status=status)


def _confirm(request: HttpRequest, form: WatchForm, member: WatchMember | None, url: str) -> HttpResponse:
    answers = form.answers()
    context = _frame(request, member, url) | {
        "lines": report_lines(answers, member=member is not None),
        "typed": form.typed(),
        # A member may name the person; from everybody else a name is not wanted.
        "personal": [] if member is not None else personal_in(answers),
    }
    return render_page(request, "portal/watch_confirm.html", context, breadcrumb=_trail())


def _refused(
    request: HttpRequest, error: DomainError, *, member: WatchMember | None = None, status: int = 0
) -> HttpResponse:
    context = {"sentence": error.message, "centre": get_centre(member.centre_id) if member is not None else None}
    return _guarded(render_page(request, "portal/watch_refused.html", context, status=status or error.status))


def _guarded(response: HttpResponse) -> HttpResponse:
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _trail() -> list[tuple[str, str]]:
    return [("周りの方が心配なとき", "")]
