"""URLs for logging in: allauth's, with our templates."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("allauth.urls"))]
