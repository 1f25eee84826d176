"""自分で調べる手引き: one question a page, by links alone. What was answered travels in the address, so the way back works."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from caasis.knowledge.guides import articles_of, get_guide, guides
from caasis.knowledge.rules.guides import CALLS, Guide, Place, place_at
from caasis.portal.page import render_page
from caasis.portal.views.articles import BY_DOCUMENT
from caasis.portal.views.consult import begin_with
from caasis.portal.views.public import hotline

_LONGEST = 40


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All guides."""
    return render_page(
        request,
        "portal/guides.html",
        {"guides": guides()},
        current="search",
        breadcrumb=[("自分で調べる手引き", "")],
        cache=True,
    )


@require_safe
def guide(request: HttpRequest, guide_id: str) -> HttpResponse:
    """The question at which somebody stands, or the end, with the answers so far."""
    found = get_guide(guide_id)
    place = place_at(found, request.GET.get("a", "")[:_LONGEST])
    here = ".".join(str(step.number) for step in place.steps)
    context: dict[str, Any] = {
        "guide": found,
        "place": place,
        "here": here,
        "number": len(place.steps) + 1,
        "choices": _choices(place, here),
        "steps": [
            {"step": step, "again": ".".join(str(one.number) for one in place.steps[:at])}
            for at, step in enumerate(place.steps)
        ],
    }
    if place.end is not None:
        articles = articles_of(place.end)
        context |= {
            "articles": articles,
            "calculator": next((one for one in articles if one.sales_form in BY_DOCUMENT), None),
            "calls": [{"number": number, "what": CALLS[number], "dial": number.replace("#", "%23")} for number in place.end.calls],
            "hotline": hotline(timezone.now()),
        }
    return render_page(
        request,
        "portal/guide_step.html",
        context,
        current="search",
        breadcrumb=[("自分で調べる手引き", reverse("portal:guides")), (found.title, "")],
        cache=True,
    )


def _choices(place: Place, here: str) -> list[dict[str, str]]:
    if place.question is None:
        return []
    return [
        {"text": choice.text, "answers": f"{here}.{number}" if here else str(number)}
        for number, choice in enumerate(place.question.choices, start=1)
    ]


@csrf_exempt
@require_POST
def consult(request: HttpRequest, guide_id: str) -> HttpResponse:
    """Begin a consultation with what was answered here. No token, for the page is kept for everybody; what a forged request
    could do is begin a form that nobody sends."""
    found = get_guide(guide_id)
    place = place_at(found, request.POST.get("a", "")[:_LONGEST])
    return begin_with(request, _told(found, place))


def _told(found: Guide, place: Place) -> dict[str, str]:
    """The answers of the form that the guide's answers give, and these themselves as the beginning of the story."""
    told: dict[str, str] = dict(place.says)
    if place.steps:
        lines = [f"・{step.question.text}　→　{step.choice.text}" for step in place.steps]
        told["story"] = f"手引き「{found.title}」で、次のように答えました。\n" + "\n".join(lines) + "\n\n"
    if place.end is not None and place.end.articles:
        told["faq_number"] = place.end.articles[0]
    return told
