"""その後の確認: lists of people to be called after their case, filled from cases, started, paused, ended, with results."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.appointments import services as appointments
from caasis.appointments.follow_up_selectors import (
    entries_of_case,
    get_entry,
    get_list,
    lists_to_add_to,
    progress_of,
    read_lists,
)
from caasis.appointments.models import FollowUpList
from caasis.appointments.services.lists import DECIDERS, require_decider
from caasis.appointments.vocabulary import EntryState, ListState, NotCalled, NoticeChannel, WorkMode
from caasis.cases import services as case_services
from caasis.cases.follow_ups import MOST, Pick, find_cases, picked_cases
from caasis.desk import follow_ups as shown
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.follow_up_forms import ChooseListForm, ListForm, PickForm, list_initial
from caasis.desk.telephone import is_agent
from caasis.desk.views.beside import beside_page, case_beside, run, run_form
from caasis.desk.views.parts import page
from caasis.kernel.actor import Actor


@require_safe
@for_staff
def lists(request: HttpRequest) -> HttpResponse:
    """All lists of the centre with how far they are."""
    actor = actor_of_request(request)
    lines = [(line, shown.progress_bar(line.progress)) for line in read_lists(actor=actor)]
    return page(request, "desk/follow_ups/lists.html", {"lines": lines, "decides": _decides(actor), "agent": is_agent(actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new(request: HttpRequest) -> HttpResponse:
    """A new list."""
    actor = actor_of_request(request)
    require_decider(actor)
    form = ListForm(request.POST or None, centre_id=actor.centre_id, initial=list_initial(None))
    if request.method != "POST":
        return _form_page(request, form, None)
    made: list[FollowUpList] = []

    def act(_: dict[str, Any]) -> None:
        made.append(appointments.make_list(actor=actor, values=form.values()))

    answer = run_form(
        request, form, act, done="名簿を作りました。次に、相談から人を選びます。", back=reverse("desk:follow-ups"),
        again=lambda _, status: _form_page(request, form, None, status=status),
    )  # fmt: skip
    return redirect("desk:follow-up-build", made[0].id) if made else answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def change(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Set a list anew while it does not run."""
    actor = actor_of_request(request)
    row = get_list(actor=actor, list_id=list_id)
    require_decider(actor)
    form = ListForm(request.POST or None, centre_id=actor.centre_id, initial=list_initial(row))
    if request.method != "POST":
        return _form_page(request, form, row)
    return run_form(
        request, form, lambda _: appointments.change_list(actor=actor, list_id=list_id, values=form.values()),
        done="名簿の設定を変えました。", back=reverse("desk:follow-up-list", args=[list_id]),
        again=lambda _, status: _form_page(request, form, row, status=status),
    )  # fmt: skip


def _form_page(request: HttpRequest, form: ListForm, row: FollowUpList | None, *, status: int = 200) -> HttpResponse:
    return page(request, "desk/follow_ups/form.html", {"form": form, "row": row, "has_errors": status >= 400}, status=status)


@require_safe
@for_staff
def one(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """One list: progress, results, people."""
    actor = actor_of_request(request)
    row = get_list(actor=actor, list_id=list_id)
    state = request.GET.get("state", "")
    number = max(1, int(request.GET["page"])) if request.GET.get("page", "").isascii() and request.GET.get("page", "").isdigit() else 1
    number = min(number, 1000)
    progress = progress_of([row.id])[row.id]
    entries, more = shown.shown_entries(actor=actor, list_id=row.id, state=state, page=number)
    context = {
        "row": row,
        "state": ListState(row.state),
        "mode": WorkMode(row.mode),
        "notice": NoticeChannel(row.notice_channel),
        "progress": progress,
        "bar": shown.progress_bar(progress),
        "results": shown.result_bars(progress),
        "days": shown.days_in_words(row),
        "pause": _pause_words(row.pause_minutes),
        "entries": entries,
        "states": [(one.value, one.label, progress.states.get(one, 0)) for one in EntryState if progress.states.get(one)],
        "chosen": state,
        "page": number,
        "next_page": number + 1 if more else 0,
        "decides": _decides(actor),
        "agent": is_agent(actor),
        "needs_sms": row.notice_channel == NoticeChannel.SMS,
    }
    return page(request, "desk/follow_ups/list.html", context)


def _pause_words(minutes: int) -> str:
    if minutes % 1440 == 0:
        return f"{minutes // 1440}日"
    return f"{minutes // 60}時間" if minutes % 60 == 0 else f"{minutes}分"


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def build(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Look for closed cases, see who agreed, and put those who did on the list."""
    actor = actor_of_request(request)
    row = get_list(actor=actor, list_id=list_id)
    if request.method == "POST":
        chosen = [UUID(one) for one in request.POST.getlist("case")[: MOST + 1] if _is_uuid(one)]
        added: list[Any] = []

        def act() -> None:
            added.extend(case_services.fill_list(actor=actor, list_id=row.id, case_ids=chosen, now=shown.moment()))

        if not chosen:
            messages.warning(request, "名簿に入れる相談を選んでください。")
            return redirect(f"{reverse('desk:follow-up-build', args=[row.id])}?{request.GET.urlencode()}")
        answer = run(request, act, done="選んだ人を名簿に入れました。", back=reverse("desk:follow-up-list", args=[row.id]))
        if refused := [one for one in added if one.entry is None]:
            words = "、".join(sorted({NotCalled(one.why_not).label for one in refused if one.why_not}))
            messages.warning(request, f"{len(refused)}人は入れませんでした。{words}。")
        return answer
    form = PickForm(request.GET if "words" in request.GET else None)
    context: dict[str, Any] = {"row": row, "form": form, "most": MOST, "ended": row.state == ListState.ENDED}
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        pick = Pick(data["closed_from"], data["closed_to"], data["result"], data["words"])
        found = picked_cases(actor=actor, pick=pick, list_id=row.id, now=shown.moment())
        context |= {
            "found": found,
            "total": find_cases(actor=actor, pick=pick).count(),
            "agreed": sum(1 for one in found if one.why_not is None),
            "query": request.GET.urlencode(),
        }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return page(request, "desk/follow_ups/build.html", context, status=status)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@require_POST
@for_staff
def start(request: HttpRequest, list_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return run(
        request, lambda: appointments.start_list(actor=actor, list_id=list_id),
        done="名簿を始めました。", back=reverse("desk:follow-up-list", args=[list_id]),
    )  # fmt: skip


@require_POST
@for_staff
def pause(request: HttpRequest, list_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return run(
        request, lambda: appointments.pause_list(actor=actor, list_id=list_id),
        done="名簿を中断しました。", back=reverse("desk:follow-up-list", args=[list_id]),
    )  # fmt: skip


@require_POST
@for_staff
def end(request: HttpRequest, list_id: UUID) -> HttpResponse:
    actor = actor_of_request(request)
    return run(
        request, lambda: appointments.end_list(actor=actor, list_id=list_id, now=shown.moment()),
        done="名簿を終わりにしました。", back=reverse("desk:follow-up-list", args=[list_id]),
    )  # fmt: skip


@require_POST
@for_staff
def noticed(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The letters went out."""
    actor = actor_of_request(request)
    return run(
        request, lambda: appointments.mark_noticed(actor=actor, list_id=list_id, now=shown.moment()),
        done="お知らせを出したことを記録しました。", back=reverse("desk:follow-up-list", args=[list_id]),
    )  # fmt: skip


@require_POST
@for_staff
def off(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Somebody is not called after all."""
    actor = actor_of_request(request)
    entry = get_entry(actor=actor, entry_id=entry_id)
    return run(
        request, lambda: appointments.take_off(actor=actor, entry_id=entry_id, now=shown.moment()),
        done="名簿から外しました。", back=reverse("desk:follow-up-list", args=[entry.of_list_id]),
    )  # fmt: skip


@require_safe
@for_staff
def results(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The results as a file, without names and numbers."""
    actor = actor_of_request(request)
    row = get_list(actor=actor, list_id=list_id)
    answer = HttpResponse(shown.results_csv(actor=actor, row=row), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="follow-up-results.csv"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def from_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Put the consumer of one case on a list."""
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)
    choices = lists_to_add_to(actor=actor)
    form = ChooseListForm(request.POST or None, lists=choices)

    def again(_: Any, status: int) -> HttpResponse:
        on = [(entry, EntryState(entry.state).label) for entry in entries_of_case(actor=actor, case_id=case.id)]
        context = {"form": form, "lists": choices, "on": on, "decides": _decides(actor)}
        return beside_page(request, "desk/follow_ups/from_case.html", case, purpose, context, status=status)

    if request.method != "POST":
        return again(form, 200)
    if not form.is_valid():
        return again(form, 422)
    list_id = UUID(form.cleaned_data["of_list"])
    with transaction.atomic():
        (added,) = case_services.fill_list(actor=actor, list_id=list_id, case_ids=[case.id], now=shown.moment())
    if added.entry is None:
        form.add_error("of_list", f"入れられません。{added.why_not.label if added.why_not else ''}。")
        return again(form, 422)
    messages.success(request, "名簿に入れました。")
    return redirect("desk:case", case.id)


def _decides(actor: Actor) -> bool:
    return actor.centre_id is not None and actor.has(*DECIDERS)

