"""Ending an abusive consultation by the centre's rule, and care for staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from caasis.accounts.selectors import staff_of
from caasis.cases import conduct, services
from caasis.cases.models import Case
from caasis.cases.rules.conduct import ConductState, is_turned_away
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.safety import (
    AppealForm,
    CareForm,
    DecideForm,
    IncidentForm,
    LiftForm,
    ProposeForm,
    RuleForm,
    WarnForm,
)
from caasis.desk.views.beside import address, beside_page, case_beside, paper, run_form
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.engines.japanese import format_date_ja
from caasis.kernel.actor import Purpose, Role
from caasis.kernel.errors import WrongState
from caasis.platform.forms import AppForm


def _colleagues(request: HttpRequest, case: Case) -> list[tuple[str, str]]:
    actor = actor_of_request(request)
    return [(str(user.pk), str(user)) for user in staff_of(case.handling_centre_id) if user.pk != actor.id]


@require_http_methods(["GET"])
@for_staff
def conduct_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What happened on a case, what was decided, and what an ending never stops."""
    case, purpose = case_beside(request, case_id)
    return _show(request, case, purpose)


def _show(
    request: HttpRequest, case: Case, purpose: Purpose | None, *, forms: dict[str, AppForm] | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_of_request(request)
    today = today_in_japan()
    file = conduct.read_conduct(case, actor=actor, purpose=purpose, today=today)
    policy = conduct.policy_of(case.handling_centre_id)
    people = _colleagues(request, case)
    asked = {name: request.GET.get(name) == "yes" for name in ("injury", "danger", "other_matter")}
    given: dict[str, AppForm] = {
        "incident": IncidentForm(colleagues=people, initial={"at": timezone.localtime()}),
        "warn": WarnForm(colleagues=people, initial={"words": policy.warning}),
        "propose": ProposeForm(colleagues=people),
        "decide": DecideForm(initial={"days": min(30, policy.longest_days)}),
        "appeal": AppealForm(),
        "lift": LiftForm(),
        "care": CareForm(),
        **(forms or {}),
    }
    state = file.file.state if file is not None else ""
    context = {
        "file": file,
        "state": state,
        "noting": state in (ConductState.NOTED, ConductState.WARNED),
        "over": state in ("", ConductState.LIFTED, ConductState.CLOSED),
        "policy": policy,
        "forms": given,
        "wrong": list((forms or {}).values()),
        "bad": next(iter(forms or {}), ""),
        "asked": asked,
        "turned_away": is_turned_away(
            until=file.file.ended_until if file is not None and file.in_force else None, today=today, **asked
        ),
        "may_work": actor.works_for(case.handling_centre_id) and actor.has(Role.COUNSELLOR, Role.SUPERVISOR),
        "may_decide": actor.has(Role.SUPERVISOR, Role.OFFICIAL),
    }
    return beside_page(request, "desk/mediation/conduct.html", case, purpose, context, status=status)


#: Name of the form → what it does and what is said afterwards.
_VERBS: dict[str, tuple[Callable[..., Any], str]] = {
    "incident": (services.note_incident, "記録しました。まずひと息ついてください。"),
    "warn": (services.warn, "警告を記録しました。"),
    "propose": (services.propose_ending, "主任に判断を頼みました。"),
    "decide": (services.decide_ending, "判断を記録しました。"),
    "appeal": (services.record_appeal, "申し立てを記録しました。"),
    "lift": (services.lift_ending, "判断を記録しました。"),
    "care": (services.care_for_staff, "記録しました。"),
}


@require_POST
@for_staff
def act(request: HttpRequest, case_id: UUID, step: str) -> HttpResponse:
    """One step of the rule."""
    case, purpose = case_beside(request, case_id)
    actor = actor_of_request(request)
    if step not in _VERBS:
        raise WrongState("この操作はありません。画面を開き直してください。")
    verb, done = _VERBS[step]
    with_witness: dict[str, Any] = {"incident": IncidentForm, "warn": WarnForm, "propose": ProposeForm}
    plain: dict[str, Any] = {"decide": DecideForm, "appeal": AppealForm, "lift": LiftForm, "care": CareForm}
    form: AppForm = (
        with_witness[step](request.POST, colleagues=_colleagues(request, case)) if step in with_witness else plain[step](request.POST)
    )

    def do(given: dict[str, Any]) -> Any:
        values = dict(given)
        for name in ("end", "uphold"):
            if name in values:
                values[name] = values[name] == "yes"
        if "witness" in values:
            values["witness"] = UUID(values["witness"]) if values["witness"] else None
        if "days" in values:
            values["days"] = values["days"] or 0
        return verb(actor=actor, case_id=case.id, **values)

    return run_form(
        request, form, do, done=done, back=address(request, "conduct", case_id=case.id),
        again=lambda bound, status: _show(request, case, purpose, forms={step: bound}, status=status),
    )  # fmt: skip


@require_POST
@for_staff
def letter(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The letter that tells the consumer, in the centre's wording, to be completed by hand. Its text is not kept."""
    case, _ = case_beside(request, case_id)
    file = conduct.standing_file(case)
    if file is None or file.ended_until is None:
        raise WrongState("対応の終了が決まってから作れます。")
    policy = conduct.policy_of(case.handling_centre_id)
    services.record_ending_letter(actor=actor_of_request(request), case_id=case.id)
    appeal = policy.appeal_to or "〔申し立て先〕"
    text = "\n\n".join(
        [
            f"{format_date_ja(today_in_japan(), with_year=True)}",
            "〔お名前〕　様",
            "ご相談への対応の終了について",
            policy.ending,
            f"受付番号　{case.receipt_number}\n期間　{format_date_ja(file.ended_until, with_year=True)}まで",
            f"この決定に納得できないときは、次へお申し出ください。\n{appeal}",
            "けがや命の危険があるときは、すぐに110番・119番、または当センターへご連絡ください。必ずお受けします。",
        ]
    )
    return paper(request, text, form="pdf", title="対応の終了について", name=f"conduct-{case.receipt_number}")


@require_http_methods(["GET", "POST"])
@for_staff
def rule(request: HttpRequest) -> HttpResponse:
    """The centre's rule: read by all its staff, set by its officials."""
    actor = actor_of_request(request)
    assert actor.centre_id is not None

    def show(form: AppForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "may_set": actor.has(Role.OFFICIAL), "has_errors": status >= 400, "policy": conduct.policy_of(actor.centre_id)}  # type: ignore[arg-type]
        return page(request, "desk/mediation/conduct_rule.html", context, status=status)

    if request.method == "GET":
        now = conduct.policy_of(actor.centre_id)
        names = ("warnings_needed", "longest_days", "warning", "ending", "appeal_to")
        return show(RuleForm(initial={name: getattr(now, name) for name in names}))
    return run_form(
        request, RuleForm(request.POST), lambda given: services.save_conduct_rule(actor=actor, **given),
        done="きまりを保存しました。", back=address(request, "conduct-rule"), again=show,
    )  # fmt: skip
