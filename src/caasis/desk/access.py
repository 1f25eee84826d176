"""Access functions: the object, or the same 404 for what is hidden and for what is absent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.channels import selectors as channels
from caasis.channels.models import Contact
from caasis.desk.streams import current_position
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Actor, Purpose, Role
from caasis.kernel.errors import DomainError, NotAllowed, NotFound

LOGIN_AGAIN = "ログインの時間が切れました。もう一度ログインしてください。"
View = Callable[..., HttpResponse]


def is_fragment(request: HttpRequest) -> bool:
    """True when a script asked, and a part of the page is the answer."""
    return bool(request.headers.get("HX-Request")) or request.headers.get("X-Requested-With") == "autosave"


def actor_of_request(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def for_staff(view: View) -> View:
    """The view is for people of a centre; others are told so, and who isn't logged in is led to the login."""
    return _guarded(view, CENTRE_ROLES)


def for_staff_and_nation(view: View) -> View:
    """The view is for people of a centre and for those who see registered cases of the nation."""
    return _guarded(view, CENTRE_ROLES | NATIONAL_ROLES)


def for_nation(view: View) -> View:
    """The view is for those who see registered cases of the nation."""
    return _guarded(view, NATIONAL_ROLES, "この画面は、国の担当者のものです。")


def for_administrators(view: View) -> View:
    """The view is for administrators of the system alone."""
    return _guarded(view, frozenset({Role.ADMIN}), "この画面は、システム管理者のものです。")


def _guarded(view: View, roles: frozenset[Any], refusal: str = "この画面は、センターの相談員と職員のものです。") -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of_request(request)
        if actor.id is None:
            return _login(request)
        if not actor.has_any(roles):
            raise NotAllowed(refusal)
        if request.method == "HEAD":
            # A page asks whether its session still holds: nothing is read, and nothing is opened.
            return HttpResponse()
        if not is_fragment(request):
            # Read before anything else: what is saved while the page is made comes through the stream.
            request.stream_position = current_position()  # type: ignore[attr-defined]
        if not is_json(request):
            return view(request, *args, **kwargs)
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            # Scripts that keep the page alive show the sentence themselves.
            request.undo_transaction = True  # type: ignore[attr-defined]
            return JsonResponse({"message": error.message}, status=error.status)

    return guarded


def is_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _login(request: HttpRequest) -> HttpResponse:
    if is_fragment(request) or is_json(request) or request.method not in ("GET",):
        return HttpResponse(LOGIN_AGAIN, status=401, content_type="text/plain; charset=utf-8")
    return redirect(f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}")


def access_case(request: HttpRequest, case_id: UUID, *, inside: bool = False) -> Case:
    """A case that the actor may see, with its parts; `inside` only those of the own centre.

    :raises NotFound: hidden and absent alike.
    """
    actor = actor_of_request(request)
    case = cases.with_parts(cases.visible_cases(actor=actor)).filter(id=case_id).first()
    if case is None or (inside and not cases.is_insider(case, actor)):
        raise NotFound("この相談は見つかりません。番号を確かめてください。")
    return case


def access_contact(request: HttpRequest, contact_id: UUID) -> Contact:
    """A contact of the actor's centre.

    :raises NotFound: hidden and absent alike.
    """
    return channels.get_contact(actor=actor_of_request(request), contact_id=contact_id)


def stated_purpose(request: HttpRequest) -> Purpose | None:
    """The purpose that was chosen for opening personal data, or None when none of the offered ones was."""
    chosen = request.GET.get("purpose", "")
    return next((purpose for purpose in OFFERED_PURPOSES if purpose.value == chosen), None)


#: What a person may choose. Own case and system task are implied, break-glass has a page of its own.
OFFERED_PURPOSES = (Purpose.ADVICE, Purpose.APPROVAL, Purpose.HANDOVER, Purpose.CONSUMER_REQUEST)
