"""The API, version 1. Errors are RFC 9457 problem documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from caasis.kernel.errors import DomainError
from caasis.platform.errors import SENTENCES, csrf_failure, domain_error_response, problem
from caasis.provision.openapi import DescribedAPI


class _OtherMediaType(Exception):
    """The body does not even claim to be JSON."""


class _JsonParser(Parser):
    """JSON and nothing else: a form that another site sends must never be read as a request."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise _OtherMediaType
        return json.loads(request.body)


api = DescribedAPI(
    title="CaaSIS API",
    version="1",
    description=(
        "相談支援統合情報システムのAPI。相談の受付（公開）、相談の記録（センターの職員）、集計（職員と国）。"
        "誤りは RFC 9457 の application/problem+json で返す。"
    ),
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    parser=_JsonParser(),
)


def _refuse(request: HttpRequest) -> str:
    # An answer that is an error leaves nothing written.
    request.undo_transaction = True  # type: ignore[attr-defined]
    return getattr(request, "reference", "")


@api.exception_handler(DomainError)
def on_domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    _refuse(request)
    return domain_error_response(request, error)


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for item in error.errors:
        place = ".".join(str(part) for part in item["loc"][1:] if part != "payload") or str(item["loc"][-1])
        fields.setdefault(place, []).append(_sentence(item))
    return problem(422, SENTENCES[422], code="invalid", reference=_refuse(request), fields=fields)


def _sentence(item: dict[str, object]) -> str:
    kind = str(item.get("type", ""))
    if kind == "missing":
        return "この項目が必要です。"
    if kind == "extra_forbidden":
        return "この項目はありません。名前を確かめてください。"
    if kind.startswith("string_too_long") or kind == "too_long":
        return "長すぎます。短くしてください。"
    return "形を確かめてください。"


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(401, "ログインしてください。", code="login", reference=_refuse(request))


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, SENTENCES[404], code="not_found", reference=_refuse(request))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    reference = _refuse(request)
    if "CSRF" in error.message:
        return csrf_failure(request)
    # The framework turns whatever a parser raises into a 400; the cause tells what it was.
    status = 415 if isinstance(error.__cause__, _OtherMediaType) else error.status_code
    return problem(status, SENTENCES.get(status, SENTENCES[400]), reference=reference)


@api.exception_handler(RequestDataTooBig)
def on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, SENTENCES[413], reference=_refuse(request))


@api.exception_handler(SuspiciousOperation)
def on_suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    if isinstance(error, DisallowedHost):
        raise error
    return problem(400, SENTENCES[400], reference=_refuse(request))


def answers_problems(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A method that an address does not know is answered in the same form as every other error."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        told = problem(405, SENTENCES[405], reference=_refuse(request))
        told["Allow"] = response["Allow"]
        return told

    return answered


from caasis.provision import cases, consultations, parts, statistics  # noqa: E402

api.add_router("/consultations", consultations.router, tags=["consultations"])
api.add_router("/cases", cases.router, tags=["cases"])
api.add_router("/cases", parts.router, tags=["cases"])
api.add_router("/statistics", statistics.router, tags=["statistics"])
