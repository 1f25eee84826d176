"""Answers to errors: a clear sentence, the matching status, a reference number; as page or as problem document."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from caasis.kernel.errors import DomainError, Invalid

log = logging.getLogger(__name__)

SENTENCES = {
    400: "受け取れない内容がありました。前の画面に戻って、もう一度お試しください。",
    401: "ログインしてください。",
    403: "このページを見る権限がありません。担当の方に確かめてください。",
    404: "ページが見つかりません。アドレスか番号を確かめてください。",
    405: "この操作はできません。前の画面からやり直してください。",
    409: "ほかの人が先に変えました。画面を開き直してください。",
    413: "送られたデータが大きすぎます。ファイルは1つ10MBまでです。",
    415: "この形のデータは受け取れません。JSONで送ってください。",
    422: "入力を確かめてください。",
    429: "短い時間に何度も送られました。少し待ってください。",
    500: "手続きを完了できませんでした。時間をおいて、もう一度お試しください。",
    503: "ただいま準備中です。少し待って、もう一度お試しください。",
}


def wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def problem(
    status: int, detail: str, *, code: str = "", reference: str = "", fields: dict[str, list[str]] | None = None, **more: Any
) -> JsonResponse:
    """An RFC 9457 problem document."""
    body: dict[str, Any] = {
        "type": f"urn:caasis:problem:{code or status}",
        "title": SENTENCES.get(status, SENTENCES[500]),
        "status": status,
        "detail": detail,
    }
    if reference:
        body["instance"] = f"urn:caasis:reference:{reference}"
    if fields:
        body["errors"] = fields
    body.update(more)
    return JsonResponse(
        body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )


def plain_error(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    """An error page (or problem document) that needs neither session nor user."""
    sentence = sentence or SENTENCES.get(status, SENTENCES[500])
    reference = getattr(request, "reference", "")
    if wants_problem(request):
        return problem(status, sentence, reference=reference)
    template = f"{status}.html" if status in (400, 403, 404, 429, 500) else "400.html"
    return render(request, template, {"sentence": sentence, "reference": reference, "status": status}, status=status)


def domain_error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to a domain error that no view turned into a form message."""
    if wants_problem(request):
        fields = error.fields if isinstance(error, Invalid) else None
        return problem(
            error.status, error.message, code=error.code, reference=getattr(request, "reference", ""), fields=fields
        )
    return plain_error(request, error.status, error.message)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What can't be read. Django answers 400 also to what is too long, so that nobody would know to shorten it."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return plain_error(request, 413, "送られた内容が多すぎます。短くして、もう一度お送りください。")
    return plain_error(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return plain_error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return plain_error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return plain_error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open too long, or cookies are off: say so, and what to do."""
    sentence = "画面を開いてから時間がたちました。前の画面を開き直して、もう一度送ってください。"
    reference = getattr(request, "reference", "")
    if wants_problem(request):
        return problem(403, sentence, code="csrf", reference=reference)
    return render(request, "403_csrf.html", {"sentence": sentence, "reference": reference}, status=403)
