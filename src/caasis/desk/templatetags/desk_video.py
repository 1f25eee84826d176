"""ビデオ相談 beside a case: the panel with the picture while the card is typed."""

from __future__ import annotations

from typing import Any

from django import template

from caasis.cases.models import Case
from caasis.desk.video import may_hold, panel_of

register = template.Library()


@register.inclusion_tag("desk/videos/panel_in.html", takes_context=True)
def video_panel(context: dict[str, Any], case: Case) -> dict[str, Any]:
    """The open talk of the case, or the way to book one. The page may then use the camera."""
    actor = context["me"]
    panel = panel_of(case, actor=actor)
    if panel is not None:
        context["request"].uses_camera = True
    return {
        "case": case, "panel": panel, "beside": True,
        "shown": may_hold(actor) and actor.works_for(case.handling_centre_id),
    }  # fmt: skip
