"""What stands on every page and on the home: who needs me; and on a case: waiting for an answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from caasis.cases import services
from caasis.cases.team_selectors import desk_counts
from caasis.desk.access import access_case, actor_of_request, for_staff
from caasis.desk.card import Posted
from caasis.desk.team import home_part as read_home_part
from caasis.desk.views.answers import after_saving
from caasis.kernel.actor import Role
from caasis.telephony.alarm_selectors import standing_alarms


@require_safe
@for_staff
def notice(request: HttpRequest) -> HttpResponse:
    """The three figures of the bar, loaded again when something came or went."""
    actor = actor_of_request(request)
    context: dict[str, object] = {"team_counts": desk_counts(actor=actor, now=timezone.now())}
    if actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        context["phone_alarms"] = standing_alarms(actor=actor).filter(acknowledged_at=None).count()
    return render(request, "desk/team/notice_in.html", context)


@require_safe
@for_staff
def home_part(request: HttpRequest) -> HttpResponse:
    """The home's part of working together, loaded again when something came or went."""
    return render(request, "desk/team/home.html", {"team": read_home_part(actor=actor_of_request(request))})


@require_POST
@for_staff
def open_mention(request: HttpRequest, mention_id: UUID) -> HttpResponse:
    """開く: the mention is read, and its case opens."""
    mention = services.read_mention(actor=actor_of_request(request), mention_id=mention_id)
    return redirect("desk:case", case_id=mention.case_id)


@require_POST
@for_staff
def wait(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """返事を待つ: the clocks of the case stand still."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        services.wait_for(
            actor=actor_of_request(request), case_id=case_id, waiting_for=request.POST.get("waiting_for", "")
        )
        messages.success(request, "目標の時計を止めました。返事が届いたら、また動きます。")
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)


@require_POST
@for_staff
def go_on(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """待つのを終える: the clocks run on."""
    case = access_case(request, case_id, inside=True)

    def step(posted: Posted) -> HttpResponse:
        services.go_on(actor=actor_of_request(request), case_id=case_id)
        messages.success(request, "目標の時計が、また動きだしました。")
        return redirect("desk:case", case_id=case_id)

    return after_saving(request, case, step)
