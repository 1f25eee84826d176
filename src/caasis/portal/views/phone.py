"""The visual IVR (F23): what somebody would hear at a number, as pages to read, without a script.

Where a reader stands travels in the form, signed: neither the address nor the server holds anything of it. A step is
answered with the next page and not with a redirect, because there is nothing to lead to but what the form holds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from caasis.cases.directory import common_offices
from caasis.engines.ivr import (
    Arrived,
    Channel,
    Circumstances,
    Flow,
    NotAState,
    Office,
    Page,
    State,
    advance,
    happening_of,
    page_of,
    read_flow,
    state_from_json,
    state_to_json,
)
from caasis.engines.ivr.labels import LANGUAGES
from caasis.engines.japanese import normalise_phone
from caasis.portal.page import render_page
from caasis.telephony.models import Number
from caasis.telephony.selectors import public_line
from caasis.telephony.switchboard.around import circumstances_of
from caasis.telephony.vocabulary import Toll

_SALT, _AGE = "portal.phone", 3600
#: What stands in these marks is read sign by sign on the telephone; on a page it is text like the rest.
_MARKS = str.maketrans("", "", "〔〕")
_WORDS = {
    "ja": {
        "call": "電話をかける", "write": "文章で相談を送る", "again": "はじめに戻る", "go": "進む", "urgent": "お急ぎのかた",
        "digits": "数字で入力してください。", "afresh": "電話では、はじめから案内が流れます。", "ended": "ご案内は、ここまでです。",
        "late": "時間がたったため、はじめからご案内します。", "wrong": "もう一度、選んでください。",
        "number": "{least}けたから{most}けたの数字を入れてください。",
    },
    "en": {
        "call": "Call now", "write": "Write to us", "again": "Back to the beginning", "go": "Go on", "urgent": "Urgent",
        "digits": "Digits only.", "afresh": "On the telephone the guidance begins anew.", "ended": "This is the end of the guidance.",
        "late": "Some time has passed. We begin anew.", "wrong": "Please choose again.",
        "number": "Enter {least} to {most} digits.",
    },
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest, line: str) -> HttpResponse:
    """A number's flow: its first page, or with a POST the page after what was chosen."""
    number = public_line(normalise_phone(line) or "")
    if number is None or number.flow is None or number.flow.published is None:
        raise Http404
    flow, now = read_flow(number.flow.published.document), timezone.now()
    around = _around(number.centre_id, now)
    version = str(number.flow.published_id)
    notice, error, status = "", "", 200
    state = _kept(request.POST.get("state", ""), version) if request.method == "POST" else None
    if state is None:
        notice = "late" if request.method == "POST" else ""
        language = request.POST.get("language") or request.GET.get("lang", "")
        state, _ = advance(flow, None, Arrived(channel=Channel.WEB, language=language[:20]), now, circumstances=around)
    elif request.method == "POST":
        state, error = _step(flow, state, request, now, around)
        status = 422 if error else 200
    shown = page_of(flow, state)
    return _render(request, number, flow, shown, state, version, notice=notice, error=error, status=status)


def _step(
    flow: Flow, state: State, request: HttpRequest, now: datetime, around: Circumstances
) -> tuple[State, str]:
    """The state after what was chosen, or the same one and the name of what was wrong."""
    shown = page_of(flow, state)
    chosen = request.POST.get("choice", "")
    offered = {one.value for one in (*shown.choices, shown.skip, shown.urgent) if one is not None}
    if chosen:
        happening = happening_of(chosen) if chosen in offered else None
        wrong = "wrong"
    else:
        digits = "".join(str(int(sign)) for sign in request.POST.get("entered", "") if sign.isdecimal())
        fits = shown.entry is not None and shown.entry.least <= len(digits) <= shown.entry.most
        happening = happening_of("", digits) if fits else None
        wrong = "number" if shown.entry is not None else "wrong"
    if happening is None:
        return state, wrong
    return advance(flow, state, happening, now, circumstances=around)[0], ""


def _kept(given: str, version: str) -> State | None:
    """Where the reader stands; None where that is over, was changed, or belongs to what the flow was before."""
    try:
        of, state = signing.loads(given[:8000], salt=_SALT, max_age=_AGE)
        return state_from_json(state) if of == version else None
    except (signing.BadSignature, NotAState, ValueError, TypeError):
        return None


def _around(centre_id: UUID, now: datetime) -> Circumstances:
    """As for a call, but nobody is promised to be called back: whose number it is, nobody has shown."""
    around = circumstances_of(centre_id, now, offers_callback=False)
    if around.offices:
        return around
    offices = {one.code: Office(one.name, one.phone) for one in common_offices() if one.phone}
    return Circumstances(
        hours=around.hours, messages=around.messages, offices=offices, offers_callback=False, offers_web_link=False
    )


def _render(
    request: HttpRequest, number: Number, flow: Flow, shown: Page, state: State, version: str, *,
    notice: str, error: str, status: int,
) -> HttpResponse:  # fmt: skip
    words = _WORDS["ja" if shown.language.partition("-")[0] == "ja" else "en"]
    entry = shown.entry
    context: dict[str, Any] = {
        "shown": shown, "words": words, "told": [text.translate(_MARKS) for text in shown.text], "line": number, "toll": Toll(number.toll).label, "call": shown.number or number.number,
        "state": signing.dumps([version, state_to_json(state)], salt=_SALT, compress=True),
        "choices_of_language": [(code, LANGUAGES.get(code, code)) for code in flow.languages] if len(flow.languages) > 1 else [],
        "notice": words[notice] if notice else "",
        "error": words[error].format(least=entry.least if entry else 0, most=entry.most if entry else 0) if error else "",
        "entered": request.POST.get("entered", "")[:40] if error else "", "has_errors": bool(error),
        "lang": shown.language.partition("-")[0],
    }  # fmt: skip
    return render_page(request, "portal/phone.html", context, breadcrumb=[("電話の案内", "")], status=status)
