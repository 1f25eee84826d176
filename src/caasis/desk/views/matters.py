"""応対への苦情・事故: the list with its picture, writing one down, and the page on which it is mended and closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.charts.months import months_picture
from caasis.desk.matters import CauseForm, MatterForm, MeasureForm, shown_matter
from caasis.desk.views.parts import page
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import DomainError, Invalid, NotFound
from caasis.kernel.ids import uuid7
from caasis.operations import services
from caasis.operations.code_lists import code_lists
from caasis.operations.rules.duties import ANSWERS, duties_for
from caasis.operations.selectors import (
    by_month,
    complaints_about_us,
    get_matter,
    get_measure,
    narrowed,
    open_measures,
    visible_matters,
)
from caasis.operations.vocabulary import MatterState, Sort

PAGE = 30


@require_safe
@for_staff
def matter_list(request: HttpRequest) -> HttpResponse:
    """The centre's list with filters, the picture of twelve months, K5, and measures that are due."""
    actor = actor_of_request(request)
    given = request.GET
    kinds = [*code_lists()["complaint_kind"].terms(), *code_lists()["incident_kind"].terms()]
    filters = {
        "sort": given.get("sort", "") if given.get("sort") in Sort._value2member_map_ else "",
        "state": given.get("state", "") if given.get("state") in (*MatterState._value2member_map_, "unfinished") else "",
        "kind": given.get("kind", "") if given.get("kind") in {term.code for term in kinds} else "",
        "severity": given.get("severity", "") if code_lists()["severity"].find(given.get("severity", "")) else "",
    }
    rows = narrowed(visible_matters(actor=actor).select_related("case"), **filters)
    found = Paginator(rows, PAGE).get_page(given.get("page", "1"))
    today = day_in_japan(timezone.now())
    months = by_month(actor=actor, until=today)
    context = {
        "found": found,
        "filters": filters,
        "filtered": any(filters.values()),
        "sorts": list(Sort),
        "states": list(MatterState),
        "kinds": list({term.code: term.label for term in kinds}.items()),
        "severities": [(term.code, term.label) for term in code_lists()["severity"].terms()],
        "months": months,
        "picture": months_picture(months),
        "k5": complaints_about_us(actor=actor, start=months[0].month, end=today),
        "measures": list(open_measures(actor=actor)[:8]),
        "today": today,
    }
    return page(request, "desk/matters/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_matter(request: HttpRequest, sort: str) -> HttpResponse:
    """Write one down."""
    if sort not in Sort._value2member_map_:
        raise Http404
    actor, which = actor_of_request(request), Sort(sort)
    form = MatterForm(
        request.POST if request.method == "POST" else None, sort=which, actor=actor, initial={"key": str(uuid7())}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            matter = services.record_matter(
                actor=actor,
                sort=which,
                kind=given["kind"],
                severity=given["severity"],
                channel=given.get("channel", ""),
                what=given["what"],
                complainant=given.get("complainant", ""),
                noticed_on=given["noticed_on"],
                happened_on=given["happened_on"],
                concerned_id=UUID(given["concerned"]) if given["concerned"] else None,
                receipt_number=given["receipt_number"],
                idempotency_key=f"matter:{actor.id}:{given['key']}",
            )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        else:
            messages.success(request, f"記録しました（{matter.number}）。")
            return redirect("desk:matter", matter_id=matter.id)
    return page(request, "desk/matters/new.html", {"form": form, "sort": which}, status=422 if form.is_bound else 200)


@require_safe
@for_staff
def matter_page(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    return _show(request, matter_id)


def _show(
    request: HttpRequest,
    matter_id: UUID,
    *,
    cause: CauseForm | None = None,
    measure: MeasureForm | None = None,
    sentence: str = "",
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; forms that could not be taken come back with what was typed."""
    actor = actor_of_request(request)
    matter = get_matter(actor=actor, matter_id=matter_id)
    context: dict[str, Any] = {
        "one": shown_matter(matter, actor=actor),
        "matter": matter,
        "sort": Sort(matter.sort),
        "closed": matter.state == MatterState.CLOSED,
        "cause": cause or CauseForm(initial=CauseForm.initial_of(matter)),
        "measure": measure or MeasureForm(actor=actor),
        "answers": ANSWERS,
        "sentence": sentence,
        "wrong": wrong,
        "has_errors": bool(sentence),
        "words": {name: request.POST.get(name, "") for name in ("words", "answer", "reopen_reason", "note")},
        "today": day_in_japan(timezone.now()),
    }
    return page(request, "desk/matters/page.html", context, status=status)


def _do(request: HttpRequest, matter_id: UUID, work: Callable[[], object], done: str, wrong: str) -> HttpResponse:
    """Do one verb; what can't be done is said on the page, with everything typed kept."""
    get_matter(actor=actor_of_request(request), matter_id=matter_id)
    try:
        work()
    except NotFound:
        raise
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        return _show(request, matter_id, sentence=error.message, wrong=wrong, status=error.status)
    messages.success(request, done)
    return redirect("desk:matter", matter_id=matter_id)


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "")[:5000]


@require_POST
@for_staff
def acknowledge(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return _do(
        request,
        matter_id,
        lambda: services.acknowledge(actor=actor, matter_id=matter_id),
        "受け止めを伝えたことを記録しました。",
        "next",
    )


@require_POST
@for_staff
def causes(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """なぜなぜ and the root cause."""
    actor = actor_of_request(request)
    get_matter(actor=actor, matter_id=matter_id)
    form = CauseForm(request.POST)
    if not form.is_valid():
        return _show(request, matter_id, cause=form, sentence="原因の欄を確かめてください。", wrong="causes", status=422)
    try:
        services.set_causes(
            actor=actor,
            matter_id=matter_id,
            version=form.cleaned_data["version"],
            whys=form.whys(),
            root_cause=form.cleaned_data["root_cause"],
            lessons=form.cleaned_data["lessons"],
        )
    except DomainError as error:
        request.undo_transaction = True  # type: ignore[attr-defined]
        if isinstance(error, Invalid):
            form.add_domain_fields(error.fields)
        return _show(request, matter_id, cause=form, sentence=error.message, wrong="causes", status=error.status)
    messages.success(request, "原因を保存しました。")
    return redirect("desk:matter", matter_id=matter_id)


@require_POST
@for_staff
def duties(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Answers to the questions about reporting."""
    actor = actor_of_request(request)
    matter = get_matter(actor=actor, matter_id=matter_id)
    answers = {duty.code: request.POST.get(f"duty_{duty.code}", "") for duty in duties_for(matter.kind)}
    return _do(
        request,
        matter_id,
        lambda: services.set_duties(actor=actor, matter_id=matter_id, answers=answers),
        "報告の要否を保存しました。",
        "duties",
    )


@require_POST
@for_staff
def progress(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """A line of the timeline; or that an outage or a leak is stopped."""
    actor = actor_of_request(request)
    return _do(
        request,
        matter_id,
        lambda: services.note_progress(
            actor=actor,
            matter_id=matter_id,
            words=_words(request, "words"),
            restored=request.POST.get("restored") == "1",
        ),
        "経過を書きました。",
        "words",
    )


@require_POST
@for_staff
def measure(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """A measure with owner, day and the day of its check."""
    actor = actor_of_request(request)
    get_matter(actor=actor, matter_id=matter_id)
    form = MeasureForm(request.POST, actor=actor)
    sentence, status = "対策の欄を確かめてください。", 422
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.add_measure(
                actor=actor,
                matter_id=matter_id,
                what=given["what"],
                owner_id=UUID(given["owner"]),
                due_on=given["due_on"],
                check_on=given["check_on"],
            )
        except DomainError as error:
            request.undo_transaction = True  # type: ignore[attr-defined]
            sentence, status = error.message, error.status
            if isinstance(error, Invalid):
                form.add_domain_fields(error.fields)
        else:
            messages.success(request, "対策を決めました。")
            return redirect("desk:matter", matter_id=matter_id)
    return _show(request, matter_id, measure=form, sentence=sentence, wrong="measures", status=status)


@require_POST
@for_staff
def measure_done(request: HttpRequest, measure_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    matter_id = get_measure(actor=actor, measure_id=measure_id).matter_id
    return _do(
        request,
        matter_id,
        lambda: services.finish_measure(actor=actor, measure_id=measure_id),
        "対策を終えました。効き目は、あとで確かめます。",
        "measures",
    )


@require_POST
@for_staff
def measure_check(request: HttpRequest, measure_id: UUID) -> HttpResponse:
    """Whether a measure held."""
    actor = actor_of_request(request)
    matter_id = get_measure(actor=actor, measure_id=measure_id).matter_id
    held = request.POST.get("held") == "yes"
    return _do(
        request,
        matter_id,
        lambda: services.check_measure(
            actor=actor, measure_id=measure_id, held=held, note=_words(request, "note")
        ),
        "効いています。" if held else "効いていません。次の対策を決めてください。",
        "measures",
    )


@require_POST
@for_staff
def close(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return _do(
        request,
        matter_id,
        lambda: services.close_matter(actor=actor, matter_id=matter_id, answer=_words(request, "answer")),
        "この記録を終えました。",
        "answer",
    )


@require_POST
@for_staff
def reopen(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return _do(
        request,
        matter_id,
        lambda: services.reopen_matter(actor=actor, matter_id=matter_id, reason=_words(request, "reopen_reason")),
        "もう一度開きました。",
        "reopen_reason",
    )
