"""ためす: going through a flow as a caller before anybody hears it, and all ways at once."""

from __future__ import annotations

from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from caasis.cases.directory import offices
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.flow_trial import (
    SituationForm,
    acts_of,
    circumstances_of,
    moment_of,
    moment_text,
    outlook,
    read_script,
    summed_up,
    try_out,
)
from caasis.desk.flows import Shown, picture_of, show
from caasis.desk.views.flows import newest
from caasis.desk.views.parts import page
from caasis.engines.ivr.comparing import name_of
from caasis.engines.ivr.happenings import Office
from caasis.engines.ivr.simulator import explore
from caasis.engines.ivr.values import Line
from caasis.engines.ivr.vocabulary import KEYS, Opening, Phase
from caasis.kernel.actor import Actor
from caasis.organisations.schedules import schedules_of
from caasis.queues.selectors import queues_of_centre, skills
from caasis.telephony.models import Flow as FlowRow
from caasis.telephony.selectors import get_flow, get_flow_version, switches_of_centre
from caasis.telephony.switchboard.around import opening

_KEYPAD = "123456789*0#"
#: All ways: so many choices of a caller in a row, and so many ways at most.
MOST_CHOICES, MOST_PATHS = 4, 4000


def _shown(request: HttpRequest, actor: Actor, flow_id: UUID) -> tuple[FlowRow, Shown]:
    row = get_flow(actor=actor, flow_id=flow_id)
    try:
        wanted = UUID(request.GET.get("version", ""))
    except ValueError:
        return row, show(newest(row), actor=actor)
    version = get_flow_version(actor=actor, version_id=wanted)
    return row, show(version if version.flow_id == row.id else newest(row), actor=actor)


@require_safe
@for_staff
def trial(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """A call as its caller meets it, one step for each request; everything stands in the address."""
    actor = actor_of_request(request)
    row, shown = _shown(request, actor, flow_id)
    now = timezone.now()
    form = SituationForm(request.GET if "script" in request.GET else None, initial={"at": moment_text(now)})
    data = form.cleaned_data if form.is_bound and form.is_valid() else {}
    context: dict[str, Any] = {
        "flow": row, "shown": shown, "form": form, "here": "flows", "keypad": _KEYPAD,
        "version": request.GET.get("version", ""), "started": bool(form.is_bound and form.is_valid()),
    }  # fmt: skip
    if context["started"] and shown.flow is not None and shown.flow.start is not None:
        context |= _course(request, actor, shown, data)
    status = 422 if form.is_bound and form.errors else 200
    return page(request, "desk/flows/trial.html", context, status=status)


def _course(request: HttpRequest, actor: Actor, shown: Shown, data: dict[str, Any]) -> dict[str, Any]:
    flow = shown.flow
    assert flow is not None
    at = moment_of(data, timezone.now())
    centre = actor.centre_id or UUID(int=0)
    hours = Opening(data["hours"]) if data.get("hours") else opening(schedules_of([centre])[centre], at)
    around = circumstances_of(
        flow,
        hours,
        message=_messages(actor) if data.get("message") else None,
        offices={one.code: Office(one.name, one.phone) for one in offices(actor=actor) if one.phone},
        relay=data.get("caller") == "relay",
    )
    script = read_script(request.GET.get("script", ""), request.GET.get("now", ""))
    course = try_out(flow, script, data=data, around=around, began=at)
    act = request.GET.get("do", "")
    if act == "wait" and course.next_at_s is not None:
        script = read_script(script.text, f"{course.next_at_s:g}")
    elif act and not script.is_full and (act in KEYS or act in dict(acts_of(course))):
        script = script.did(act)
    course = try_out(flow, script, data=data, around=around, began=at)
    kept = {name: request.GET.get(name, "") for name in ("hours", "at", "caller", "way", "message", "version")}
    return {
        "course": course, "hours": hours.label, "script": script, "box": flow.box(course.state.box),
        "box_name": name_of(flow, course.state.box), "heard": [(one, name_of(flow, one.box)) for one in course.heard],
        "acts": acts_of(course), "waits": course.next_at_s is not None and not course.state.is_over,
        "wait_s": (course.next_at_s or 0) - script.now_s, "over": course.state.is_over,
        "keys": course.state.phase not in (Phase.QUEUED, Phase.TRANSFERRING, Phase.ENDED),
        "outlook": outlook(flow, course, queues=_queues(actor), skills=_skills(actor)),
        "picture": picture_of(shown, here=course.state.box), "kept": {k: v for k, v in kept.items() if v},
        "again": urlencode({**kept, "script": ""}),
    }  # fmt: skip


def _messages(actor: Actor) -> dict[str, dict[str, Line]]:
    return {
        row.name: {language: Line(words) for language, words in row.words.items()}
        for row in switches_of_centre(actor=actor)
    }


def _queues(actor: Actor) -> dict[str, str]:
    return {str(queue.id): queue.name for queue in queues_of_centre(actor=actor)}


def _skills(actor: Actor) -> dict[str, str]:
    return {skill.code: skill.label for skill in skills(centre_id=actor.centre_id)}


@require_safe
@for_staff
def paths(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """すべての道を試す: every way of a caller, and where it ends."""
    actor = actor_of_request(request)
    row, shown = _shown(request, actor, flow_id)
    context: dict[str, Any] = {"flow": row, "shown": shown, "here": "flows", "choices": MOST_CHOICES}
    if shown.flow is not None and not shown.problems:
        found = explore(shown.flow, began=timezone.now(), most_choices=MOST_CHOICES, most_paths=MOST_PATHS + 1)
        ways = list(islice(found, MOST_PATHS))
        seen = {box for path in ways for box in path.boxes}
        context |= {
            "worlds": summed_up(shown.flow, ways), "total": len(ways), "cut": len(ways) == MOST_PATHS,
            "unseen": [name_of(shown.flow, box.id) for box in shown.flow.boxes if box.id not in seen and box.keys],
        }  # fmt: skip
    return page(request, "desk/flows/paths.html", context)
