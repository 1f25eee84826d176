"""統合: choosing the other case, the two side by side, and taking a merge apart."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.code_lists import label
from caasis.cases.duplicates import possible_duplicates
from caasis.cases.models import Case
from caasis.cases.rules.card import BY_NAME, show
from caasis.cases.rules.merging import may_choose, why_not
from caasis.cases.services.guards import WORKERS
from caasis.cases.services.merging import JOINABLE, PERSON, choosable, side_of
from caasis.desk.access import access_case, actor_of_request, for_staff
from caasis.desk.views.parts import offer_undo, page
from caasis.desk.workspace import place_words
from caasis.kernel.actor import Actor
from caasis.kernel.errors import DomainError, NotAllowed
from caasis.kernel.ids import parse_receipt_number
from caasis.privacy.services import masked_fields

#: The other cases that are offered beside the likely duplicates.
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """One field in both cases. `choice` says which radio is set; without values on one side there is nothing to choose."""

    name: str
    label: str
    mine: str
    other: str
    same: bool
    choosable: bool
    joinable: bool
    choice: str


@require_safe
@for_staff
def choose(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Which case is the same: likely duplicates first, then by receipt number or title."""
    case, actor = _case(request, case_id)
    words = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:80]
    likely = possible_duplicates(actor=actor, case=case, card=cases.read_card(case))
    own = cases.with_parts(cases.own_cases(actor=actor).filter(merged_into=None).exclude(id=case.id))
    number = parse_receipt_number(words) if words else None
    if number:
        # The number of a merged case finds the one that goes on.
        hit = cases.own_cases(actor=actor).filter(receipt_number=number).first()
        found = list(own.filter(id=hit.merged_into_id or hit.id)) if hit else []
    elif words:
        found = list(own.filter(title__icontains=words).order_by("-touched_at")[:OFFERED])
    else:
        found = []
    context = {"case": case, "words": words, "likely": likely, "found": found}
    return page(request, "desk/merging/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def compare(request: HttpRequest, case_id: UUID, other_id: UUID) -> HttpResponse:
    """Both cards side by side; each field keeps what the survivor has unless somebody chooses the other's value."""
    case, actor = _case(request, case_id)
    other = access_case(request, other_id, inside=True)
    sides = side_of(case, actor), side_of(other, actor)
    sentence = why_not(*sides)
    chosen = {
        name: request.POST.get(f"take_{name}", "")
        for name in (*choosable(case), PERSON)
        if request.POST.get(f"take_{name}", "") in ("merged", "both")
    }
    status = 200
    if request.method == "POST":
        try:
            with transaction.atomic():
                services.merge_cases(actor=actor, survivor_id=case_id, merged_id=other_id, choices=chosen)
        except DomainError as error:
            sentence, status = error.message, error.status
        else:
            offer_undo(
                request,
                message=f"{other.receipt_number}を、この相談に統合しました。",
                url=reverse("desk:case-unmerge", kwargs={"case_id": other_id}),
            )
            return redirect("desk:case", case_id=case_id)
    context = {
        "case": case,
        "other": other,
        "pairs": _pairs(case, other, actor, chosen, may_choose(sides[0])),
        "person": _persons(case, other, actor, chosen, may_choose(sides[0])),
        "may_choose": may_choose(sides[0]),
        "sentence": sentence,
        "blocked": bool(why_not(*sides)),
        "turned_blocked": bool(why_not(sides[1], sides[0])),
        "has_errors": status != 200,
    }
    return page(request, "desk/merging/compare.html", context, status=status)


@require_POST
@for_staff
def unmerge(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """統合を取り消す: `case_id` is the merged one; it stands on its own again."""
    access_case(request, case_id, inside=True)
    done = services.unmerge_case(actor=actor_of_request(request), merged_id=case_id)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"message": "統合を取り消しました。"})
    messages.success(request, f"統合を取り消しました。{done.merged.receipt_number}は、元の相談に戻りました。")
    return redirect("desk:case", case_id=case_id)


def _case(request: HttpRequest, case_id: UUID) -> tuple[Case, Actor]:
    case, actor = access_case(request, case_id, inside=True), actor_of_request(request)
    if not actor.has(*WORKERS):
        raise NotAllowed("統合できるのは、相談員と主任です。")
    return case, actor


def _pairs(case: Case, other: Case, actor: Actor, chosen: dict[str, str], free: bool) -> list[Pair]:
    mine, others = cases.read_card(case), cases.read_card(other)
    may = set(choosable(case)) if free else set()
    rows = []
    for name, field in BY_NAME.items():
        if field.sealed:
            continue
        left, right = _words(name, mine.get(name)), _words(name, others.get(name))
        if not left and not right:
            continue
        same = mine.get(name) == others.get(name)
        rows.append(
            Pair(
                name=name,
                label=field.label,
                mine=left,
                other=right,
                same=same,
                choosable=not same and bool(right) and name in may,
                joinable=name in JOINABLE and bool(left and right),
                choice=chosen.get(name, "mine"),
            )
        )
    # What differs is what must be looked at.
    return sorted(rows, key=lambda row: row.same)


def _persons(case: Case, other: Case, actor: Actor, chosen: dict[str, str], free: bool) -> Pair | None:
    """The consumer as a whole, in the masked form: enough to tell two people apart, too little to name one."""
    left, right = _masked(case, actor), _masked(other, actor)
    if not left and not right:
        return None
    return Pair(
        PERSON, "相談者の氏名・連絡先", left or "記録なし", right or "記録なし", False, bool(right) and free, False, chosen.get(PERSON, "mine")
    )


def _masked(case: Case, actor: Actor) -> str:
    consumer = cases.consumer_of(case)
    if consumer is None or consumer.person is None:
        return ""
    shown = [value for value in masked_fields(consumer.person, "name", "address", actor=actor).values() if value]
    points = [masked_fields(point, "value", actor=actor)["value"] for point in consumer.person.contact_points.all()]
    return "　".join([*shown, *points])


def _words(name: str, value: object) -> str:
    if name in ("prefecture_code", "municipality_code") and value:
        return place_words(name, str(value))
    return show(name, value, label)
