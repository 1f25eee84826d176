"""URLs of the articles' life: write, check, publish, withdraw."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import article_files, articles

_ONE = "articles/<uuid:article_id>/"
_REVISION = "articles/revisions/<uuid:revision_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("articles/", articles.article_list, name="articles"),
    path("articles/due", articles.due, name="articles-due"),
    path("articles/misses", articles.missed, name="articles-misses"),
    path("articles/new", articles.new_article, name="article-new"),
    path("articles/files", article_files.files, name="article-files"),
    path("articles/files.zip", article_files.all_files, name="article-files-zip"),
    path(_ONE, articles.article_page, name="article"),
    path(f"{_ONE}file", article_files.one_file, name="article-file"),
    path(f"{_ONE}begin", articles.begin, name="article-begin"),
    path(f"{_ONE}withdraw", articles.withdraw, name="article-withdraw"),
    path(f"{_ONE}restore", articles.restore, name="article-restore"),
    path(_REVISION, articles.revision_page, name="article-revision"),
    path(f"{_REVISION}edit", articles.edit, name="article-edit"),
    path(f"{_REVISION}decide", articles.decide, name="article-decide"),
    path(f"{_REVISION}comment", articles.comment, name="article-comment"),
    path("articles/comments/<uuid:comment_id>/resolve", articles.resolve, name="article-comment-resolve"),
]
