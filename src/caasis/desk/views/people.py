"""People of the centre: finding one by the whole number or name, and everything of one human on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.audit.services import record_access
from caasis.cases.people_record import cases_of_person
from caasis.desk.access import OFFERED_PURPOSES, actor_of_request, for_staff, stated_purpose
from caasis.desk.people import (
    ConsentForm,
    FindForm,
    PersonMergeForm,
    PointForm,
    WatchForm,
    WithdrawForm,
    masked_person,
    portrait,
)
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import Actor
from caasis.kernel.errors import DomainError, Invalid, NotAllowed
from caasis.people import services
from caasis.people.models import Person
from caasis.people.selectors import family_ids, find_people, get_person, root_id
from caasis.people.services.guards import WORKERS
from caasis.platform.forms import AppForm


@require_http_methods(["GET", "POST"])
@for_staff
def find(request: HttpRequest) -> HttpResponse:
    """Look for a person of the own centre. The words travel in the body and stand in no address and no log."""
    actor = actor_of_request(request)
    form = FindForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "asked": False, "found": []}
    if form.is_valid():
        context |= {"asked": True, "found": _rows(actor, find_people(actor=actor, **form.cleaned_data))}
    wrong = bool(form.errors)
    context["has_errors"] = wrong
    return page(request, "desk/people/find.html", context, status=422 if wrong else 200)


def _rows(actor: Actor, found: dict[UUID, list[str]]) -> list[dict[str, Any]]:
    """People in a list: masked, with why they were found and how many cases they have."""
    people = Person.objects.in_bulk(list(found))
    return [
        {
            "person": people[person_id],
            "why": "・".join(reasons),
            "cases": cases_of_person(actor=actor, person_id=person_id).count(),
            **masked_person(people[person_id], actor=actor),
        }
        for person_id, reasons in found.items()
        if person_id in people
    ]


def _person(request: HttpRequest, person_id: UUID) -> Person:
    return get_person(actor=actor_of_request(request), person_id=person_id)


@require_safe
@for_staff
def person_page(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """One human: masked until opened for a purpose; cases, consents, contact points, who is who."""
    person = _person(request, person_id)
    root = root_id(person.pk)
    if root != person.pk:
        return redirect("desk:person", person_id=root)
    return _show(request, person)


def _show(request: HttpRequest, person: Person, *, status: int = 200, sentence: str = "", **forms: Any) -> HttpResponse:
    actor = actor_of_request(request)
    record_access(actor=actor, action="read_person", object_kind="person", object_id=person.pk, centre_id=person.centre_id)
    shown = portrait(person, actor=actor, purpose=stated_purpose(request), today=today_in_japan())
    context = {
        "person": person,
        "shown": shown,
        "purposes": OFFERED_PURPOSES,
        "today": today_in_japan(),
        "may_work": actor.has(*WORKERS) and person.erased_at is None,
        "may_part": actor.has(*WORKERS),
        "consent_form": ConsentForm(centre_id=actor.centre_id),
        "withdraw_form": WithdrawForm(),
        "watch_form": WatchForm(),
        "point_form": PointForm(),
        "sentence": sentence,
        "has_errors": bool(forms or sentence),
        **forms,
    }
    return page(request, "desk/people/page.html", context, status=status)


def _done(
    request: HttpRequest, person_id: UUID, act: Callable[[Person], str], *, form: AppForm | None = None, form_name: str = ""
) -> HttpResponse:
    """Do what a form of the page asks; what goes wrong comes back with everything typed."""
    person = _person(request, person_id)
    actor = actor_of_request(request)
    if not actor.has(*WORKERS):
        raise NotAllowed("これができるのは、センターの相談員と主任です。")
    if form is None or form.is_valid():
        try:
            with transaction.atomic():
                said = act(person)
        except Invalid as error:
            if form is None:
                request.undo_transaction = True  # type: ignore[attr-defined]
                return _show(request, person, status=422, sentence=error.message)
            form.add_domain_fields(error.fields)
        except DomainError as error:
            request.undo_transaction = True  # type: ignore[attr-defined]
            return _show(request, person, status=error.status, sentence=error.message)
        else:
            messages.success(request, said)
            return redirect("desk:person", person_id=root_id(person.pk))
    request.undo_transaction = True  # type: ignore[attr-defined]
    return _show(request, person, status=422, **{form_name: form})  # type: ignore[arg-type]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _one_of(text: str, known: set[UUID]) -> UUID:
    """The id that the page's button carries, if it is one of this human's.

    :raises Invalid: it is not.
    """
    found = _id(text)
    if found not in known:
        raise Invalid("画面を開き直して、もう一度選んでください。")
    return found


@require_POST
@for_staff
def consent_add(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """同意を記録する."""
    actor = actor_of_request(request)
    form = ConsentForm(request.POST, centre_id=actor.centre_id)

    def act(person: Person) -> str:
        given = form.cleaned_data
        services.record_consent(
            actor=actor,
            person_id=person.pk,
            kind=given["kind"],
            given_by=given["given_by"],
            means=given["means"],
            until=given["until"],
            recipient_centre_id=UUID(given["recipient"]) if given["recipient"] else None,
            note=given["note"],
        )
        return "同意を記録しました。"

    return _done(request, person_id, act, form=form, form_name="consent_form")


@require_POST
@for_staff
def consent_withdraw(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """同意の取り消しを記録する."""
    actor = actor_of_request(request)
    form = WithdrawForm(request.POST)

    def act(person: Person) -> str:
        known = set(
            Person.objects.filter(id__in=family_ids(person.pk), consents__isnull=False).values_list("consents__id", flat=True)
        )
        services.withdraw_consent(
            actor=actor, consent_id=_one_of(request.POST.get("consent", ""), known), means=form.cleaned_data["means"]
        )
        return "同意の取り消しを記録しました。"

    return _done(request, person_id, act, form=form, form_name="withdraw_form")


@require_POST
@for_staff
def watch(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """見守りを始める, or change why and until when."""
    actor = actor_of_request(request)
    form = WatchForm(request.POST)

    def act(person: Person) -> str:
        services.set_watch(actor=actor, person_id=person.pk, **form.cleaned_data)
        return "見守りの対象にしました。"

    return _done(request, person_id, act, form=form, form_name="watch_form")


@require_POST
@for_staff
def watch_end(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """見守りを終える."""
    actor = actor_of_request(request)

    def act(person: Person) -> str:
        services.end_watch(actor=actor, person_id=person.pk)
        return "見守りを終えました。"

    return _done(request, person_id, act)


@require_POST
@for_staff
def point_add(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """連絡先を足す."""
    actor = actor_of_request(request)
    form = PointForm(request.POST)

    def act(person: Person) -> str:
        services.add_contact_point(actor=actor, person_id=person.pk, **form.cleaned_data)
        return "連絡先を足しました。"

    return _done(request, person_id, act, form=form, form_name="point_form")


@require_POST
@for_staff
def point_usable(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """使えなくなった, or usable again."""
    actor = actor_of_request(request)

    def act(person: Person) -> str:
        known = set(
            Person.objects.filter(id__in=family_ids(person.pk), contact_points__isnull=False).values_list(
                "contact_points__id", flat=True
            )
        )
        usable = request.POST.get("usable") == "yes"
        services.set_point_usable(actor=actor, point_id=_one_of(request.POST.get("point", ""), known), usable=usable)
        return "使える連絡先にしました。" if usable else "使えない連絡先にしました。"

    return _done(request, person_id, act)


@require_http_methods(["GET", "POST"])
@for_staff
def merge(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """同じ人をまとめる: look for the other one, choose, say why. Also finds who shares the number."""
    actor, person = actor_of_request(request), _person(request, person_id)
    if not actor.has(*WORKERS):
        raise NotAllowed("これができるのは、センターの相談員と主任です。")
    look = FindForm(request.POST if "look" in request.POST else None)
    form = PersonMergeForm(request.POST if "other" in request.POST else None)
    found: list[dict[str, Any]] = []
    sentence = ""
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                services.merge_people(
                    actor=actor, keep_id=person.pk, other_id=form.cleaned_data["other"], reason=form.cleaned_data["reason"]
                )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            sentence = error.message
        else:
            messages.success(request, "同じ人にまとめました。下の「まとめの記録」から取り消せます。")
            return redirect("desk:person", person_id=root_id(person.pk))
    if look.is_bound and look.is_valid():
        rows = find_people(actor=actor, **look.cleaned_data)
        found = [row for row in _rows(actor, rows) if row["person"].pk not in family_ids(person.pk)]
    elif form.is_bound:
        # Who was chosen stays on the page.
        chosen = Person.objects.filter(centre_id=actor.centre_id, id=_id(request.POST.get("other", "")))
        found = _rows(actor, {one.pk: [] for one in chosen})
    wrong = bool(form.errors or look.errors or sentence)
    if wrong:
        request.undo_transaction = True  # type: ignore[attr-defined]
    context = {
        "person": person,
        "mine": masked_person(person, actor=actor),
        "look": look,
        "form": form,
        "found": found,
        "asked": look.is_bound and not look.errors,
        "chosen": request.POST.get("other", ""),
        "sentence": sentence,
        "has_errors": wrong,
    }
    return page(request, "desk/people/merge.html", context, status=422 if wrong else 200)


@require_POST
@for_staff
def unmerge(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """まとめを取り消す."""
    actor = actor_of_request(request)

    def act(person: Person) -> str:
        ids = family_ids(person.pk)
        known = set(Person.objects.filter(id__in=ids, merges_away__isnull=False).values_list("merges_away__id", flat=True))
        services.unmerge_people(actor=actor, merge_id=_one_of(request.POST.get("merge", ""), known))
        return "まとめを取り消しました。2人に戻っています。"

    return _done(request, person_id, act)
