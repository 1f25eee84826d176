"""Product tests, 申出 of 特商法60条 and co-operation with enforcement: of a case, and the inbox of a centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caasis.cases import asks, services
from caasis.cases import selectors as cases
from caasis.cases.asks import ShownAsk
from caasis.cases.code_lists import label
from caasis.cases.models import Case, CaseAsk
from caasis.cases.rules.asks import PETITION_ARTICLE, PETITION_VERIFIED, AskKind, AskState, petition_text
from caasis.cases.services.asking import DECIDERS
from caasis.desk.access import access_case, actor_of_request, for_staff, for_staff_and_nation
from caasis.desk.safety import CUSTODY_WORDS, CentreForm, ConsumerForm, CooperationForm, LogForm, PetitionForm, TestForm
from caasis.desk.views.beside import address, beside_page, case_beside, paper, run_form
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotAllowed
from caasis.platform.forms import AppForm
from caasis.privacy.services import open_fields


@require_GET
@for_staff_and_nation
def inbox(request: HttpRequest) -> HttpResponse:
    """Requests that wait in the centre; for a national role what it asked and what became of it."""
    actor = actor_of_request(request)
    rows = [(row, AskKind.words(row.kind), AskState.words(row.state)) for row in asks.open_asks(actor=actor)]
    return page(request, "desk/mediation/inbox.html", {"rows": rows, "today": today_in_japan(), "nation": actor.is_national})


@require_http_methods(["GET", "POST"])
@for_staff_and_nation
def cooperation(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """NCAC or CAA asks about one registered case; the centre may write down what came by letter."""
    actor = actor_of_request(request)
    case = access_case(request, case_id)
    own = actor.works_for(case.handling_centre_id)
    if not own and not actor.is_national:
        raise NotAllowed("協力を求められるのは、国の機関と担当センターです。")

    def show(form: AppForm, status: int = 200) -> HttpResponse:
        context = {"case": case, "form": form, "has_errors": status >= 400, "own": own}
        return page(request, "desk/mediation/cooperation.html", context, status=status)

    if request.method == "GET":
        return show(CooperationForm(initial={} if own else {"authority": _authority(actor)}))
    return run_form(
        request, CooperationForm(request.POST), lambda given: services.ask_cooperation(actor=actor, case_id=case.id, **given),
        done="協力の依頼を記録しました。センターと本人の答えを待ちます。",
        back=address(request, "asks", case_id=case.id) if own else address(request, "ask-inbox"), again=show,
    )  # fmt: skip


def _authority(actor: Actor) -> str:
    return "・".join(role.label for role in sorted(actor.roles))


@require_GET
@for_staff
def ask_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The requests of a case with their logs, and beginning one."""
    case, purpose = case_beside(request, case_id)
    return _show(request, case, purpose)


def _show(
    request: HttpRequest,
    case: Case,
    purpose: Purpose | None,
    *,
    forms: dict[str, AppForm] | None = None,
    row: UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of_request(request)
    given: dict[str, AppForm] = {"test": TestForm(initial={"addressee": "国民生活センター 商品テスト部"})}
    if purpose is not None:
        given["petition"] = PetitionForm(initial={"addressee": "消費者庁長官", "text": _petition(case, actor, purpose)})
    given |= forms or {}
    shown = [(one, _forms_of(one, actor, forms if one.ask.id == row else None)) for one in asks.asks_of(case, actor=actor, purpose=purpose)]
    context = {
        "shown": shown,
        "forms": given,
        "wrong": list((forms or {}).values()),
        "bad": next(iter(forms or {}), ""),
        "row": row,
        "may_write": actor.works_for(case.handling_centre_id),
        "may_decide": actor.has(*DECIDERS),
        "custody": CUSTODY_WORDS,
        "article": PETITION_ARTICLE,
        "verified": PETITION_VERIFIED,
    }
    return beside_page(request, "desk/mediation/asks.html", case, purpose, context, status=status)


def _forms_of(shown: ShownAsk, actor: Actor, bound: dict[str, AppForm] | None) -> dict[str, AppForm]:
    """The forms of one request, with what was typed where it is the one that was sent."""
    prefix = str(shown.ask.id)
    given: dict[str, AppForm] = {
        "log": LogForm(kind=AskKind(shown.ask.kind), prefix=f"log-{prefix}"),
        "consumer": ConsumerForm(prefix=f"consumer-{prefix}"),
        "centre": CentreForm(prefix=f"centre-{prefix}"),
    }
    return given | (bound or {})


def _petition(case: Case, actor: Actor, purpose: Purpose) -> str:
    card = cases.read_card(case)
    card["sales_form_label"] = label("sales_form", card["sales_form"])
    personal = cases.open_personal(case, actor=actor, purpose=purpose)
    return petition_text(
        card, addressee="消費者庁長官", name=personal["consumer_name"], address=personal["consumer_address"], today=today_in_japan()
    )


@require_POST
@for_staff
def begin(request: HttpRequest, case_id: UUID, kind: str) -> HttpResponse:
    """A product test or a 申出."""
    if kind not in (AskKind.TEST, AskKind.PETITION):
        raise Http404
    case, purpose = case_beside(request, case_id)
    form = TestForm(request.POST) if kind == AskKind.TEST else PetitionForm(request.POST)
    return run_form(
        request, form, lambda given: services.open_ask(actor=actor_of_request(request), case_id=case.id, kind=kind, **given),
        done="記録しました。", back=address(request, "asks", case_id=case.id),
        again=lambda bound, status: _show(request, case, purpose, forms={kind: bound}, status=status),
    )  # fmt: skip


def _act(
    request: HttpRequest, case_id: UUID, ask_id: UUID, name: str, make: Callable[[CaseAsk], AppForm], act: Callable[..., Any], *, done: str
) -> HttpResponse:
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)
    ask = asks.get_ask(actor=actor, ask_id=ask_id, case_id=case.id)

    def do(given: dict[str, Any]) -> Any:
        if "agrees" in given:
            given = {**given, "agrees": given["agrees"] == "yes"}
        return act(actor=actor, ask_id=ask.id, **given)

    return run_form(
        request, make(ask), do, done=done, back=address(request, "asks", case_id=case.id),
        again=lambda bound, status: _show(request, case, purpose, forms={name: bound}, row=ask.id, status=status),
    )  # fmt: skip


@require_POST
@for_staff
def log(request: HttpRequest, case_id: UUID, ask_id: UUID) -> HttpResponse:
    """A line of a request's log."""
    return _act(
        request, case_id, ask_id, "log",
        lambda ask: LogForm(request.POST, kind=AskKind(ask.kind), prefix=f"log-{ask.id}"), services.log_ask, done="記録しました。",
    )  # fmt: skip


@require_POST
@for_staff
def consumer(request: HttpRequest, case_id: UUID, ask_id: UUID) -> HttpResponse:
    """What the consumer said."""
    return _act(
        request, case_id, ask_id, "consumer", lambda ask: ConsumerForm(request.POST, prefix=f"consumer-{ask.id}"),
        services.record_consumer_answer, done="本人の答えを記録しました。",
    )  # fmt: skip


@require_POST
@for_staff
def centre(request: HttpRequest, case_id: UUID, ask_id: UUID) -> HttpResponse:
    """What the centre decided."""
    return _act(
        request, case_id, ask_id, "centre", lambda ask: CentreForm(request.POST, prefix=f"centre-{ask.id}"),
        services.decide_cooperation, done="センターの判断を記録しました。",
    )  # fmt: skip


@require_GET
@for_staff
def output(request: HttpRequest, case_id: UUID, ask_id: UUID, form: str) -> HttpResponse:
    """The 申出書 or the request for a test as PDF or text."""
    case, purpose = case_beside(request, case_id)
    if form not in ("pdf", "txt"):
        raise Http404
    actor = actor_of_request(request)
    ask = asks.get_ask(actor=actor, ask_id=ask_id, case_id=case.id)
    if purpose is None:
        raise NotAllowed("目的を選んで開いてから作ってください。")
    text = open_fields(ask, "body", actor=actor, purpose=purpose)["body"] or ask.question
    if ask.kind == AskKind.TEST:
        text = f"商品テストの依頼\n\n{ask.addressee}　御中\n\n整理番号　{case.receipt_number}\n\n{text}"
    return paper(request, text, form=form, title=AskKind.words(ask.kind), name=f"{ask.kind}-{case.receipt_number}")
