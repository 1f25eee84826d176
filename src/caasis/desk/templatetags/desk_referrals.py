"""ほかへつなぐ: the block of a case with its referrals, merges, introductions and where they are begun."""

from __future__ import annotations

from typing import Any

from django import template

from caasis.cases.directory import introductions_of
from caasis.cases.family import merged_cases
from caasis.cases.models import Case, CaseVia
from caasis.cases.services.guards import WORKERS
from caasis.cases.sharing import is_back_up, referrals_of_case
from caasis.cases.vocabulary import EDITABLE, State
from caasis.desk.referrals import rows_of

register = template.Library()


@register.inclusion_tag("desk/referrals/block.html", takes_context=True)
def referral_block(context: dict[str, Any], case: Case) -> dict[str, Any]:
    """What was passed on and merged, and the ways on. Only for people of the case's centre."""
    actor = context["me"]
    found = referrals_of_case(case, actor=actor)
    works = actor.works_for(case.handling_centre_id) and actor.has(*WORKERS)
    return {
        "case": case,
        "rows": rows_of(found, actor=actor) if found else [],
        "merged": merged_cases(case),
        "introduced": introductions_of(case, actor=actor),
        "via": CaseVia.objects.filter(case=case).first(),
        "works": works and case.merged_into_id is None and case.state != State.TRANSFERRED,
        "editable": works and State(case.state) in EDITABLE,
        "back_up": works and is_back_up(actor.centre_id),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("desk/referrals/notice.html", takes_context=True)
def referral_notice(context: dict[str, Any], case: Case) -> dict[str, Any]:
    """Why a case is read only: it was merged, or handed over."""
    actor = context["me"]
    moved = None
    if case.state == State.TRANSFERRED:
        found = [one for one in referrals_of_case(case, actor=actor) if one.state == "moved" and one.case_id == case.id]
        moved = rows_of(found[:1], actor=actor)[0] if found else None
    return {
        "case": case,
        "survivor": Case.objects.filter(id=case.merged_into_id).first() if case.merged_into_id else None,
        "moved": moved,
        "works": actor.has(*WORKERS),
        "csrf_token": context.get("csrf_token"),
    }
