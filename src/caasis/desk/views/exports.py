"""Search results as files: asking with purpose and reason, watching, stopping, fetching once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases.models import SearchExport
from caasis.cases.rules.searching import ExportPurpose, read_pairs, read_search
from caasis.cases.services import exporting as services
from caasis.cases.services.export_life import State
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.searching import search_words, url_of
from caasis.desk.views.parts import page
from caasis.desk.workspace import today_in_japan
from caasis.kernel.errors import DomainError, Invalid
from caasis.platform.forms import AppForm

LISTED = 30


class ExportForm(AppForm):
    format = forms.ChoiceField(
        label="ファイルの形", choices=SearchExport.Format.choices, initial=SearchExport.Format.XLSX.value, widget=forms.RadioSelect
    )
    purpose = forms.ChoiceField(label="使う目的", choices=[("", "選んでください"), *((one.value, one.label) for one in ExportPurpose)])
    reason = forms.CharField(
        label="理由", min_length=services.SHORTEST_REASON, max_length=services.LONGEST_REASON,
        help_text="だれに、何のために使うかを書きます。アクセスの記録に残ります。個人の名前は書かないでください。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def export(request: HttpRequest) -> HttpResponse:
    """Say what for, and have the results of the search in the address written into a file."""
    actor = actor_of_request(request)
    posted = request.method == "POST"
    given = request.POST if posted else request.GET
    asked = read_search(dict(given.lists()), today=today_in_japan())
    form = ExportForm(request.POST if posted else None)
    sentence = ""
    if posted and form.is_valid():
        try:
            services.ask_export(actor=actor, search=asked, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_fields(error.fields)
            sentence = "" if error.fields else error.message
        except DomainError as error:
            sentence = error.message
        else:
            messages.success(request, "書き出しを始めました。できたら、下の一覧から受け取れます。")
            return redirect("desk:exports")
    wrong = bool(form.errors or sentence)
    if wrong:
        request.undo_transaction = True  # type: ignore[attr-defined]
    context = {
        "form": form, "words": search_words(asked), "pairs": asked.pairs(), "sentence": sentence, "has_errors": wrong,
        "most": services.most_rows(actor), "back": reverse("desk:search") + url_of(asked),
    }  # fmt: skip
    return page(request, "desk/search/export.html", context, status=422 if wrong else 200)


@require_safe
@for_staff_and_nation
def exports(request: HttpRequest) -> HttpResponse:
    """One's own exports with how far they are."""
    return page(request, "desk/search/exports.html", _rows(request))


@require_safe
@for_staff_and_nation
def exports_state(request: HttpRequest) -> HttpResponse:
    """The list alone, loaded again while something runs."""
    return render(request, "desk/search/export_rows.html", _rows(request))


def _rows(request: HttpRequest) -> dict[str, Any]:
    today = today_in_japan()
    rows = [
        {
            "export": one,
            "words": search_words(read_pairs(one.query, today=today)),
            "purpose": ExportPurpose(one.purpose).label,
            "percent": min(100, one.written * 100 // max(one.expected, 1)),
        }
        for one in services.own_exports(actor=actor_of_request(request))[:LISTED]
    ]
    states = {row["export"].state for row in rows}  # type: ignore[attr-defined]
    return {"rows": rows, "running": bool(states & {State.WAITING, State.RUNNING}), "ready": State.READY in states}


@require_POST
@for_staff_and_nation
def export_stop(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stop it; nothing of it remains."""
    found = services.stop_export(actor=actor_of_request(request), export_id=export_id)
    if found.stop_asked_at is not None:
        messages.success(request, "書き出しをやめました。途中のファイルは残りません。")
    return redirect("desk:exports")


@require_POST
@for_staff_and_nation
def export_fetch(request: HttpRequest, export_id: UUID) -> Any:
    """The file, once. A form posts for it, so that no prefetching browser takes it away."""
    try:
        name, media_type, pieces = services.fetch_export(actor=actor_of_request(request), export_id=export_id)
    except DomainError as error:
        if error.status == 404:
            raise
        messages.warning(request, error.message)
        return redirect("desk:exports")
    answer = StreamingHttpResponse(pieces, content_type=media_type)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer["Cache-Control"] = "no-store"
    return answer
