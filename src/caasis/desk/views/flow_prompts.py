"""The sounds of a flow: each line to listen to, spoken or recorded, and a recording to put in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.desk.access import actor_of_request, for_staff
from caasis.desk.flows import token_of
from caasis.desk.views.flows import CHANGED, editable
from caasis.desk.views.parts import page
from caasis.engines.ivr.comparing import name_of
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.labels import LANGUAGES
from caasis.engines.ivr.values import Line, declared
from caasis.kernel.errors import Invalid, NotFound, VersionConflict
from caasis.platform.forms import AppForm
from caasis.platform.middleware.headers import POLICY
from caasis.telephony import services as telephony
from caasis.telephony.prompts import ATTRIBUTION, CannotSpeak, NoVoice, is_installed, open_store, read_wav, wav_bytes
from caasis.telephony.services.prompts import NO_LINE

#: What stands in the place of what is filled in while somebody calls.
_SAMPLES = {"digits": "1234", "office": "ご案内先の窓口", "number": "03-0000-0000"}
_PLACE = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A line of a box: where it stands, its words, its recording."""

    box: str
    name: str
    field: str
    label: str
    language: str
    line: Line

    @property
    def language_name(self) -> str:
        return LANGUAGES.get(self.language, self.language)

    @property
    def can_be_heard(self) -> bool:
        return bool(self.line.prompt) or self.language.partition("-")[0] == "ja"

    @property
    def is_filled(self) -> bool:
        """Whether something is filled in while somebody calls: such a line is spoken, even with a recording."""
        return bool(_PLACE.search(self.line.text))


class RecordingForm(AppForm):
    requirement_marks = False
    file = forms.FileField(
        label="録音したWAVファイル",
        help_text="スマートフォンやパソコンで録音したWAV（1分まで）。電話用の音に直して使います。",
        widget=forms.FileInput(attrs={"accept": ".wav,audio/wav"}),
    )


def lines_of(flow: Flow) -> Iterator[SpokenLine]:
    """Everything that the flow says, in the order of its boxes."""
    for box in flow.boxes:
        labels = {one.name: one.label for one in declared(type(box))}
        for field in box.spoken:
            for language, line in getattr(box, field).items():
                yield SpokenLine(box.id, name_of(flow, box.id), field, labels[field], language, line)


def _line(flow: Flow, box: str, field: str, language: str) -> SpokenLine:
    found = (one for one in lines_of(flow) if (one.box, one.field, one.language) == (box, field, language))
    line = next(found, None)
    if line is None:
        raise NotFound(NO_LINE)
    return line


def _audible(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = f"{POLICY}; media-src 'self'"
    return response


@require_safe
@for_staff
def prompts(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """All lines, to listen to; what speaks them, and whose voice it is."""
    actor = actor_of_request(request)
    row, _, flow = editable(actor, flow_id)
    context = {
        "flow": row, "lines": list(lines_of(flow)), "here": "flows", "notice": open_store().notice,
        "voice": ATTRIBUTION if is_installed() else "",
    }  # fmt: skip
    return _audible(page(request, "desk/flows/prompts.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def line_page(request: HttpRequest, flow_id: UUID, box: str, field: str, language: str) -> HttpResponse:
    """One line: a recording to put in its place, or to take away again."""
    actor, status = actor_of_request(request), 200
    row, version, flow = editable(actor, flow_id)
    line = _line(flow, box, field, language)
    form = RecordingForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if token_of(version.document) != request.POST.get("token"):
                    raise VersionConflict(CHANGED)
                _, faults = telephony.record_line(
                    actor=actor, flow_id=row.id, box=box, field=field, language=language,
                    data=form.cleaned_data["file"].read(), base=version.document,
                )  # fmt: skip
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except VersionConflict as error:
                status = error.status
                form.add_error(None, CHANGED)
            else:
                for fault in faults:
                    messages.warning(request, fault)
                messages.success(request, "録音を下書きに入れました。聞いて確かめてください。")
                return redirect("desk:flow-line", flow_id=row.id, box=box, field=field, language=language)
    context: dict[str, Any] = {"flow": row, "line": line, "form": form, "here": "flows", "token": token_of(version.document)}
    return _audible(page(request, "desk/flows/line.html", context, status=status))


@require_POST
@for_staff
def remove(request: HttpRequest, flow_id: UUID, box: str, field: str, language: str) -> HttpResponse:
    """録音を外す: the line is spoken again. 直前の保存を取り消す brings the recording back."""
    actor = actor_of_request(request)
    row, version, _ = editable(actor, flow_id)
    telephony.record_line(
        actor=actor, flow_id=row.id, box=box, field=field, language=language, data=None, base=version.document
    )
    messages.success(request, "録音を外しました。文を読み上げます。")
    return redirect("desk:flow-line", flow_id=row.id, box=box, field=field, language=language)


@require_safe
@for_staff
def sound(request: HttpRequest, flow_id: UUID, box: str, field: str, language: str) -> HttpResponse:
    """The line as callers hear it, with samples for what is filled in."""
    actor = actor_of_request(request)
    _, _, flow = editable(actor, flow_id)
    line = _line(flow, box, field, language)
    store = open_store()
    text = _PLACE.sub(lambda match: _SAMPLES.get(match[1], ""), line.line.text)
    prompt = "" if line.is_filled else line.line.prompt
    try:
        ready = store.ready(text, prompt=prompt, language=language)
    except (NoVoice, CannotSpeak):
        raise NotFound("この文は読み上げられません。録音を付けてください。") from None
    pieces = [store.path_of(one.name).read_bytes() for one in ready]
    data = pieces[0] if len(pieces) == 1 else wav_bytes(np.concatenate([read_wav(one).samples for one in pieces]))
    response = HttpResponse(data, content_type="audio/wav")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    return response
