"""Education events (F102): finding one, signing up without a login, and the link by which one cancels."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.appointments import services
from caasis.appointments.education_selectors import (
    NO_LINK,
    PublicEvent,
    place_in_queue,
    public_event,
    public_events,
    sign_up_of_link,
)
from caasis.appointments.education_vocabulary import EventState, SignUpState
from caasis.appointments.models import SignUp
from caasis.appointments.rules.event_calendar import calendar_text
from caasis.channels.services.attempts import attempts_so_far, count_attempt
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import DomainError, Invalid, NotFound, WrongState
from caasis.knowledge.rules.body import blocks
from caasis.platform.geography import prefecture
from caasis.platform.transactions import system_transaction
from caasis.portal.forms.events import EventsForm, SignUpForm
from caasis.portal.once import new_token, secret_in
from caasis.portal.page import client_of, render_page, shared
from caasis.portal.views.feeds import links as feed_links

_WINDOW = timedelta(hours=1)
SIGN_UPS_A_WINDOW, WRONG_LINKS_A_WINDOW = 10, 30
TOO_OFTEN = "続けて何度も送られました。1時間後に、もう一度どうぞ。"
_MONTHS_AHEAD = 12
#: Whoever may read a page of one's own are those who have its address.
_OWN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "same-origin"}


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """What there is to come, by place, audience and month; with `past` what was."""
    now = timezone.now()
    past = "past" in request.GET
    months = _months(day_in_japan(now), past=past)
    form = EventsForm(request.GET, months=months)
    form.is_valid()
    chosen = {name: form.cleaned_data.get(name, "") for name in ("prefecture", "audience", "month")}
    place = prefecture(chosen["prefecture"]) if chosen["prefecture"] else None
    found = public_events(
        now=now,
        past=past,
        prefecture_code=chosen["prefecture"],
        audience=chosen["audience"],
        months=_span(chosen["month"]) if chosen["month"] else None,
    )
    heading = "これまでの講座・催し" if past else "講座・催し"
    return render_page(
        request,
        "portal/events/list.html",
        {
            "form": EventsForm(initial=chosen, months=months),
            "events": [_shown(one, now) for one in found],
            "past": past,
            "place": place,
            "narrowed": any(chosen.values()),
            "heading": heading,
            "feeds": feed_links("events"),
        },
        breadcrumb=[("講座・催し", reverse("portal:events")), (heading, "")] if past else [(heading, "")],
        cache=True,
    )


def _months(today: date, *, past: bool) -> list[date]:
    """The first days of the months that can be chosen."""
    count = today.year * 12 + today.month - 1
    steps = range(0, -_MONTHS_AHEAD - 1, -1) if past else range(_MONTHS_AHEAD + 1)
    return [date((count + step) // 12, (count + step) % 12 + 1, 1) for step in steps]


def _span(month: str) -> tuple[datetime, datetime]:
    """A month that the form knows, as two moments."""
    first = date.fromisoformat(f"{month}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return datetime.combine(first, time(), JST), datetime.combine(after, time(), JST)


def _shown(one: PublicEvent, now: datetime) -> dict[str, Any]:
    """An event with what its state means for a reader."""
    open_now = one.open_at(now)
    if one.event.state == EventState.CANCELLED:
        mark, kind = "中止になりました", "warn"
    elif one.event.ends_at <= now or one.event.state == EventState.HELD:
        mark, kind = "終わりました", "plain"
    elif not open_now:
        mark, kind = "申し込みは終わりました", "plain"
    elif one.seats.free:
        # How many are left stands on the event's own page alone: this one may be kept for a minute.
        mark, kind = "申し込めます", "ok"
    else:
        mark, kind = "キャンセル待ちになります", "plain"
    place = prefecture(one.prefecture_code)
    return {
        "one": one,
        "event": one.event,
        "centre": one.centre,
        "prefecture": place.name if place else "",
        "open": open_now,
        "mark": mark,
        "mark_kind": kind,
        "same_day": day_in_japan(one.event.starts_at) == day_in_japan(one.event.ends_at),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One event with its form; sent, first what was typed is shown, and sent again from there it counts."""
    found = public_event(event_id)
    if request.method != "POST":
        return _event_page(request, found, SignUpForm(initial={"people": "1"}))
    form = SignUpForm(request.POST)
    if not _is_whole(form):
        return _event_page(request, found, form, status=422)
    if "back" in request.POST:
        return _event_page(request, found, form)
    secret = secret_in(request.POST.get("once", ""))
    if "send" not in request.POST or secret is None:
        # A form that lay open for a day, or that a program made: what it says is shown once more, with a fresh token.
        return _confirm_page(request, found, form)
    with system_transaction():
        count = count_attempt("sign_up", client_of(request), limit=SIGN_UPS_A_WINDOW, window=_WINDOW)
    if count > SIGN_UPS_A_WINDOW:
        return _event_page(request, found, form, error=TOO_OFTEN, status=429)
    try:
        with transaction.atomic():
            services.sign_up(event_id=event_id, secret=secret, **form.texts())
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return _event_page(request, found, form, status=422)
    except WrongState as error:
        return _event_page(request, public_event(event_id), form, error=error.message, status=error.status)
    return HttpResponseRedirect(reverse("portal:sign_up", args=[secret]) + "?new=1")


def _is_whole(form: SignUpForm) -> bool:
    if form.is_valid():
        form.add_domain_fields(services.sign_up_errors(**form.texts()))
    return not form.errors


def _event_page(
    request: HttpRequest, found: PublicEvent, form: SignUpForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    shown = _shown(found, timezone.now())
    response = render_page(
        request,
        "portal/events/event.html",
        {**shown, "blocks": blocks(found.event.summary), "form": form, "error": error, "once": _token(request), "has_errors": status >= 400},
        breadcrumb=[("講座・催し", reverse("portal:events")), (found.event.title, "")],
        status=status,
    )
    response["Cache-Control"] = "no-store"
    return response


def _confirm_page(request: HttpRequest, found: PublicEvent, form: SignUpForm) -> HttpResponse:
    shown = _shown(found, timezone.now())
    waits = form.cleaned_data["people"] > found.seats.free
    response = render_page(
        request,
        "portal/events/confirm.html",
        {**shown, "form": form, "data": form.cleaned_data, "waits": waits, "once": _token(request)},
        breadcrumb=[("講座・催し", reverse("portal:events")), ("申し込みの確認", "")],
    )
    response["Cache-Control"] = "no-store"
    return response


def _token(request: HttpRequest) -> str:
    """The form's own token as long as it holds, so that going back and forth stays one sign-up."""
    given = request.POST.get("once", "")
    return given if secret_in(given) is not None else new_token()


@require_safe
def event_calendar(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """The event for a calendar."""
    found = public_event(event_id)
    return shared(request, lambda: _calendar(request, found))


def _calendar(request: HttpRequest, found: PublicEvent) -> HttpResponse:
    row = found.event
    url = request.build_absolute_uri(reverse("portal:event", args=[row.id]))
    text = calendar_text(
        event_id=row.id, version=row.version, title=row.title, place=row.place, about=f"{found.centre}\n{url}", url=url,
        starts_at=row.starts_at, ends_at=row.ends_at, changed_at=row.updated_at,
        cancelled=row.state == EventState.CANCELLED,
    )  # fmt: skip
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="event.ics"'
    return response


# --- by the link ------------------------------------------------------------------------------------------------------


@require_safe
def sign_up(request: HttpRequest, link: str) -> HttpResponse:
    """Where one's own sign-up stands."""
    found = _own(request, link)
    if isinstance(found, HttpResponse):
        return found
    return _own_page(request, found, link)


@require_POST
def sign_up_cancel(request: HttpRequest, link: str) -> HttpResponse:
    """Whoever has the link does not come; asked first on a page of its own."""
    found = _own(request, link)
    if isinstance(found, HttpResponse):
        return found
    if "sure" not in request.POST:
        return _guarded(render_page(request, "portal/events/cancel.html", {**_shown_own(found), "link": link}))
    try:
        with transaction.atomic():
            services.cancel_sign_up(secret_hash=found.secret_hash)
    except DomainError as error:
        return _own_page(request, found, link, error=error.message, status=error.status)
    return HttpResponseRedirect(reverse("portal:sign_up", args=[link]))


def _own(request: HttpRequest, link: str) -> SignUp | HttpResponse:
    """The sign-up of a link. Whoever tries many wrong ones is told nothing for a while."""
    address = client_of(request)
    with system_transaction():
        tried = attempts_so_far("sign_up_link", address)
    if tried >= WRONG_LINKS_A_WINDOW:
        return _no_link(request, TOO_OFTEN, 429)
    try:
        return sign_up_of_link(link)
    except NotFound:
        # Answered and not raised: an answer that is an error would take its own count back.
        with system_transaction():
            count_attempt("sign_up_link", address, limit=WRONG_LINKS_A_WINDOW, window=_WINDOW)
        return _no_link(request, NO_LINK, 404)


def _no_link(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return _guarded(render_page(request, "portal/events/no_link.html", {"sentence": sentence}, status=status))


def _shown_own(found: SignUp) -> dict[str, Any]:
    row = found.event
    return {
        "sign_up": found,
        "event": row,
        "state": SignUpState(found.state),
        "over": row.state == EventState.HELD or row.ends_at <= timezone.now(),
        "called_off": row.state == EventState.CANCELLED,
        "same_day": day_in_japan(row.starts_at) == day_in_japan(row.ends_at),
        "may_cancel": found.state != SignUpState.CANCELLED
        and row.state in (EventState.OPEN, EventState.CLOSED)
        and row.starts_at > timezone.now(),
    }


def _own_page(request: HttpRequest, found: SignUp, link: str, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        **_shown_own(found),
        "link": link,
        "address": request.build_absolute_uri(reverse("portal:sign_up", args=[link])),
        "new": "new" in request.GET,
        "line": place_in_queue(found) if found.state == SignUpState.WAITING else 0,
        "error": error,
    }
    return _guarded(render_page(request, "portal/events/own.html", context, status=status))


def _guarded(response: HttpResponse) -> HttpResponse:
    for name, value in _OWN.items():
        response[name] = value
    return response
