"""URLs of the telephone as supervisors and officials see it: the wallboard, supervision, alarms, figures."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import wallboard

urlpatterns: list[URLPattern | URLResolver] = [
    path("wallboard/", wallboard.wallboard, name="wallboard"),
]
