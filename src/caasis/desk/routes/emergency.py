"""URLs of openings in an emergency."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import emergency

urlpatterns: list[URLPattern | URLResolver] = [
    path("emergency/", emergency.review_list, name="emergencies"),
    path("emergency/<uuid:access_id>/review", emergency.review, name="emergency-review"),
    path("cases/<uuid:case_id>/emergency", emergency.open_case_person, name="case-emergency"),
]
