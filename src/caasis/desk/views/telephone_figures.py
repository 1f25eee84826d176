"""The telephone's figures: K numbers with their definitions, chart, table, identities, and calls as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from caasis.analytics.telephone import TelephoneFigures, identities, telephone_figures, telephone_now
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.charts.figure import Figure
from caasis.desk.charts.telephone import By, metric_groups, shown_metric, telephone_figure
from caasis.desk.views import wallboard
from caasis.desk.views.parts import page
from caasis.desk.views.supervision import require_leader
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import DomainError, Invalid
from caasis.platform.forms import AppForm
from caasis.queues.models.queue import TARGET_SECONDS
from caasis.queues.selectors import queues_of_centre
from caasis.telephony.selectors import calls_of_centre
from caasis.telephony.services import export_calls

LONGEST = 366
EARLIEST = date(2000, 1, 1)
#: More calls than this at once would hold up a web process for too long: the file is then fetched in parts.
MOST_CALLS = 20_000
#: Why somebody takes the calls out, and whether the other side's number may then stand in the file.
PURPOSES = (
    (Purpose.IMPORT_EXPORT, "集計や報告のため（電話番号は入りません）"),
    (Purpose.CONSUMER_REQUEST, "相談者本人の求めに応じるため（電話番号が入り、記録に残ります）"),
    (Purpose.OWN_HANDLING, "応対への苦情を調べるため（電話番号が入り、記録に残ります）"),
)


class TelephoneForm(AppForm):
    """From and to which day, and how it is divided."""

    requirement_marks = False
    start = forms.DateField(
        label="始まりの日", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    end = forms.DateField(
        label="終わりの日", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    by = forms.ChoiceField(label="分け方", choices=[(one.value, one.label) for one in By])

    def __init__(self, query: QueryDict, *, today: date) -> None:
        self.today = today
        shown = today.isoformat()
        given = {
            "start": query.get("start", shown),
            "end": query.get("end", shown),
            "by": query.get("by", By.TIME.value),
        }
        super().__init__(given)
        for name in ("start", "end"):
            self.fields[name].error_messages["invalid"] = f"{self.fields[name].label}は、実際にある日付にしてください。"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        start, end = cleaned.get("start") or self.today, cleaned.get("end") or self.today
        if not EARLIEST <= start <= self.today:
            self.add_error("start", "始まりの日を、きょうまでの日にしてください。")
        elif end < start:
            self.add_error("end", "終わりの日を、始まりの日より後にしてください。")
        elif (end - start).days >= LONGEST:
            self.add_error("end", "期間は、1年までにしてください。")
        return {**cleaned, "start": start, "end": min(end, self.today)}

    def span(self) -> tuple[datetime, datetime]:
        """[start, end) of a valid form."""
        first, last = self.cleaned_data["start"], self.cleaned_data["end"]
        return datetime.combine(first, time(), JST), datetime.combine(last + timedelta(days=1), time(), JST)

    def query(self) -> str:
        return urlencode(
            {"start": self.cleaned_data["start"], "end": self.cleaned_data["end"], "by": self.cleaned_data["by"]}
        )


@dataclass(frozen=True, slots=True)
class _Read:
    found: TelephoneFigures
    figure: Figure
    target: int


def _read(form: TelephoneForm, actor: Actor, now: datetime) -> _Read:
    queues = [queue for queue in queues_of_centre(actor=actor, centre_id=actor.centre_id) if queue.active]
    target = queues[0].target_seconds if queues else TARGET_SECONDS
    start, end = form.span()
    found = telephone_figures(actor=actor, start=start, end=end, now=now, target_s=float(target))
    by = By(form.cleaned_data["by"])
    return _Read(found, telephone_figure(found, by, actor=actor, queues=queues, target_s=float(target)), target)


@require_safe
@for_staff
def figures(request: HttpRequest) -> HttpResponse:
    """The page."""
    return _page(request, TelephoneForm(request.GET, today=day_in_japan(wallboard.moment())))


def _page(request: HttpRequest, form: TelephoneForm, error: DomainError | None = None) -> HttpResponse:
    actor, now = actor_of_request(request), wallboard.moment()
    here = reverse("desk:telephone-figures")
    context: dict[str, Any] = {"form": form, "here": here, "has_errors": bool(form.errors) or error is not None}
    if not form.is_valid():
        return page(request, "desk/supervision/figures.html", context, status=422)
    read = _read(form, actor, now)
    context |= {
        "found": read.found,
        "figure": read.figure,
        "target": read.target,
        "now_values": [shown_metric(one) for one in telephone_now(actor=actor, now=now).values()],
        "groups": metric_groups(read.found.values),
        "identities": identities(read.found.centre),
        "file": f"{reverse('desk:telephone-figures-file')}?{form.query()}",
        "may_export": actor.has(Role.SUPERVISOR, Role.OFFICIAL),
        "count": len(read.found.calls),
        "purposes": [(one.value, words) for one, words in PURPOSES],
        "purpose": request.POST.get("purpose", ""),
        "export_error": _sentence(error),
        "query": form.query(),
        "now": now,
    }
    return page(request, "desk/supervision/figures.html", context, status=error.status if error else 200)


def _sentence(error: DomainError | None) -> str:
    if isinstance(error, Invalid) and error.fields:
        return " ".join(words for found in error.fields.values() for words in found)
    return error.message if error else ""


@require_safe
@for_staff
def figures_file(request: HttpRequest) -> HttpResponse:
    """The table as a CSV file, under the same conditions as the page."""
    form = TelephoneForm(request.GET, today=day_in_japan(wallboard.moment()))
    if not form.is_valid():
        return _page(request, form)
    table = _read(form, actor_of_request(request), wallboard.moment()).figure.table
    return _file(table.csv(), f"telephone-{form.cleaned_data['by']}", form)


@require_POST
@for_staff
def calls_file(request: HttpRequest) -> HttpResponse:
    """The calls themselves as a CSV file, for a purpose, with a line in the access log."""
    actor = require_leader(request)
    form = TelephoneForm(request.POST, today=day_in_japan(wallboard.moment()))
    if not form.is_valid():
        return _page(request, form)
    start, end = form.span()
    try:
        with transaction.atomic():
            purpose = next((one for one, _ in PURPOSES if one.value == request.POST.get("purpose")), None)
            if purpose is None:
                raise Invalid(fields={"purpose": ["何のために使うかを選んでください。"]})
            if calls_of_centre(actor=actor, start=start, end=end).count() > MOST_CALLS:
                raise Invalid(fields={"end": [f"{MOST_CALLS:,}件をこえます。期間を短くしてください。"]})
            text = export_calls(actor=actor, start=start, end=end, purpose=purpose)
    except Invalid as error:
        return _page(request, form, error)
    return _file(text, "calls", form)


def _file(text: str, name: str, form: TelephoneForm) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    days = f"{form.cleaned_data['start']:%Y%m%d}-{form.cleaned_data['end']:%Y%m%d}"
    response["Content-Disposition"] = f'attachment; filename="{name}-{days}.csv"'
    return response
