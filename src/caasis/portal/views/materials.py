"""Teaching material (F109): by whom it is for, to print or to take away as text."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from caasis.knowledge.materials import MATERIAL_AUDIENCES, material_by_number
from caasis.knowledge.materials import materials as found_materials
from caasis.knowledge.models import Article
from caasis.portal.forms.events import MaterialsForm
from caasis.portal.page import render_page, shared


@require_safe
def materials(request: HttpRequest) -> HttpResponse:
    """All pieces, or those for one audience."""
    form = MaterialsForm(request.GET)
    form.is_valid()
    audience = form.cleaned_data.get("audience", "")
    rows = [(row, MATERIAL_AUDIENCES.get(row.situation, "")) for row in found_materials(audience=audience)]
    return render_page(
        request,
        "portal/events/materials.html",
        {"form": MaterialsForm(initial={"audience": audience}), "rows": rows, "chosen": MATERIAL_AUDIENCES.get(audience, "")},
        breadcrumb=[("教材", "")],
        cache=True,
    )


@require_safe
def material_file(request: HttpRequest, number: str) -> HttpResponse:
    """A piece as Markdown, for one's own handout."""
    found = material_by_number(number)
    return shared(request, lambda: _file(request, found))


def _file(request: HttpRequest, row: Article) -> HttpResponse:
    url = request.build_absolute_uri(reverse("portal:article", args=[row.number]))
    law = f"もとになる法律：{row.law}{'' if row.law_verified else '（要確認）'}\n" if row.law else ""
    text = f"# {row.title}\n\n{row.lead}\n\n{row.body}\n\n---\n\n{law}教材番号 {row.number}　{url}\n困ったときの相談：188（局番なし）\n"
    # Editors of Windows know UTF-8 by the mark, and end lines with two signs.
    response = HttpResponse(("\ufeff" + text).replace("\n", "\r\n"), content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.number}.md"'
    return response
