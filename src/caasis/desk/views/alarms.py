"""Alarms of the telephone: what shall be told, what is told now, and what was."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from caasis.desk.access import for_staff
from caasis.desk.alarms import limit_groups, read_limits, shown_alarms
from caasis.desk.views.parts import page
from caasis.desk.views.supervision import posted_id, require_leader
from caasis.kernel.errors import Invalid
from caasis.queues.selectors import queues_of_centre
from caasis.telephony.alarm_selectors import alarm_limits, past_alarms, standing_alarms
from caasis.telephony.services import acknowledge_alarm, set_alarm_limits

#: Ended alarms on the page; older ones stay in the database.
PAST = 30


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def alarms(request: HttpRequest) -> HttpResponse:
    """The limits as a form, and the alarms under it."""
    actor = require_leader(request)
    queues = [queue for queue in queues_of_centre(actor=actor, centre_id=actor.centre_id) if queue.active]
    error: Invalid | None = None
    if request.method == "POST":
        try:
            with transaction.atomic():
                limits = read_limits(request.POST.dict(), queues)
                set_alarm_limits(actor=actor, limits=limits, sound=request.POST.get("sound") == "1")
        except Invalid as refused:
            error = refused
        else:
            messages.success(request, "知らせる値を保存しました。")
            return redirect("desk:supervision-alarms")
    saved = list(alarm_limits(actor=actor))
    names = {queue.id: queue.name for queue in queues}
    typed = request.POST.dict() if error is not None else None
    groups = limit_groups(queues, saved, typed=typed, errors=error.fields if error is not None else None)
    context: dict[str, Any] = {
        "groups": groups,
        "wrong": [(one, group) for group in groups for one in group.fields if one.error],
        "sound": typed.get("sound") == "1" if typed is not None else any(row.sound for row in saved),
        "standing": shown_alarms(standing_alarms(actor=actor), names),
        "past": shown_alarms(past_alarms(actor=actor)[:PAST], names),
        "has_errors": error is not None,
    }
    return page(request, "desk/supervision/alarms.html", context, status=error.status if error is not None else 200)


@require_POST
@for_staff
def seen(request: HttpRequest) -> HttpResponse:
    """対応します: the name stands beside the alarm from now on."""
    actor = require_leader(request)
    acknowledge_alarm(actor=actor, alarm_id=posted_id(request, "alarm", "知らせを選びなおしてください。"))
    messages.success(request, "「対応中」にしました。ほかの人の画面にも出ます。")
    return redirect("desk:supervision")
