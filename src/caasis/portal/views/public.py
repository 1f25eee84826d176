"""Pages that everybody may see and a CDN may keep: top, guide, policies, offices."""

from __future__ import annotations

import re
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from caasis.appointments.booking_selectors import ways_of_centres
from caasis.channels.services.placing import national_centre
from caasis.kernel.clock import JST
from caasis.knowledge import selectors as knowledge
from caasis.organisations.models import Centre
from caasis.organisations.selectors import centre_for_prefecture, centres, responsible_centres
from caasis.platform.geography import look_up_postcode, prefecture
from caasis.portal.forms.public import OfficeForm
from caasis.portal.hours import Opening, openings
from caasis.portal.page import render_page
from caasis.portal.sharing import picture_url
from caasis.portal.situations import QUICK, SITUATIONS
from caasis.portal.views.feeds import links as feed_links

ALERTS_ON_TOP = 3
_LIST_LIMIT = 60


@require_safe
def top(request: HttpRequest) -> HttpResponse:
    """Where somebody in trouble arrives."""
    now = timezone.now()
    return render_page(
        request,
        "portal/top.html",
        {
            "situations": SITUATIONS,
            "quick": QUICK,
            "alerts": knowledge.alerts(ALERTS_ON_TOP),
            "hotline": hotline(now),
            "feeds": feed_links("alerts"),
            "picture": picture_url(request),
        },
        cache=True,
    )


def hotline(now: datetime) -> Opening | None:
    """Whether the hotline is answered now, by the hours of the national centre; None while nobody has entered them."""
    centre = national_centre()
    if centre is None:
        return None
    opening = openings([centre], now)[centre.id]
    return opening if opening.known else None


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """What a consultation can and can't do (F21)."""
    return render_page(
        request, "portal/guide.html", {}, breadcrumb=[("相談でできること・できないこと", "")], cache=True
    )


@require_safe
def offices(request: HttpRequest) -> HttpResponse:
    """The responsible office of a postcode or a prefecture, the nearest first, then who answers when it is closed."""
    asked = bool(request.GET.get("postcode") or request.GET.get("prefecture"))
    form = OfficeForm(request.GET if asked else None)
    found: list[Centre] = []
    heading = notice = ""
    status = 200
    if asked and form.is_valid():
        found, heading, notice = find(form)
    elif asked:
        status = 422
    now = timezone.now()
    hours = openings(found, now)
    bookable = ways_of_centres(centre.id for centre in found) if found else {}
    rows = [
        {
            "centre": centre,
            "name": breakable(centre.name),
            "hours": hours[centre.id],
            "ways": bookable.get(centre.id, []),
        }
        for centre in found[:_LIST_LIMIT]
    ]
    return render_page(
        request,
        "portal/offices.html",
        {"form": form, "rows": rows, "heading": heading, "notice": notice, "now": now.astimezone(JST)},
        current="offices",
        status=status,
        cache=not asked,
    )


def breakable(name: str) -> SafeString:
    """A centre's name that breaks between its words: 青葉市｜消費生活｜センター."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in re.split("(?=消費生活|センター)", name)))


def find(form: OfficeForm) -> tuple[list[Centre], str, str]:
    """The offices for what was asked, a heading, and a notice where there is none."""
    postcode, code = form.cleaned_data["postcode"], form.cleaned_data["prefecture"]
    if postcode:
        place = look_up_postcode(postcode)
        if place is not None:
            found = responsible_centres(place)
            name = f"{place.prefecture_name}{place.municipality_name_in_address}"
            if found:
                return found, f"{name}の方は、この窓口です", ""
            backup = national_centre()
            return [backup] if backup else [], f"{name}の方は、この窓口をお使いください", ""
        if not code:
            return [], "", "この郵便番号の地域が見つかりません。都道府県でさがすか、188へお電話ください。"
    place_name = prefecture(code)
    first = centre_for_prefecture(code)
    others = list(centres().filter(prefecture_code=code))
    found = ([first] if first else []) + [centre for centre in others if first is None or centre.id != first.id]
    if not found:
        return [], "", "この都道府県の窓口は、まだ載っていません。188へお電話ください。"
    return found, f"{place_name.name if place_name else ''}の窓口です", ""


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render_page(request, "portal/privacy.html", {}, breadcrumb=[("個人情報の取り扱い", "")], cache=True)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render_page(
        request, "portal/accessibility.html", {}, breadcrumb=[("使いやすさへの取り組み", "")], cache=True
    )


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render_page(request, "portal/about.html", {}, breadcrumb=[("このサイトについて", "")], cache=True)
