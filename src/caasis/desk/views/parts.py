"""What every screen of the desk has: the bar with its places, the menu, the stream, and answers to scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from caasis.cases.team_selectors import desk_counts
from caasis.desk.access import actor_of_request
from caasis.desk.telephone import telephone_of
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Actor, Role
from caasis.telephony.alarm_selectors import standing_alarms

#: label, icon, names of URLs (the first that exists), who sees it, path prefix that makes it the current one.
_PLACES: tuple[tuple[str, str, tuple[str, ...], frozenset[Role], str], ...] = (
    ("ホーム", "home", ("desk:home",), CENTRE_ROLES, ""),
    ("相談", "cases", ("desk:cases",), CENTRE_ROLES | NATIONAL_ROLES, "/desk/cases/"),
    ("電話", "call", ("desk:calls",), CENTRE_ROLES, "/desk/calls/"),
    ("予定", "event", ("desk:tasks",), CENTRE_ROLES, "/desk/tasks/"),
    ("決裁", "assignment_turned_in", ("desk:approvals", "desk:approval"), CENTRE_ROLES, "/desk/approval"),
    ("補正", "difference", ("desk:corrections",), NATIONAL_ROLES, "/desk/corrections/"),
    ("分析", "trending_up", ("desk:analysis", "desk:dashboard"), NATIONAL_ROLES | CENTRE_ROLES, "/desk/analysis"),
    ("運用", "settings", ("desk:administration",), frozenset({Role.ADMIN}), "/desk/administration/"),
)


def _reverse(names: Iterable[str]) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def navigation(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The places of the top bar that this actor may enter."""
    found = []
    for label, icon, names, roles, prefix in _PLACES:
        url = _reverse(names)
        if url and actor.has_any(roles):
            current = path == url if not prefix else path.startswith(prefix)
            found.append({"label": label, "icon": icon, "url": url, "current": current, "count": 0})
    return found


def _menu(actor: Actor) -> list[dict[str, str]]:
    """What stands in the menu behind the three lines."""
    entries = [("ログインの設定・パスキー", "mfa_index", "settings", True)]
    entries.append(("支援の要請", "desk:help", "front_hand", actor.has_any(CENTRE_ROLES)))
    entries.append(("定型文と話し方の手順", "desk:phrases", "format_quote", actor.has_any(CENTRE_ROLES)))
    entries.append(("記事（FAQ・手引）", "desk:articles", "menu_book", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("その後の確認（電話の名簿）", "desk:follow-ups", "phone_forwarded", actor.has_any(CENTRE_ROLES)))
    entries.append(("協働の決まり", "desk:team-policy", "tune", actor.has_any(CENTRE_ROLES)))
    entries.append(("予約（来所・電話）", "desk:bookings", "event", actor.has_any(CENTRE_ROLES)))
    entries.append(("ビデオ相談", "desk:videos", "event", actor.has_any(CENTRE_ROLES)))
    entries.append(("講座・催しと出前講座", "desk:education-events", "event", actor.has_any(CENTRE_ROLES)))
    entries.append(("電話番号と自動応答", "desk:telephone-numbers", "call", actor.has_any(CENTRE_ROLES)))
    entries.append(("臨時メッセージ（電話）", "desk:telephone-message", "ring_volume", actor.has_any(CENTRE_ROLES)))
    entries.append(("事業者をさがす", "desk:businesses", "storefront", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("人をさがす", "desk:people", "person_search", actor.has_any(CENTRE_ROLES)))
    entries.append(("見守りの構成員", "desk:watch-members", "visibility", actor.has_any(CENTRE_ROLES)))
    entries.append(("ほかのセンターとの連絡", "desk:referrals", "share", actor.has_any(CENTRE_ROLES)))
    entries.append(("ほかの機関の案内", "desk:offices", "map", actor.has_any(CENTRE_ROLES)))
    entries.append(("事業者からの電話（あっせん）", "desk:mediation-lookup", "swap_horiz", actor.has_any(CENTRE_ROLES)))
    entries.append(("重大事故等の通知", "desk:accidents", "warning", actor.has_any(CENTRE_ROLES)))
    entries.append(("依頼・申出・協力", "desk:ask-inbox", "inbox", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("被害救済額", "desk:redress-figures", "trending_up", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("ポータルの利用のようす", "desk:readings", "trending_up", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("アンケートの結果", "desk:survey-results", "trending_up", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("読者の声（記事）", "desk:reader-notes", "chat", actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)))
    entries.append(("補正の連絡", "desk:corrections", "difference", actor.has_any(CENTRE_ROLES)))
    entries.append(("応対への苦情・事故", "desk:matters", "error", actor.has_any(CENTRE_ROLES)))
    entries.append(("電話の掲示板（壁の画面）", "desk:wallboard", "call", actor.has_any(CENTRE_ROLES)))
    entries.append(("電話のようす", "desk:supervision", "headset_mic", actor.has(Role.SUPERVISOR, Role.OFFICIAL)))
    entries.append(("電話の数字", "desk:telephone-figures", "trending_up", actor.has_any(CENTRE_ROLES)))
    finding = actor.has_any(CENTRE_ROLES | NATIONAL_ROLES)
    entries.append(("相談をさがす", "desk:search", "search", finding))
    entries.append(("保存した検索", "desk:saved-searches", "save", finding))
    entries.append(("検索結果の書き出し", "desk:exports", "download", finding))
    entries.append(("同じ意味のことば", "desk:synonyms", "translate", finding))
    entries.append(("緊急時の開示の確認", "desk:emergencies", "lock", actor.has(Role.OFFICIAL)))
    return [
        {"label": label, "url": url, "icon": icon}
        for label, name, icon, shown in entries
        if shown and (url := _reverse([name]))
    ]


def page(request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """A whole page in the desk's frame."""
    actor = actor_of_request(request)
    frame: dict[str, Any] = {
        "nav": navigation(actor, request.path),
        "menu": _menu(actor),
        "logout_url": _reverse(["account_logout"]),
        "login_url": settings.LOGIN_URL,
        "search_url": _reverse(["desk:search"]),
        "quick_url": _reverse(["desk:search-quick"]),
        "search_text": request.GET.get("q", "")[:80],
        "stream_url": "/desk/stream",
        "stream_position": getattr(request, "stream_position", ""),
        "me": actor,
        "telephone": telephone_of(actor=actor),
        "team_counts": desk_counts(actor=actor, now=timezone.now()) if actor.has_any(CENTRE_ROLES) else None,
    }
    if actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        frame["phone_alarms"] = standing_alarms(actor=actor).filter(acknowledged_at=None).count()
    return render(request, template, {**frame, **(context or {})}, status=status)


def undo_trigger(response: HttpResponse, *, message: str, url: str, seconds: int = 10, strict: bool = False) -> HttpResponse:
    """Ask the page for a toast with 「元に戻す」. Header values are ASCII, so the words travel as escapes."""
    response["HX-Trigger"] = json.dumps({"app:undo": {"message": message, "url": url, "seconds": seconds, "strict": strict}})
    return response


def offer_undo(request: HttpRequest, *, message: str, url: str, strict: bool = False, then: str = "") -> None:
    """The next page of this person shows the toast: words and an address, nothing personal."""
    request.session["desk_undo"] = {"message": message, "url": url, "strict": strict, "then": then}


def offered_undo(request: HttpRequest) -> dict[str, Any] | None:
    """The toast that the last action asked for, once."""
    offer = request.session.pop("desk_undo", None)
    return offer if isinstance(offer, dict) else None
