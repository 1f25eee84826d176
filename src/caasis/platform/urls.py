"""Health and metrics."""

from __future__ import annotations

from django.urls import path

from caasis.platform import health

app_name = "platform"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
