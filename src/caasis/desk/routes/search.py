"""URL of the search."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import search

urlpatterns: list[URLPattern | URLResolver] = [path("search", search.search, name="search")]
