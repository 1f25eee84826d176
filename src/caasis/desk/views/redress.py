"""被害救済額 of a case: entries, counter-entries, totals that stay apart; and the figures of the centre and the nation."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.analytics.definitions import R1, R2, R3
from caasis.cases import redress, services
from caasis.cases.models import Case
from caasis.cases.rules.redress import Source
from caasis.desk.access import actor_of_request, for_staff, for_staff_and_nation
from caasis.desk.mediation import CounterForm, RedressForm
from caasis.desk.views.beside import address, beside_page, case_beside, run_form
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import fiscal_year
from caasis.platform.forms import AppForm


@require_http_methods(["GET", "POST"])
@for_staff
def ledger(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The ledger of a case; writing an entry."""
    case, purpose = case_beside(request, case_id)
    if request.method == "GET":
        last = case.mediations.last()
        initial = {"on": today_in_japan(), "source": (Source.MEDIATION if last else Source.ADVICE).value}
        return _show(request, case, purpose, RedressForm(initial=initial))
    mediation = case.mediations.last()
    return run_form(
        request,
        RedressForm(request.POST),
        lambda given: services.write_redress(
            actor=actor_of_request(request),
            case_id=case.id,
            mediation_id=mediation.id if mediation is not None and given["source"] == Source.MEDIATION else None,
            **given,
        ),
        done="救済額を記録しました。",
        back=address(request, "redress", case_id=case.id),
        again=lambda form, status: _show(request, case, purpose, form, status=status),
    )


def _show(
    request: HttpRequest,
    case: Case,
    purpose: Purpose | None,
    form: AppForm,
    *,
    counter: AppForm | None = None,
    wrong_row: UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of_request(request)
    context = {
        "lines": redress.ledger_of(case, actor=actor, purpose=purpose),
        "totals": redress.case_totals(case, actor=actor),
        "form": form,
        "counter": counter or CounterForm(),
        "wrong_row": wrong_row,
        "may_write": actor.works_for(case.handling_centre_id),
    }
    return beside_page(request, "desk/mediation/redress.html", case, purpose, context, status=status)


@require_POST
@for_staff
def counter(request: HttpRequest, case_id: UUID, redress_id: UUID) -> HttpResponse:
    """Take an entry back by a counter-entry."""
    case, purpose = case_beside(request, case_id)
    return run_form(
        request,
        CounterForm(request.POST),
        lambda given: services.counter_redress(
            actor=actor_of_request(request), case_id=case.id, redress_id=redress_id, **given
        ),
        done="取り消しの行を書きました。もとの行も残ります。",
        back=address(request, "redress", case_id=case.id),
        again=lambda form, status: _show(request, case, purpose, RedressForm(), counter=form, wrong_row=redress_id, status=status),
    )


@require_GET
@for_staff_and_nation
def figures(request: HttpRequest) -> HttpResponse:
    """被害救済額 by fiscal year: of the own centre, and of the nation's registered cases."""
    actor = actor_of_request(request)
    this_year = fiscal_year(today_in_japan())
    years = []
    for year in range(this_year, this_year - 3, -1):
        start, end = date(year, 4, 1), date(year + 1, 3, 31)
        own = redress.totals_between(actor=actor, start=start, end=end, centre_id=actor.centre_id) if actor.centre_id else None
        years.append((year, own, redress.totals_between(actor=actor, start=start, end=end)))
    return page(request, "desk/mediation/figures.html", {"years": years, "definitions": (R1, R2, R3), "inside": actor.centre_id is not None})
