"""URLs of the API."""

from __future__ import annotations

from django.urls import path

from caasis.provision.api import api

urlpatterns = [path("", api.urls)]
