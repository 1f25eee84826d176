"""記事 as files: one as Markdown, all as a ZIP, and files that become drafts."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.views.parts import page
from caasis.knowledge.article_exchange import MOST_FILES, file_of, import_articles
from caasis.knowledge.revision_selectors import articles_for_writers, get_article

LARGEST = 200_000


@require_safe
@for_staff_and_nation
def one_file(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """An article as a file that `files` takes in again."""
    article = get_article(actor=actor_of_request(request), article_id=article_id)
    response = HttpResponse(file_of(article), content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{article.number}.md"'
    return response


@require_safe
@for_staff_and_nation
def all_files(request: HttpRequest) -> HttpResponse:
    """All articles, a file each."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for article in articles_for_writers(actor=actor_of_request(request)).order_by("number"):
            archive.writestr(f"{article.number}.md", file_of(article))
    response = HttpResponse(packed.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="articles.zip"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def files(request: HttpRequest) -> HttpResponse:
    """Take in Markdown files as drafts: all of them, or, with a fault in one, none."""
    context: dict[str, Any] = {"most": MOST_FILES, "faults": [], "tab": "files"}
    status = 200
    if request.method == "POST":
        given = request.FILES.getlist("files")
        texts = {(one.name or "")[:120]: one.read(LARGEST + 1) for one in given[: MOST_FILES + 1]}
        faults = [f"{name}：大きすぎます。" for name, data in texts.items() if len(data) > LARGEST]
        if len(texts) < len(given[: MOST_FILES + 1]):
            faults.append("同じ名前のファイルが2つあります。1つにしてください。")
        if not texts:
            faults = ["ファイルを選んでください。"]
        if not faults:
            made, faults = import_articles(actor=actor_of_request(request), files=texts)
            if not faults:
                messages.success(request, f"{len(made)}件の下書きを作りました。")
                return redirect("desk:articles")
        context["faults"], status = faults[:50], 422
    return page(request, "desk/articles/files.html", {**context, "has_errors": status != 200}, status=status)
