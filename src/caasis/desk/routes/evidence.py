"""URLs of a case's files."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import evidence

_FILES = "cases/<uuid:case_id>/files/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_FILES, evidence.file_list, name="case-files"),
    path(f"{_FILES}<uuid:file_id>/", evidence.file_page, name="case-file"),
    path(f"{_FILES}<uuid:file_id>/picture", evidence.picture, name="case-file-picture"),
    path(f"{_FILES}<uuid:file_id>/original", evidence.original, name="case-file-original"),
    path(f"{_FILES}<uuid:file_id>/remove", evidence.remove, name="case-file-remove"),
    path(f"{_FILES}<uuid:file_id>/restore", evidence.restore, name="case-file-restore"),
]
