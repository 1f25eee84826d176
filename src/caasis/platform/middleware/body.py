"""Refuses bodies that can't be taken, before anything reads them: too large, or not the text they claim to be."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from caasis.platform.errors import plain_error


class BodyGuardMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.REQUEST_MAX_BYTES:
            return plain_error(request, 413, "送られたデータが大きすぎます。ファイルは1つ10MBまでです。")
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return plain_error(request, 400, "アドレスに使えない文字があります。前の画面からやり直してください。")
        return self.get_response(request)
