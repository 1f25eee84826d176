"""URLs of the analysis screens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import analysis, readings, survey_results

urlpatterns: list[URLPattern | URLResolver] = [
    path("analysis/", analysis.dashboard, name="dashboard"),
    path("analysis/readings/", readings.readings, name="readings"),
    path("analysis/surveys/", survey_results.results, name="survey-results"),
    path("analysis/surveys/words/", survey_results.words, name="survey-words"),
    path("analysis/<slug:chart>.csv", analysis.chart_file, name="dashboard-file"),
]
