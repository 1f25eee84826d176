"""助言・共同処理・移送: the form, the inbox, the page of one referral on both sides, its print, and 経由."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases import services, sharing
from caasis.cases.models import Case, Referral
from caasis.cases.rules.referring import NO_PERSONAL_DATA, PASSABLE, ReferralKind, ReferralState
from caasis.cases.services.guards import WORKERS
from caasis.desk.access import OFFERED_PURPOSES, access_case, actor_of_request, for_staff, stated_purpose
from caasis.desk.card import OPEN_NAMES
from caasis.desk.referral_forms import HandBackForm, ReasonForm, ReferForm, SayForm, ViaForm
from caasis.desk.referrals import read_referral, rows_of
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.desk.workspace import shown_card, today_in_japan
from caasis.kernel.actor import Actor
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from caasis.kernel.ids import uuid7
from caasis.platform.pdf import Sheet, make_pdf

#: How many of each list a page shows.
MOST = 50
BOXES = {"in": "届いた連絡", "out": "送った連絡", "closed": "終わった連絡"}


# --- lists ------------------------------------------------------------------------------------------------------------


@require_safe
@for_staff
def referral_list(request: HttpRequest) -> HttpResponse:
    """What came, what was sent, what is over."""
    actor = actor_of_request(request)
    box = request.GET.get("box", "in")
    box = box if box in BOXES else "in"
    found = {"in": sharing.inbox, "out": sharing.outbox, "closed": sharing.closed}[box](actor=actor)
    context = {
        "box": box,
        "boxes": BOXES,
        "rows": rows_of(list(found[:MOST]), actor=actor),
        "most": MOST,
        "undo": offered_undo(request),
    }
    return page(request, "desk/referrals/list.html", context)


@require_safe
@for_staff
def inbox_part(request: HttpRequest) -> HttpResponse:
    """What came from other centres, for the first page: loaded again when something came or went."""
    return render(request, "desk/referrals/inbox.html", inbox_context(actor_of_request(request)))


def inbox_context(actor: Actor, limit: int = 5) -> dict[str, Any]:
    """Rows of the inbox; the answered ones wait for nobody and are left out."""
    found = sharing.inbox(actor=actor).exclude(state=ReferralState.ANSWERED.value)
    rows = rows_of(list(found[: limit + 1]), actor=actor)
    return {"received": rows[:limit], "more_received": len(rows) > limit}


# --- sending ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def refer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """ほかのセンターに送る: one page with everything that the form must say."""
    case = access_case(request, case_id, inside=True)
    return _send(request, case, ReferForm, "desk/referrals/refer.html")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def hand_back(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """担当センターに戻す: the light form of the national back-up; the centre of the consumer's place is chosen already."""
    case = access_case(request, case_id, inside=True)
    if not sharing.is_back_up(actor_of_request(request).centre_id):
        raise NotAllowed("担当のセンターに戻せるのは、国のバックアップだけです。")
    return _send(request, case, HandBackForm, "desk/referrals/hand_back.html", handed_back=True)


def _send(
    request: HttpRequest, case: Case, form_class: type[ReferForm], template: str, *, handed_back: bool = False
) -> HttpResponse:
    actor = actor_of_request(request)
    if not actor.has(*WORKERS):
        raise NotAllowed("ほかのセンターに送れるのは、相談員と主任です。")
    centres, filled = sharing.choices_for(case, actor=actor), sharing.filled_fields(case)
    options: dict[str, Any] = {"centres": centres, "filled": filled}
    sentence, texts = "", False
    if request.method == "POST":
        form = form_class(request.POST, **options)
        if form.is_valid():
            try:
                with transaction.atomic():
                    sent = services.send_referral(
                        actor=actor,
                        case_id=case.id,
                        to_centre_id=UUID(form.cleaned_data["to"]),
                        form=form.read(handed_back=handed_back),
                        page_id=form.cleaned_data["referral_id"],
                    )
            except Invalid as error:
                texts = "texts" in error.fields
                form.add_domain_fields(error.fields)
            except DomainError as error:
                sentence = error.message
            else:
                offer_undo(
                    request,
                    message="ほかのセンターに送りました。",
                    url=reverse("desk:referral-undo", kwargs={"referral_id": sent.id}),
                    strict=True,
                )
                return redirect("desk:case", case_id=case.id)
    else:
        form = form_class(initial=_first_values(case, filled, handed_back), **options)
    wrong = request.method == "POST"
    context = {
        "case": case,
        "form": form,
        "kinds": list(ReferralKind),
        "sentence": sentence,
        "texts": texts,
        "filled": bool(filled),
        "has_errors": wrong,
        "back_up": sharing.is_back_up(actor.centre_id),
    }
    return page(request, template, context, status=422 if wrong else 200)


def _first_values(case: Case, filled: tuple[str, ...], handed_back: bool) -> dict[str, Any]:
    values: dict[str, Any] = {"referral_id": uuid7(), "basis": NO_PERSONAL_DATA}
    if handed_back:
        nearest = sharing.responsible_for(case)
        values |= {
            "kind": ReferralKind.TRANSFER.value,
            "to": str(nearest[0].id) if nearest else "",
            "reason": "担当センターにつながらず、国のバックアップで受けた電話です。",
            "request": "これからの対応をお願いします。",
        }
        if filled:
            # The caller is still on the line: what was agreed is agreed by phone, today.
            values |= {
                "basis": "consent", "consent_by": "consumer", "consent_means": "phone",
                "consent_on": today_in_japan(), "passed": [name for name in ("name", "phone") if name in filled],
            }  # fmt: skip
    return values


# --- one referral -----------------------------------------------------------------------------------------------------


@require_safe
@for_staff
def referral_page(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """One referral: on the receiving side with the case as far as it may be read. The first look is written down."""
    return _show(request, referral_id)


def _show(
    request: HttpRequest, referral_id: UUID, *, status: int = 200, sentence: str = "", **forms: Any
) -> HttpResponse:
    actor = actor_of_request(request)
    referral = sharing.get_referral(actor=actor, referral_id=referral_id)
    if actor.works_for(referral.to_centre_id) and referral.opened_at is None and status == 200:
        referral = services.open_referral(actor=actor, referral_id=referral_id)
    shared = sharing.shared_case(referral, actor=actor)
    purpose = stated_purpose(request)
    opened: list[tuple[str, str]] = []
    can_open = shared is not None and referral.person_id is not None and bool(referral.passed)
    if can_open and purpose is not None:
        values = sharing.open_passed(referral, actor=actor, purpose=purpose)
        opened = [(PASSABLE[name], value) for name, value in values.items() if value]
    context = {
        "referral": referral,
        "shown": read_referral(referral, actor=actor),
        "shared": shared,
        "rows": shown_card(shared.card, list(OPEN_NAMES)) if shared else [],
        "own_case": None if actor.works_for(referral.to_centre_id) else Case.objects.filter(id=referral.case_id).first(),
        "continued": Case.objects.filter(id=referral.continued_as_id).first() if referral.continued_as_id else None,
        "purposes": OFFERED_PURPOSES,
        "can_open": can_open,
        "opened": opened,
        "say_form": SayForm(initial={"message_id": uuid7()}),
        "return_form": ReasonForm(auto_id="return_%s"),
        "end_form": ReasonForm(auto_id="end_%s"),
        "sentence": sentence,
        "has_errors": status != 200,
        "undo": offered_undo(request),
        **forms,
    }
    return page(request, "desk/referrals/page.html", context, status=status)


def _step(request: HttpRequest, referral_id: UUID, do: Callable[[], object], done: str) -> HttpResponse:
    try:
        with transaction.atomic():
            do()
    except NotFound:
        raise
    except DomainError as error:
        return _show(request, referral_id, status=error.status, sentence=error.message)
    messages.success(request, done)
    return redirect("desk:referral", referral_id=referral_id)


@require_POST
@for_staff
def accept(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """引き受ける. After a 移送 the own case opens at once."""
    actor = actor_of_request(request)
    taken: list[Referral] = []
    answer = _step(
        request,
        referral_id,
        lambda: taken.append(services.accept_referral(actor=actor, referral_id=referral_id)),
        "引き受けました。",
    )
    if taken and taken[0].continued_as_id is not None:
        return redirect("desk:case", case_id=taken[0].continued_as_id)
    return answer


@require_POST
@for_staff
def give_back(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """返却 with its reason."""
    return _with_reason(request, referral_id, services.return_referral, "return", "返却しました。")


@require_POST
@for_staff
def end(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """共有を終える with its reason."""
    return _with_reason(request, referral_id, services.end_sharing, "end", "共有を終えました。")


def _with_reason(
    request: HttpRequest, referral_id: UUID, do: Callable[..., object], which: str, done: str
) -> HttpResponse:
    actor = actor_of_request(request)
    sharing.get_referral(actor=actor, referral_id=referral_id)
    form = ReasonForm(request.POST, auto_id=f"{which}_%s")
    if form.is_valid():
        try:
            with transaction.atomic():
                do(actor=actor, referral_id=referral_id, reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            return _show(request, referral_id, status=error.status, sentence=error.message)
        else:
            messages.success(request, done)
            return redirect("desk:referral", referral_id=referral_id)
    forms: dict[str, Any] = {f"{which}_form": form, "form": form}
    return _show(request, referral_id, status=422, **forms)


@require_POST
@for_staff
def say(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """回答・質問・経過 to the other centre."""
    actor = actor_of_request(request)
    sharing.get_referral(actor=actor, referral_id=referral_id)
    form = SayForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                services.say(
                    actor=actor,
                    referral_id=referral_id,
                    text=form.cleaned_data["text"],
                    page_id=form.cleaned_data["message_id"],
                )
        except Invalid as error:
            form.add_domain_fields(error.fields)
        except DomainError as error:
            return _show(request, referral_id, status=error.status, sentence=error.message, say_form=form)
        else:
            messages.success(request, "相手のセンターに伝えました。")
            return redirect("desk:referral", referral_id=referral_id)
    return _show(request, referral_id, status=422, say_form=form, form=form)


@require_POST
@for_staff
def withdraw(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """取り消す: nobody has taken it on yet."""
    actor = actor_of_request(request)
    return _step(
        request, referral_id, lambda: services.withdraw_referral(actor=actor, referral_id=referral_id), "取り消しました。"
    )


@require_POST
@for_staff
def undo(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """元に戻す within seconds, before the other side opened it."""
    referral = services.withdraw_referral(actor=actor_of_request(request), referral_id=referral_id, undo=True)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": "送るのを取り消しました。"})
    messages.success(request, "送るのを取り消しました。相手は開いていません。")
    return redirect("desk:case", case_id=referral.case_id)


@require_safe
@for_staff
def print_form(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The form as PDF: which fields were passed on, never their values."""
    actor = actor_of_request(request)
    referral = sharing.get_referral(actor=actor, referral_id=referral_id)
    shown = read_referral(referral, actor=actor)
    lines = [f"相談の{shown.row.kind.label}　依頼書", "", f"{timezone.localtime():%Y年%m月%d日}　印刷", ""]
    for words, value in shown.facts:
        lines += [f"■ {words}", f"{value}", ""]
    lines.append("■ 経過")
    lines += [f"{step.label}　{timezone.localtime(step.at):%Y/%m/%d %H:%M}　{step.who}" for step in shown.steps if step.at]
    for one in shown.said:
        lines += ["", f"■ {one.kind}　{one.centre}　{timezone.localtime(one.at):%Y/%m/%d %H:%M}", one.text]
    pdf = make_pdf([Sheet(210.0, 297.0, "\n".join(lines), margin=22, size=11, flows=True)], title="依頼書")
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="referral-{str(referral.id)[-8:]}.pdf"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


# --- 経由 -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def via(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """経由を記録: which office brought the case, and whom to ask there."""
    case = access_case(request, case_id, inside=True)
    known = getattr(case, "via", None)
    sentence = ""
    if request.method == "POST":
        form = ViaForm(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    services.set_via(actor=actor_of_request(request), case_id=case_id, **form.cleaned_data)
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except NotAllowed:
                raise
            except DomainError as error:
                sentence = error.message
            else:
                messages.success(request, "経由を記録しました。")
                return redirect("desk:case", case_id=case_id)
    else:
        given = {name: getattr(known, name) for name in ("office", "contact_person", "phone", "version")} if known else {}
        form = ViaForm(initial={"version": 0, "route": case.route, **given})
    wrong = request.method == "POST"
    context = {"case": case, "form": form, "sentence": sentence, "has_errors": wrong}
    return page(request, "desk/referrals/via.html", context, status=422 if wrong else 200)
