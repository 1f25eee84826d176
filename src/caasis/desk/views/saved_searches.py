"""Saved searches: keeping one, the list with what is new, renaming, deleting and taking that back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases.models import SavedSearch
from caasis.cases.rules.searching import CaseSearch, read_pairs, read_search
from caasis.cases.services import saved_searches as services
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.searching import search_words, url_of
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.desk.workspace import today_in_japan
from caasis.kernel.errors import Invalid
from caasis.platform.forms import AppForm

HITS_SHOWN = 50


class SearchForm(AppForm):
    """Name and notice of a saved search. The search itself travels beside it, as in its address."""

    requirement_marks = False
    name = forms.CharField(label="検索の名前", max_length=services.LONGEST_NAME)
    notice = forms.ChoiceField(
        label="新しく見つかった相談", choices=SavedSearch.Notice.choices, initial=SavedSearch.Notice.NONE.value
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def save(request: HttpRequest) -> HttpResponse:
    """Ask for a name, and keep the search that stands in the address (or, posted, in the form)."""
    actor = actor_of_request(request)
    posted = request.method == "POST"
    given = request.POST if posted else request.GET
    asked = read_search(dict(given.lists()), today=today_in_japan())
    form = SearchForm(request.POST if posted else None, initial={"name": _name_for(asked)})
    if posted and form.is_valid():
        try:
            kept = services.save_search(actor=actor, search=asked, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, f"「{kept.name}」を保存しました。")
            return redirect("desk:saved-searches")
    wrong = bool(form.errors)
    if wrong:
        request.undo_transaction = True  # type: ignore[attr-defined]
    context = {"form": form, "asked": asked, "words": search_words(asked), "pairs": asked.pairs(), "back": _back(asked), "has_errors": wrong}
    return page(request, "desk/search/save.html", context, status=422 if wrong else 200)


def _name_for(asked: CaseSearch) -> str:
    return asked.text[: services.LONGEST_NAME]


def _back(asked: CaseSearch) -> str:
    return reverse("desk:search") + url_of(asked)


@require_safe
@for_staff_and_nation
def saved(request: HttpRequest) -> HttpResponse:
    """The list of one's own."""
    return _list(request)


def _list(request: HttpRequest, *, wrong: tuple[UUID, SearchForm] | None = None) -> HttpResponse:
    rows: list[dict[str, Any]] = []
    today = today_in_japan()
    for kept in services.own_searches(actor=actor_of_request(request)):
        asked = read_pairs(kept.query, today=today)
        form = SearchForm(initial={"name": kept.name, "notice": kept.notice}, auto_id=f"s{kept.id.hex[-8:]}_%s")
        if wrong is not None and wrong[0] == kept.id:
            form = wrong[1]
        rows.append({"kept": kept, "words": search_words(asked), "url": _back(asked), "form": form, "open": form.is_bound})
    context = {"rows": rows, "undo": offered_undo(request), "has_errors": wrong is not None, "wrong_form": wrong[1] if wrong else None}
    return page(request, "desk/search/saved.html", context, status=422 if wrong else 200)


@require_POST
@for_staff_and_nation
def change(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Another name, another way to be told."""
    actor = actor_of_request(request)
    services.get_search(actor=actor, search_id=search_id)
    form = SearchForm(request.POST, auto_id=f"s{search_id.hex[-8:]}_%s")
    if form.is_valid():
        try:
            services.change_search(actor=actor, search_id=search_id, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, "保存しました。")
            return redirect("desk:saved-searches")
    request.undo_transaction = True  # type: ignore[attr-defined]
    return _list(request, wrong=(search_id, form))


@require_POST
@for_staff_and_nation
def delete(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Take it off the list; the next page offers to take that back."""
    kept = services.delete_search(actor=actor_of_request(request), search_id=search_id)
    url = reverse("desk:saved-search-restore", kwargs={"search_id": search_id})
    offer_undo(request, message=f"「{kept.name}」を消しました。", url=url)
    return redirect("desk:saved-searches")


@require_POST
@for_staff_and_nation
def restore(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Put a deleted one back."""
    services.undo_delete_search(actor=actor_of_request(request), search_id=search_id)
    return redirect("desk:saved-searches")


@require_safe
@for_staff_and_nation
def new(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """What was found since the last look."""
    actor = actor_of_request(request)
    kept = services.get_search(actor=actor, search_id=search_id)
    hits = services.new_hits(actor=actor, search=kept)
    asked = read_pairs(kept.query, today=today_in_japan())
    context = {
        "kept": kept, "hits": list(hits[:HITS_SHOWN]), "count": kept.new, "words": search_words(asked), "url": _back(asked),  # type: ignore[attr-defined]
        "undo": offered_undo(request),
    }  # fmt: skip
    return page(request, "desk/search/new.html", context)


@require_POST
@for_staff_and_nation
def seen(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """All of it has been seen."""
    if services.mark_seen(actor=actor_of_request(request), search_id=search_id):
        url = reverse("desk:saved-search-unseen", kwargs={"search_id": search_id})
        offer_undo(request, message="すべて見たことにしました。", url=url)
    return redirect("desk:saved-search-new", search_id=search_id)


@require_POST
@for_staff_and_nation
def unseen(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Not yet, after all."""
    services.unmark_seen(actor=actor_of_request(request), search_id=search_id)
    return redirect("desk:saved-search-new", search_id=search_id)
