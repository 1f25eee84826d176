"""The desk's first page: what waits, whom to call today, what is half done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from caasis.cases.approval_record import latest_digest
from caasis.cases.correction_record import inbox
from caasis.cases.services.saved_searches import own_searches
from caasis.desk.access import actor_of_request, for_staff, for_staff_and_nation
from caasis.desk.corrections import shown_corrections
from caasis.desk.lists import KINDS, Filters, read_page, read_queue, side_counts
from caasis.desk.team import home_part
from caasis.desk.views.parts import offered_undo, page
from caasis.desk.views.referrals import inbox_context
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Role

SHOWN = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a login leads: who only administers the system has its pages for a home."""
    actor = actor_of_request(request)
    if actor.has(Role.ADMIN) and not actor.has_any(CENTRE_ROLES | NATIONAL_ROLES):
        return redirect("desk:administration")
    return _home_of_staff(request)


@for_staff_and_nation
def _home_of_staff(request: HttpRequest) -> HttpResponse:
    """Home of the centre's people. Who works nationally has the registered cases for a home."""
    actor = actor_of_request(request)
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return redirect(f"{reverse('desk:cases')}?list=registered")
    queue, total = read_queue(actor=actor)
    none = Filters()
    new_searches = [one for one in own_searches(actor=actor) if one.new]  # type: ignore[attr-defined]
    context = {
        "new_searches": new_searches[:SHOWN],
        "new_total": sum(one.new for one in new_searches),  # type: ignore[attr-defined]
        "queue": queue,
        "queue_total": total,
        "team": home_part(actor=actor),
        "drafts": read_page(KINDS["drafts"], actor=actor, filters=none, size=SHOWN),
        "returned": read_page(KINDS["returned"], actor=actor, filters=none, size=SHOWN),
        "counts": side_counts(actor=actor),
        "undo": offered_undo(request),
        **inbox_context(actor),
        "corrections": shown_corrections(list(inbox(actor=actor).prefetch_related("steps")[:SHOWN])),
        "digest": latest_digest(actor=actor),
    }
    return page(request, "desk/home/page.html", context)


@require_safe
@for_staff
def queue(request: HttpRequest) -> HttpResponse:
    """The queue alone, loaded again when something came or went."""
    rows, total = read_queue(actor=actor_of_request(request))
    return render(request, "desk/home/queue.html", {"queue": rows, "queue_total": total})
