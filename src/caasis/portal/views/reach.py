"""Warnings, and the ways for those whom the other pages don't reach: buyers abroad, people without the internet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from caasis.knowledge.announcing import ANNOUNCED, announcements
from caasis.platform.geography import prefecture
from caasis.portal.forms.public import AlertsForm
from caasis.portal.page import render_page
from caasis.portal.views.feeds import links as feed_links
from caasis.portal.views.public import hotline

#: 国民生活センター越境消費者センター. Its address and its name are public; how it takes consultations is 要確認 on the page.
CCJ_URL = "https://www.ccj.kokusen.go.jp/"


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """注意喚起, 事故情報 and 行政処分, the newest first, by kind and place."""
    form = AlertsForm(request.GET)
    form.is_valid()
    kind, code = form.cleaned_data.get("kind", ""), form.cleaned_data.get("prefecture", "")
    place = prefecture(code) if code else None
    heading = ANNOUNCED.get(kind, "注意喚起・事故情報・行政処分")
    return render_page(
        request,
        "portal/alerts.html",
        {
            "form": AlertsForm(initial={"kind": kind, "prefecture": code}),
            "kind": kind,
            "place": place,
            "what": ANNOUNCED.get(kind, "お知らせ"),
            "heading": heading,
            "alerts": announcements(kind=kind, prefecture=place.short_name if place else ""),
            "feeds": feed_links("alerts"),
            "article_feeds": feed_links("articles"),
        },
        current="alerts",
        breadcrumb=[(heading, "")],
        cache=True,
    )


@require_safe
def cross_border(request: HttpRequest) -> HttpResponse:
    """What to do about a business abroad (F29)."""
    return render_page(
        request,
        "portal/cross_border.html",
        {"ccj_url": CCJ_URL},
        breadcrumb=[("海外の事業者とのトラブル", "")],
        cache=True,
    )


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The ways without the internet, on one sheet that a family can print and hand over (F20)."""
    return render_page(
        request,
        "portal/offline.html",
        {"hotline": hotline(timezone.now())},
        breadcrumb=[("インターネットを使わない相談", "")],
        cache=True,
    )
