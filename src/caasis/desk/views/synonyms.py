"""The lists of words that mean the same: reading, editing as text, taking along and bringing in as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.cases.rules.synonyms import write_list
from caasis.cases.services import synonyms as services
from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.kernel.errors import DomainError, Invalid, NotAllowed
from caasis.platform.forms import AppForm

#: A list of a thousand groups of ten words of thirty characters is about this long.
MOST_TEXT = 330_000
MOST_BYTES = 1_000_000
UNREADABLE = "ファイルを読めません。UTF-8かShift_JISの文字のファイルを選んでください。"


class ListForm(AppForm):
    requirement_marks = False
    text = forms.CharField(
        label="ことばの組", required=False, widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
        help_text="1行に1組、「、」で区切ります。例：クーリング・オフ、クーオフ",
    )  # fmt: skip
    file = forms.FileField(
        label="ファイルから読みこむ", required=False, help_text="選ぶと、上の欄の代わりにファイルの中身を使います。",
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain"}),
    )  # fmt: skip
    version = forms.IntegerField(label="一覧の版", widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if len(text) > MOST_TEXT:
            raise forms.ValidationError("一覧が長すぎます。行を減らしてください。")
        return text

    def clean_file(self) -> str:
        """The file's text, or an empty one without a file."""
        given = self.cleaned_data["file"]
        if not given:
            return ""
        if given.size > MOST_BYTES:
            raise forms.ValidationError("ファイルは1MBまでです。小さくしてください。")
        content = given.read()
        for encoding in ("utf-8-sig", "cp932"):
            try:
                return str(content.decode(encoding))
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(UNREADABLE)


def _which(request: HttpRequest) -> bool:
    """Whether the nation's list is meant; who works for no centre has no other."""
    actor = actor_of_request(request)
    return request.GET.get("list") != "centre" or not actor.works_for(actor.centre_id)


def _address(national: bool) -> str:
    return reverse("desk:synonyms") + ("" if national else "?list=centre")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def synonyms(request: HttpRequest) -> HttpResponse:
    """One of the two lists. Who may not edit it reads it."""
    actor = actor_of_request(request)
    national = _which(request)
    groups, version = services.current_list(actor=actor, national=national)
    editable = services.may_edit(actor, national=national)
    form = ListForm(initial={"text": write_list(groups), "version": version})
    sentence = ""
    if request.method == "POST":
        if not editable:
            raise NotAllowed(services.refusal(national=national))
        form = ListForm(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = services.save_synonyms(
                    actor=actor, national=national, text=given["file"] or given["text"], version=given["version"]
                )
            except Invalid as error:
                form.add_domain_fields({"file" if given["file"] else "text": error.fields.get("text", [error.message])})
            except DomainError as error:
                sentence = error.message
            else:
                url = reverse("desk:synonyms-restore") + f"?list={'nation' if national else 'centre'}&version={made.version}"
                offer_undo(request, message=f"一覧を保存しました（{len(made.groups):,}組）。", url=url)
                return redirect(_address(national))
    wrong = bool(form.is_bound and (form.errors or sentence))
    if wrong:
        request.undo_transaction = True  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "form": form, "national": national, "editable": editable, "groups": groups, "version": version,
        "inside": actor.works_for(actor.centre_id), "sentence": sentence, "has_errors": wrong, "undo": offered_undo(request),
        "which": "nation" if national else "centre",
    }  # fmt: skip
    return page(request, "desk/search/synonyms.html", context, status=422 if wrong else 200)


@require_safe
@for_staff_and_nation
def synonyms_file(request: HttpRequest) -> HttpResponse:
    """The list as a text file, as it is edited."""
    national = _which(request)
    groups, _ = services.current_list(actor=actor_of_request(request), national=national)
    answer = HttpResponse("\ufeff" + write_list(groups) + "\n", content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="synonyms-{"nation" if national else "centre"}.txt"'
    return answer


@require_POST
@for_staff_and_nation
def synonyms_restore(request: HttpRequest) -> HttpResponse:
    """Take the list up again as it was before a save."""
    national = _which(request)
    version = request.GET.get("version", "") or request.POST.get("version", "")
    if not version.isascii() or not version.isdigit() or not 0 < int(version[:9]) < 1_000_000_000:
        raise Invalid("もどす版が分かりません。一覧を開き直してください。")
    services.restore_synonyms(actor=actor_of_request(request), national=national, version=int(version[:9]))
    messages.success(request, "1つ前の一覧にもどしました。")
    return redirect(_address(national))
