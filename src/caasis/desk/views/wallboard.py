"""The wallboard: the centre's telephone on a screen at the wall, and the same as a table."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from caasis.desk.access import actor_of_request, for_staff, is_fragment
from caasis.desk.alarms import alarms_on
from caasis.desk.phone_board import shown_wall
from caasis.desk.views.parts import page
from caasis.organisations.selectors import get_centre
from caasis.telephony.board_selectors import phone_board

LOOKS = ("dark", "light")


def moment() -> datetime:
    """Now; in one place, so that a test can hold the clock."""
    return timezone.now()


@require_safe
@for_staff
def wallboard(request: HttpRequest) -> HttpResponse:
    """The whole page, or for its script the part that changes. `view=table` is the table, `look` dark or light."""
    actor = actor_of_request(request)
    assert actor.centre_id is not None
    look = request.GET.get("look", "")
    board = phone_board(actor=actor, now=moment())
    context = {
        "wall": shown_wall(board),
        "alarms": alarms_on(board, actor=actor),
        "as_table": request.GET.get("view") == "table",
        "look": look if look in LOOKS else LOOKS[0],
    }
    if is_fragment(request):
        return render(request, "desk/supervision/wall_now.html", context)
    return page(request, "desk/supervision/wallboard.html", {**context, "centre": get_centre(actor.centre_id)})
