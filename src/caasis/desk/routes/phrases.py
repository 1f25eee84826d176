"""URLs of 定型文 and 話し方の手順: the centre's list, and those of a case."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import phrases, reader_notes

_ONE = "phrases/<uuid:phrase_id>/"
_CASE = "cases/<uuid:case_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("reader-notes/", reader_notes.reader_note_list, name="reader-notes"),
    path("phrases/", phrases.phrase_list, name="phrases"),
    path("phrases/new", phrases.new_phrase, name="phrase-new"),
    path(_ONE, phrases.phrase_page, name="phrase"),
    path(f"{_ONE}retire", phrases.retire, name="phrase-retire"),
    path(f"{_ONE}restore", phrases.restore, name="phrase-restore"),
    path(f"{_CASE}phrases", phrases.of_case, name="case-phrases"),
    path(f"{_CASE}phrases/<uuid:phrase_id>/insert", phrases.insert, name="case-phrase-insert"),
    path(f"{_CASE}scripts/<uuid:phrase_id>", phrases.script, name="case-script"),
]
