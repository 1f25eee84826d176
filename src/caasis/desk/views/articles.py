"""記事: the list, what is due, one article with its writings, and each step from the draft to the public."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases.rules.differences import text_difference
from caasis.desk.access import actor_of_request, for_staff_and_nation, is_json
from caasis.desk.article_forms import ArticleForm, NewArticleForm
from caasis.desk.views.parts import offer_undo, offered_undo, page
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict
from caasis.knowledge import revision_services as services
from caasis.knowledge.models import Article
from caasis.knowledge.revision_models import ArticleRevision
from caasis.knowledge.revision_selectors import (
    articles_for_writers,
    at_work_of,
    due_articles,
    get_article,
    get_revision,
    misses,
    revisions_of,
)
from caasis.knowledge.rules.body import blocks

ON_A_PAGE = 50
STATES = {**dict(Article.State.choices), "at_work": "書いている途中"}
#: How far back unanswered searches are counted.
MISSES_DAYS = 92
_LABELS = {"title": "題", "lead": "短い答え", "body": "本文", "search_words": "さがす言葉", "law": "もとになる法律"}


@require_safe
@for_staff_and_nation
def article_list(request: HttpRequest) -> HttpResponse:
    """All articles, by words or number, kind and state."""
    actor = actor_of_request(request)
    words, kind, state = (request.GET.get(name, "")[:60].strip() for name in ("q", "kind", "state"))
    mine = request.GET.get("mine") == "1"
    rows = articles_for_writers(actor=actor, words=words, kind=kind, state=state, mine=mine)
    shown = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    articles = list(shown.object_list)
    at_work = at_work_of(articles)
    context: dict[str, Any] = {
        "rows": [
            {"article": one, "at_work": (writing := at_work.get(one.id)), "title": one.title or (writing.title if writing else "")}
            for one in articles
        ],
        "page": shown,
        "words": words,
        "kind": kind,
        "state": state,
        "mine": mine,
        "kinds": Article.Kind.choices,
        "states": STATES.items(),
        "may": services.may_write(actor),
        "narrowed": bool(words or kind or state or mine),
        "undo": offered_undo(request),
    }
    return page(request, "desk/articles/list.html", context)


@require_safe
@for_staff_and_nation
def due(request: HttpRequest) -> HttpResponse:
    """見直しの時期: articles that somebody has to look at, with the reason."""
    rows = due_articles(actor=actor_of_request(request), today=day_in_japan(timezone.now()))
    return page(request, "desk/articles/due.html", {"rows": rows[:200], "total": len(rows), "tab": "due"})


@require_safe
@for_staff_and_nation
def missed(request: HttpRequest) -> HttpResponse:
    """答えがなかった検索: what people looked for in vain, as suggestions for articles."""
    actor = actor_of_request(request)
    since = day_in_japan(timezone.now()) - timedelta(days=MISSES_DAYS)
    context = {"rows": misses(actor=actor, since=since), "may": services.may_write(actor), "tab": "misses"}
    return page(request, "desk/articles/misses.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def new_article(request: HttpRequest) -> HttpResponse:
    """The kind of a new article, then its draft."""
    actor = actor_of_request(request)
    if not services.may_write(actor):
        raise NotAllowed("記事を書けるのは、センターと国民生活センターの職員です。")
    status = 200
    if request.method == "POST":
        form = NewArticleForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            texts = {"title": data["title"], "search_words": data["search_words"]}
            revision = services.start_article(actor=actor, kind=data["kind"], texts=texts)
            return redirect("desk:article-edit", revision.id)
        status = 422
    else:
        words = request.GET.get("words", "")[:60]
        form = NewArticleForm(initial={"kind": Article.Kind.FAQ, "search_words": words})
    return page(request, "desk/articles/new.html", {"form": form, "has_errors": status != 200}, status=status)


@require_safe
@for_staff_and_nation
def article_page(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """One article as it is public, its writings, and what can be done with it."""
    actor = actor_of_request(request)
    article = get_article(actor=actor, article_id=article_id)
    revisions = revisions_of(article)
    names = names_of({row.author_id for row in revisions if row.author_id} | {row.approved_by for row in revisions if row.approved_by})
    context: dict[str, Any] = {
        "article": article,
        "blocks": blocks(article.body),
        "revisions": [
            {
                "row": row,
                "author": names.get(row.author_id, "はじめから") if row.author_id else "はじめから",
                "approver": names.get(row.approved_by, "") if row.approved_by else "",
            }
            for row in revisions
        ],
        "at_work": next((row for row in revisions if row.state in services.AT_WORK), None),
        "may": services.may_write(actor),
        "may_approve": services.may_approve(actor, article.kind),
        "votes": article.useful_votes + article.not_useful_votes,
        "undo": offered_undo(request),
    }
    return page(request, "desk/articles/article.html", context)


@require_POST
@for_staff_and_nation
def begin(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """書き直す."""
    revision = services.begin_revision(actor=actor_of_request(request), article_id=article_id)
    return redirect("desk:article-edit" if revision.state in services.WRITABLE else "desk:article-revision", revision.id)


@require_POST
@for_staff_and_nation
def withdraw(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """取り下げる, with a reason; can be taken back."""
    try:
        services.withdraw_article(
            actor=actor_of_request(request), article_id=article_id, reason=request.POST.get("reason", "")
        )
    except Invalid as error:
        messages.error(request, error.fields["reason"][0])
    else:
        offer_undo(request, message="記事を取り下げました。", url=reverse("desk:article-restore", args=[article_id]))
    return redirect("desk:article", article_id)


@require_POST
@for_staff_and_nation
def restore(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """元に戻す after a withdrawal."""
    services.restore_article(actor=actor_of_request(request), article_id=article_id)
    if is_json(request):
        return JsonResponse({"message": "記事を公開に戻しました。"})
    messages.success(request, "記事を公開に戻しました。")
    return redirect("desk:article", article_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff_and_nation
def edit(request: HttpRequest, revision_id: UUID) -> HttpResponse:
    """Write. 「保存する」 keeps a half text too; 「仕上がりを見る」 shows it as readers will; 「確認に出す」 wants it whole, and
    saves nothing of a text that isn't."""
    actor = actor_of_request(request)
    revision = get_revision(actor=actor, revision_id=revision_id)
    if revision.state not in services.WRITABLE:
        return redirect("desk:article-revision", revision.id)
    status, preview = 200, None
    if request.method == "POST":
        form = ArticleForm(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    texts, version = form.texts(), form.cleaned_data["version"]
                    revision = services.save_revision(actor=actor, revision_id=revision_id, version=version, texts=texts)
                    if "submit" in request.POST:
                        services.submit_revision(actor=actor, revision_id=revision.id)
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except VersionConflict as error:
                status = error.status
                form.add_error(None, "ほかの人が先に保存しました。入力は残っています。")
            else:
                if "preview" not in request.POST:
                    return _saved(request, revision)
                preview = blocks(revision.body)
                form = ArticleForm(initial=_initial(revision))
        status = status if status != 200 or preview is not None else 422
    else:
        form = ArticleForm(initial=_initial(revision))
    context = {"form": form, "revision": revision, "article": revision.article, "preview": preview, "has_errors": status != 200}
    return page(request, "desk/articles/edit.html", context, status=status)


def _saved(request: HttpRequest, revision: ArticleRevision) -> HttpResponse:
    """Where a saved draft, or one that was submitted, leads."""
    if "submit" in request.POST:
        messages.success(request, "確認に出しました。ほかの人が承認すると、公開できます。")
        return redirect("desk:article-revision", revision.id)
    messages.success(request, "下書きを保存しました。")
    return redirect("desk:article-edit", revision.id)


def _initial(revision: ArticleRevision) -> dict[str, Any]:
    return {"version": revision.version, **{name: getattr(revision, name) for name in services.TEXTS}}


@require_safe
@for_staff_and_nation
def revision_page(request: HttpRequest, revision_id: UUID) -> HttpResponse:
    """One writing beside the one before it, what was said of it, and the decision on it."""
    actor = actor_of_request(request)
    revision = get_revision(actor=actor, revision_id=revision_id)
    return _revision_page(request, revision)


def _revision_page(request: HttpRequest, revision: ArticleRevision, **more: Any) -> HttpResponse:
    actor = actor_of_request(request)
    before = _before(revision, request.GET.get("with", ""))
    comments = list(revision.comments.all())
    everybody = (revision.author_id, *(row.author_id for row in comments))
    names = names_of({one for one in everybody if one is not None})
    approver = services.may_approve(actor, revision.article.kind)
    context: dict[str, Any] = {
        "revision": revision,
        "article": revision.article,
        "blocks": blocks(revision.body),
        "before": before,
        "differences": _differences(before, revision) if before else [],
        "comments": [{"row": row, "author": names.get(row.author_id, "") if row.author_id else ""} for row in comments],
        "author": names.get(revision.author_id, "") if revision.author_id else "",
        "may": services.may_write(actor),
        "writable": revision.state in services.WRITABLE,
        "may_decide": approver and not services.has_written(actor, revision),
        "own": approver and services.has_written(actor, revision),
        "typed": {},
        "errors": {},
        **more,
    }
    return page(request, "desk/articles/revision.html", context, status=422 if more.get("errors") else 200)


def _before(revision: ArticleRevision, number: str) -> ArticleRevision | None:
    """What a revision is compared with: the one that was named, else the last one that was public before it."""
    earlier = revision.article.revisions.filter(number__lt=revision.number)
    if number.isascii() and number.isdigit() and len(number) < 6:
        named = earlier.filter(number=int(number)).first()
        if named is not None:
            return named
    public = (ArticleRevision.State.PUBLISHED, ArticleRevision.State.REPLACED)
    return earlier.filter(state__in=public).order_by("-number").first()


def _differences(before: ArticleRevision, after: ArticleRevision) -> list[dict[str, Any]]:
    found = []
    for name, label in _LABELS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            left, right = text_difference(old, new)
            found.append({"label": label, "before": left, "after": right})
    return found


@require_POST
@for_staff_and_nation
def decide(request: HttpRequest, revision_id: UUID) -> HttpResponse:
    """承認, 差し戻し, 公開 or 取りやめ of one writing."""
    actor = actor_of_request(request)
    revision = get_revision(actor=actor, revision_id=revision_id)
    what = request.POST.get("decision", "")
    try:
        with transaction.atomic():
            if what == "return":
                services.return_revision(actor=actor, revision_id=revision_id, note=request.POST.get("note", ""))
                messages.success(request, "差し戻しました。")
            elif what == "approve":
                services.approve_revision(actor=actor, revision_id=revision_id, publish_at=_moment(request))
                messages.success(request, "承認しました。")
            elif what == "publish":
                services.publish_revision(actor=actor, revision_id=revision_id)
                messages.success(request, "公開しました。5秒ほどで、みなさんに見えます。")
                return redirect("desk:article", revision.article_id)
            elif what == "discard":
                services.discard_revision(actor=actor, revision_id=revision_id)
                messages.success(request, "下書きを取りやめました。")
                return redirect("desk:article", revision.article_id)
    except Invalid as error:
        typed = {name: request.POST.get(name, "") for name in ("note", "publish_at")}
        return _revision_page(request, revision, errors=error.fields, typed=typed)
    return redirect("desk:article-revision", revision_id)


def _moment(request: HttpRequest) -> datetime | None:
    given = request.POST.get("publish_at", "").strip()
    if not given:
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%dT%H:%M").replace(tzinfo=JST)
    except ValueError:
        raise Invalid(fields={"publish_at": ["公開の日時を、選び直してください。"]}) from None


@require_POST
@for_staff_and_nation
def comment(request: HttpRequest, revision_id: UUID) -> HttpResponse:
    """An opinion on a passage."""
    actor = actor_of_request(request)
    revision = get_revision(actor=actor, revision_id=revision_id)
    passage, text = request.POST.get("passage", ""), request.POST.get("text", "")
    try:
        with transaction.atomic():
            services.comment_on(actor=actor, revision_id=revision_id, passage=passage, text=text)
    except Invalid as error:
        return _revision_page(request, revision, errors=error.fields, typed={"passage": passage, "text": text})
    messages.success(request, "意見を書きました。")
    return redirect(f"{reverse('desk:article-revision', args=[revision_id])}#comments")


@require_POST
@for_staff_and_nation
def resolve(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """「対応した」 on an opinion."""
    found = services.resolve_comment(actor=actor_of_request(request), comment_id=comment_id)
    return redirect(f"{reverse('desk:article-revision', args=[found.revision_id])}#comments")

