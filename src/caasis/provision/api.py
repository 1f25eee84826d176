"""The API, version 1. Errors are RFC 9457 problem documents."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from caasis.kernel.errors import DomainError
from caasis.platform.errors import SENTENCES, domain_error_response, problem

api = NinjaAPI(
    title="CaaSIS API",
    version="1",
    description=(
        "相談支援統合情報システムのAPI。相談の受付（公開）、相談の記録（センターの職員）、集計（職員と国）。"
        "誤りは RFC 9457 の application/problem+json で返す。"
    ),
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
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
    sentence = SENTENCES.get(error.status_code, SENTENCES[400])
    return problem(error.status_code, sentence, reference=_refuse(request))


@api.exception_handler(RequestDataTooBig)
def on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, SENTENCES[413], reference=_refuse(request))


@api.exception_handler(SuspiciousOperation)
def on_suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    if isinstance(error, DisallowedHost):
        raise error
    return problem(400, SENTENCES[400], reference=_refuse(request))


from caasis.provision import cases, consultations, statistics  # noqa: E402

api.add_router("/consultations", consultations.router, tags=["consultations"])
api.add_router("/cases", cases.router, tags=["cases"])
api.add_router("/statistics", statistics.router, tags=["statistics"])
