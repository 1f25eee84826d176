"""協働の決まり: tiers, limits and targets of the centre, with their versions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from caasis.accounts.selectors import names_of
from caasis.cases import services
from caasis.cases import team_selectors as team
from caasis.cases.rules.team_policy import (
    CHANNEL_GROUPS,
    MOST_TIERS,
    PRIORITIES,
    TeamPolicyValues,
    changes_in_words,
    from_json,
    target_keys,
)
from caasis.cases.rules.team_words import ClockKind
from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.team_forms import TeamPolicyForm, policy_initial, target_name
from caasis.desk.views.parts import page
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict

MOST_VERSIONS = 10


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def policy(request: HttpRequest) -> HttpResponse:
    """The policy to read; supervisors and officials change it."""
    actor = actor_of_request(request)
    may = team.may_set_team_policy(actor)
    versions = team.team_policy_versions(actor=actor)
    number = versions[0].number if versions else 0
    current = from_json(versions[0].body) if versions else TeamPolicyValues()
    status, conflict = 200, False
    if request.method == "POST":
        if not may:
            raise NotAllowed("決まりを変えられるのは、主任とセンター職員です。")
        form = TeamPolicyForm(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    services.change_team_policy(
                        actor=actor, version=form.cleaned_data["version"], values=form.values()
                    )
            except Invalid as error:
                form.add_domain_fields({name if name in form.fields else "role_1": text for name, text in error.fields.items()})
            except VersionConflict as error:
                conflict, status = True, error.status
                form.add_error(None, "ほかの人が先に保存しました。入力は残っています。")
            else:
                messages.success(request, "決まりを保存しました。これからの相談に使います。")
                return redirect("desk:team-policy")
        status = status if conflict else 422
    else:
        form = TeamPolicyForm(initial=policy_initial(current, number))
    today = day_in_japan(timezone.now())
    month = today.replace(day=1)
    context: dict[str, Any] = {
        "form": form,
        "may": may,
        "tiers": [(form[f"role_{n}"], form[f"minutes_{n}"]) for n in range(1, MOST_TIERS + 1)],
        "targets": _table(form),
        "kinds": [kind.label for kind in ClockKind],
        "versions": _versions(versions),
        "conflict_number": number if conflict else None,
        "sla": team.sla_figures(actor=actor, first=month, last=today),
        "escalation": team.escalation_figures(actor=actor, first=month, last=today),
        "current": current,
    }
    return page(request, "desk/team/policy.html", context, status=status)


def _table(form: TeamPolicyForm) -> list[tuple[str, str, list[Any]]]:
    """Rows of the targets: channel, priority, one cell for each kind (None where there is no target)."""
    keys = set(target_keys())
    return [
        (
            words,
            PRIORITIES[priority],
            [form[target_name(key)] if (key := (group, priority, kind.value)) in keys else None for kind in ClockKind],
        )
        for group, (words, _) in CHANNEL_GROUPS.items()
        for priority in PRIORITIES
    ]


def _versions(rows: list[Any]) -> list[dict[str, Any]]:
    """Who changed what, the newest first."""
    names = names_of({row.saved_by for row in rows if row.saved_by}) if rows else {}
    shown = []
    for place, row in enumerate(rows[:MOST_VERSIONS]):
        before = from_json(rows[place + 1].body) if place + 1 < len(rows) else TeamPolicyValues()
        lines = changes_in_words(before, from_json(row.body))
        shown.append({"row": row, "who": names.get(row.saved_by, ""), "lines": lines or ["変わったところはありません。"]})
    return shown
