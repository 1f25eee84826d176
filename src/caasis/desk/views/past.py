"""The past of a case's consumer: a number tells that there are cases; what they are shows after name and address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.people_record import cases_of_person, confirmed_persons, known_past, same_saved_number
from caasis.desk.access import access_case, actor_of_request, for_staff
from caasis.desk.people import masked_person
from caasis.desk.views.answers import after_saving
from caasis.desk.views.parts import page
from caasis.desk.workspace import may_edit
from caasis.kernel.errors import DomainError, Invalid, NotFound
from caasis.people.models import Person
from caasis.people.selectors import family_ids, same_address, same_name


@require_POST
@for_staff
def past_open(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """From the card: save what is typed, because name and address are compared with what is saved."""
    case = access_case(request, case_id, inside=True)
    return after_saving(request, case, lambda posted: redirect("desk:case-past", case_id=case_id))


@require_safe
@for_staff
def past_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who shares the number, masked; the deliberate step; and the past of whom was confirmed."""
    return _show(request, access_case(request, case_id, inside=True))


def _show(request: HttpRequest, case: Case, *, sentence: str = "", fields: dict[str, list[str]] | None = None, status: int = 200) -> HttpResponse:
    actor = actor_of_request(request)
    consumer = cases.consumer_of(case)
    own = consumer.person if consumer is not None else None
    # By the blind index alone, and shown masked: nothing is opened here, so nothing has to be asked for it.
    found = same_saved_number(actor=actor, case=case)
    sure = confirmed_persons(case)
    linked = own is not None and own.merged_into_id is not None
    context: dict[str, Any] = {
        "case": case,
        "editable": may_edit(case, actor),
        "sentence": sentence,
        "errors": fields or {},
        "has_errors": bool(sentence or fields),
        "chosen": request.POST.get("person", ""),
        "same": found,
        "own": own,
        "linked": linked,
        "past": known_past(actor=actor, case=case),
        "people": [
            {
                "person": person,
                **masked_person(person, actor=actor),
                "name_same": same_name(own, person) if own is not None else None,
                "address_same": same_address(own, person) if own is not None else None,
                "count": cases_of_person(actor=actor, person_id=person.pk).exclude(id=case.id).count(),
                "sure": person.pk in sure,
            }
            for person in Person.objects.filter(id__in=found.persons if found else ()).order_by("id")
        ],
        "ready": own is not None and bool(own.address) and bool(own.name or own.kana),
    }
    if own is not None and linked:
        context["family"] = len(family_ids(own.pk))
    return page(request, "desk/people/past.html", context, status=status)


@require_POST
@for_staff
def past_act(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """「氏名と住所を確かめました」, taking it back, 「同じ人にする」, and taking that back (`do`)."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    person_id = _uuid(request.POST.get("person", ""))

    def confirm() -> str:
        services.confirm_identity(actor=actor, case_id=case_id, person_id=person_id, heard=request.POST.get("heard") == "on")
        return "氏名と住所を確かめたことを記録しました。"

    def withdraw() -> str:
        services.withdraw_identity(actor=actor, case_id=case_id, person_id=person_id)
        return "確認を取り消しました。"

    def link() -> str:
        services.link_person(actor=actor, case_id=case_id, person_id=person_id)
        return "同じ人にしました。取り消すと、2人に戻ります。"

    def unlink() -> str:
        services.unlink_person(actor=actor, case_id=case_id)
        return "同じ人にしたのを取り消しました。"

    acts: dict[str, Callable[[], str]] = {"confirm": confirm, "withdraw": withdraw, "link": link, "unlink": unlink}
    act = acts.get(request.POST.get("do", ""))
    if act is None:
        return _show(request, case, sentence="することを選んでください。", status=422)
    try:
        with transaction.atomic():
            said = act()
    except NotFound:
        raise
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        fields = dict(error.fields) if isinstance(error, Invalid) else {}
        return _show(request, case, sentence="" if fields else error.message, fields=fields, status=error.status)
    messages.success(request, said)
    return redirect("desk:case-past", case_id=case_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
