"""Parts of the workspace and of the lists that scripts load: clock, timeline, who is looking, news, preview, places."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases.duplicates import possible_duplicates
from caasis.cases.models import Case
from caasis.cases.people_record import known_past
from caasis.cases.rules.card import BY_NAME
from caasis.cases.rules.deadlines import DEADLINE_FIELDS
from caasis.cases.search import index_readiness, similar_cases
from caasis.cases.vocabulary import CARD_LINES
from caasis.desk.access import access_case, actor_of_request, for_staff, for_staff_and_nation, stated_purpose
from caasis.desk.assist import articles_for
from caasis.desk.candidates import aids_for
from caasis.desk.card import cleaned, read_posted
from caasis.desk.clock import clock_of_card
from caasis.desk.hints import shown_hints
from caasis.desk.presence import leave, lookers, note_presence
from caasis.desk.templatetags.desk import municipality_options
from caasis.desk.workspace import TIMELINE_KINDS, line_of, read_workspace, today_in_japan
from caasis.kernel.errors import NotFound


@require_POST
@for_staff
def clock(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The deadline clock and the questions for what is typed now; nothing is saved."""
    case = access_case(request, case_id, inside=True)
    names = (*DEADLINE_FIELDS, "title", "product", "product_text")
    raw: dict[str, Any] = {name: request.POST.get(name, "") for name in names if name in request.POST and name != "transaction_types"}
    raw["transaction_types"] = request.POST.getlist("transaction_types")
    values, _ = cleaned(raw)
    shown = clock_of_card(values, today=today_in_japan())
    context = {"clock": shown, "case": case, "articles": articles_for(values, actor=actor_of_request(request))}
    return render(request, "desk/workspace/clock_parts.html", context)


@require_POST
@for_staff
def hints(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """気づいた点 for what is typed now; nothing is saved."""
    case = access_case(request, case_id, inside=True)
    values, _ = cleaned(read_posted(request.POST).raw)
    card = cases.read_card(case) | values
    context = {"hints": shown_hints(case, card), "case": case, "aids": aids_for(values)}
    return render(request, "desk/workspace/hints_parts.html", context)


@require_POST
@for_staff
def similar(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Cases like this one, and those that may be the same, for what is typed now; nothing is saved."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    values, _ = cleaned(read_posted(request.POST).raw)
    card = cases.read_card(case) | values
    context = {
        "case": case,
        "similar": similar_cases(actor=actor, case=case, card=card),
        "index": index_readiness(),
        "duplicates": possible_duplicates(actor=actor, case=case, card=card),
        # A number or a name is no identity: content shows of whom was confirmed to be the consumer.
        "known": {one.id for one in known_past(actor=actor, case=case)},
    }
    return render(request, "desk/workspace/similar.html", context)


@require_safe
@for_staff
def timeline(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """これまで, filtered by kind; loaded again when something happened."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    work = read_workspace(case, actor=actor, purpose=stated_purpose(request))
    kind = request.GET.get("kind", "")
    return render(
        request, "desk/workspace/timeline.html", {"work": work, "case": case, "kind": kind, "timeline_kinds": TIMELINE_KINDS}
    )


@require_POST
@for_staff
def presence(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A heartbeat of the open page; answers who else is looking."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    if request.POST.get("leaving"):
        leave(actor=actor, case=case)
        return HttpResponse(status=204)
    note_presence(actor=actor, case=case, editing=request.POST.get("editing") == "1")
    others = lookers(actor=actor, case_ids=[case.id]).get(case.id, [])
    return render(request, "desk/workspace/presence.html", {"lookers": others})


@require_safe
@for_staff
def news(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What a colleague saved since this page was opened, in one line; nothing on the page is touched."""
    case = access_case(request, case_id, inside=True)
    actor = actor_of_request(request)
    known = request.GET.get("version", "")
    version = int(known) if known.isascii() and known.isdecimal() and len(known) < 9 else case.version
    last = case.entries.filter(kind__in=CARD_LINES).order_by("-at").first()
    if last is None or last.actor_id == actor.id or last.data.get("version", 0) <= version:
        return HttpResponse("")
    who = names_of({last.actor_id}).get(last.actor_id, "ほかの職員") if last.actor_id else "ほかの職員"
    fields = cases.fields_changed_since(case, version)
    return render(request, "desk/workspace/news.html", {"who": who, "at": last.at, "fields": labels_of(sorted(fields))})


@require_safe
@for_staff_and_nation
def preview(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The right-hand pane of a list: the case in short, without personal data."""
    return render(request, "desk/cases/preview.html", preview_context(request, access_case(request, case_id)))


def preview_context(request: HttpRequest, case: Case) -> dict[str, Any]:
    actor = actor_of_request(request)
    entries = cases.timeline(case, actor=actor, limit=4)
    people = {entry.actor_id for entry in entries if entry.actor_id}
    people |= {UUID(entry.data["to"]) for entry in entries if entry.data.get("to")}
    names = names_of(people)
    return {
        "case": case,
        "contract": next(iter(case.contracts.all()), None),
        "lines": [line_of(entry, names) for entry in entries],
        "insider": cases.is_insider(case, actor),
    }


@require_safe
@for_staff
def places(request: HttpRequest) -> HttpResponse:
    """Options of the municipalities of a prefecture."""
    code = request.GET.get("prefecture_code", "")
    if code and not (len(code) == 2 and code.isascii() and code.isdecimal()):
        raise NotFound
    return HttpResponse(municipality_options(code, ""))


def labels_of(names: Any) -> str:
    """Labels of fields in one line."""
    return "・".join(BY_NAME[name].label for name in names if name in BY_NAME)
