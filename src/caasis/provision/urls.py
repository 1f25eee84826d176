"""URLs of the API."""

from __future__ import annotations

from django.urls import path

from caasis.provision.api import answers_problems, api

_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    _pattern.callback = answers_problems(_pattern.callback)  # type: ignore[union-attr, arg-type]

urlpatterns = [path("", (_patterns, _app, _namespace))]
