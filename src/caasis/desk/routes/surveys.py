"""URLs of surveys: writing, looking, publishing, ending. Their results stand with the analysis."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import surveys

_ONE = "surveys/<uuid:survey_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("surveys/", surveys.surveys, name="surveys"),
    path("surveys/new", surveys.begin, name="survey-new"),
    path(_ONE, surveys.survey, name="survey"),
    path(f"{_ONE}preview", surveys.preview, name="survey-preview"),
    path(f"{_ONE}publish", surveys.publish, name="survey-publish"),
    path(f"{_ONE}end", surveys.end, name="survey-end"),
]
