"""出前講座の依頼: who asks the centre to come, and what it answered."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from caasis.appointments import services
from caasis.appointments.education_selectors import get_lecture, lecture_list, lecture_texts, masked_lecture
from caasis.appointments.education_vocabulary import LectureState
from caasis.appointments.models import LectureRequest
from caasis.desk.access import actor_of_request, for_staff, stated_purpose
from caasis.desk.education_forms import CameForm, DayForm
from caasis.desk.views.beside import run, run_form
from caasis.desk.views.education import LIST_PURPOSES
from caasis.desk.views.parts import page
from caasis.platform.forms import AppForm


@require_safe
@for_staff
def lectures(request: HttpRequest) -> HttpResponse:
    """Requests to the centre: what waits for an answer first."""
    rows = lecture_list(actor=actor_of_request(request))
    return page(request, "desk/education/lectures.html", {"rows": rows})


@require_safe
@for_staff
def lecture(request: HttpRequest, lecture_id: UUID) -> HttpResponse:
    """One request: who asks is masked, or opened for a purpose."""
    return _one(request, get_lecture(actor=actor_of_request(request), lecture_id=lecture_id))


def _one(
    request: HttpRequest,
    row: LectureRequest,
    *,
    day: AppForm | None = None,
    came: AppForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, chosen = actor_of_request(request), stated_purpose(request)
    purpose = chosen if chosen in LIST_PURPOSES else None
    with transaction.atomic():
        opened = purpose is not None and row.erased_at is None
        texts = lecture_texts(row, actor=actor, purpose=purpose) if opened and purpose else masked_lecture(row)
    state = LectureState(row.state)
    context = {
        "row": row,
        "state": state,
        "texts": texts,
        "opened": opened,
        "purposes": LIST_PURPOSES,
        "day": day or DayForm(initial={"day": row.agreed_day or row.day1}),
        "came": came or CameForm(),
        "may_accept": state in (LectureState.NEW, LectureState.ACCEPTED),
        "may_decline": state in (LectureState.NEW, LectureState.ACCEPTED),
        "may_hold": state in (LectureState.ACCEPTED, LectureState.HELD),
        "form": day or came,
        "has_errors": status >= 400,
    }
    return page(request, "desk/education/lecture.html", context, status=status)


@require_POST
@for_staff
def accept(request: HttpRequest, lecture_id: UUID) -> HttpResponse:
    """The centre comes, on an agreed day."""
    actor = actor_of_request(request)
    row = get_lecture(actor=actor, lecture_id=lecture_id)
    form = DayForm(request.POST)
    return run_form(
        request,
        form,
        lambda data: services.accept_lecture(actor=actor, lecture_id=lecture_id, day=data["day"]),
        done="実施する日を決めました。担当の方に電話してください。", back=reverse("desk:lecture", args=[lecture_id]),
        again=lambda shown, status: _one(request, row, day=shown, status=status),
    )  # fmt: skip


@require_POST
@for_staff
def decline(request: HttpRequest, lecture_id: UUID) -> HttpResponse:
    """The centre can't come."""
    actor = actor_of_request(request)
    return run(
        request,
        lambda: services.decline_lecture(actor=actor, lecture_id=lecture_id),
        done="断りました。担当の方に電話してください。",
        back=reverse("desk:lecture", args=[lecture_id]),
    )


@require_POST
@for_staff
def held(request: HttpRequest, lecture_id: UUID) -> HttpResponse:
    """It took place, and so many came."""
    actor = actor_of_request(request)
    row = get_lecture(actor=actor, lecture_id=lecture_id)
    form = CameForm(request.POST)
    return run_form(
        request,
        form,
        lambda data: services.hold_lecture(actor=actor, lecture_id=lecture_id, came=data["came"]),
        done="実施を記録しました。", back=reverse("desk:lecture", args=[lecture_id]),
        again=lambda shown, status: _one(request, row, came=shown, status=status),
    )  # fmt: skip
