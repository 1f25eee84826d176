"""記事の案内: messages and answers on one page. Nothing is kept on the server; the talk travels in the form, sealed by a signature."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from caasis.analytics.reading import record_readings
from caasis.analytics.rules.readers import Readings
from caasis.channels.services.attempts import count_attempt
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.answering import Answer, answer
from caasis.knowledge.rules.answering import LONGEST_MESSAGE, SAYS, Reply
from caasis.platform.transactions import system_transaction
from caasis.portal.page import client_of, render_page
from caasis.portal.views.consult import begin_with
from caasis.portal.views.public import hotline

_SALT = "portal.ask"
_KEEP_SECONDS = 6 * 3600
#: Turns that are shown; older ones fall away.
TURNS = 12
_WINDOW, _ASKS_A_WINDOW = timedelta(hours=1), 60
LANGUAGES = {"ja": "日本語", "easy": "やさしい日本語", "en": "English"}
#: Kinds after which a person is offered at once.
_TO_PEOPLE = frozenset(
    {Reply.HANDOVER, Reply.JUDGEMENT, Reply.PEOPLE, Reply.DANGER, Reply.LIFE, Reply.INJURY, Reply.RUDE, Reply.CHOICES}
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The page; a message that is posted is answered below the earlier ones.

    No token: nothing is changed by a message but a count, and the page that asks may be kept for everybody.
    """
    given = request.POST if request.method == "POST" else request.GET
    language = given.get("lang", "ja")
    language = language if language in LANGUAGES else "ja"
    talk = _read(request.POST.get("talk", ""))
    error, status = "", 200
    if request.method == "POST":
        message = request.POST.get("message", "").strip()
        with system_transaction():
            count = count_attempt("ask", client_of(request), limit=_ASKS_A_WINDOW, window=_WINDOW)
        if count > _ASKS_A_WINDOW:
            error, status = SAYS[language]["too_many"], 429
        else:
            found = answer(message, language)
            talk = [*talk, _kept(found)][-TURNS:]
            _count(found)
    return _show(request, language, talk, error=error, typed=request.POST.get("message", "") if error else "", status=status)


@csrf_exempt
@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """「解決しましたか」: counted, with nothing of the talk."""
    talk = _read(request.POST.get("talk", ""))
    language = request.POST.get("lang", "ja")
    said = request.POST.get("solved")
    with system_transaction():
        count = count_attempt("ask", client_of(request), limit=_ASKS_A_WINDOW, window=_WINDOW)
    if talk and said in ("yes", "no") and count <= _ASKS_A_WINDOW:
        _add("ask_solved" if said == "yes" else "ask_not_solved", "")
    return _show(request, language if language in LANGUAGES else "ja", talk, rated=bool(talk))


@csrf_exempt
@require_POST
def consult(request: HttpRequest) -> HttpResponse:
    """Begin a consultation with what was asked here, masked as it stands on the page."""
    talk = _read(request.POST.get("talk", ""))
    told: dict[str, str] = {}
    if talk:
        told["story"] = "記事の案内で、次のようにたずねました。\n" + "\n".join(f"・{turn['message']}" for turn in talk) + "\n\n"
        number = next((turn["source"]["number"] for turn in reversed(talk) if turn["source"]), "")
        if number:
            told["faq_number"] = number
    return begin_with(request, told)


def _show(
    request: HttpRequest,
    language: str,
    talk: list[dict[str, Any]],
    *,
    error: str = "",
    typed: str = "",
    rated: bool = False,
    status: int = 200,
) -> HttpResponse:
    last = talk[-1] if talk else None
    context = {
        "language": language,
        "lang": "en" if language == "en" else "ja",
        "choices": [{"code": code, "label": label, "current": code == language} for code, label in LANGUAGES.items()],
        "says": {key.value if isinstance(key, Reply) else key: words for key, words in SAYS[language].items()},
        "turns": [{**turn, "says": SAYS[turn["language"]][Reply(turn["reply"])], "words": SAYS[turn["language"]]} for turn in talk],
        "talk": signing.dumps(talk, salt=_SALT, compress=True) if talk else "",
        "longest": LONGEST_MESSAGE,
        "to_people": last is not None and Reply(last["reply"]) in _TO_PEOPLE,
        "may_rate": last is not None and not rated,
        "rated": rated,
        "hotline": hotline(timezone.now()),
        "error": error,
        "typed": typed,
        "has_errors": bool(error),
    }
    return render_page(
        request, "portal/ask.html", context, current="search", breadcrumb=[("記事の案内", "")], status=status,
        cache=request.method != "POST",
    )  # fmt: skip


def _kept(found: Answer) -> dict[str, Any]:
    return {
        "message": found.message,
        "masked": found.masked,
        "language": found.language,
        "reply": found.reply.value,
        "source": asdict(found.source) | {"url": _url(found.source.number, found.source.language)} if found.source else None,
        "quote": asdict(found.quote) if found.quote else None,
        "others": [asdict(one) | {"url": _url(one.number, one.language)} for one in found.others],
    }


def _url(number: str, language: str) -> str:
    name = "portal:article" if language == "ja" else f"portal:{language}_article"
    return reverse(name, args=[number])


def _read(talk: str) -> list[dict[str, Any]]:
    """The talk so far; an empty one for whatever we didn't sign, or signed long ago."""
    if not talk or len(talk) > 60_000:
        return []
    try:
        found: list[dict[str, Any]] = signing.loads(talk, salt=_SALT, max_age=_KEEP_SECONDS)
    except signing.BadSignature:
        return []
    return found[-TURNS:]


def _count(found: Answer) -> None:
    _add("ask", found.reply.value)
    if found.source is not None:
        _add("ask_answer", found.source.number)


def _add(what: str, which: str) -> None:
    readings = Readings(day_in_japan(timezone.now()))
    readings.counts[what, which] += 1
    record_readings(readings)
