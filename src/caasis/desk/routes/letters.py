"""URLs of the notice letters."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import letters

urlpatterns: list[URLPattern | URLResolver] = [
    path("cases/<uuid:case_id>/letters", letters.letters, name="letters"),
    path("cases/<uuid:case_id>/letters/<slug:kind>.<slug:form>", letters.output, name="letter-output"),
]
