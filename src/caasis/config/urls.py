"""URLs: each face brings its own."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("caasis.platform.urls")),
    path("accounts/", include("caasis.accounts.urls")),
    path("desk/", include("caasis.desk.urls")),
    path("api/v1/", include("caasis.provision.urls")),
    path("", include("caasis.portal.urls")),
]

handler400 = "caasis.platform.errors.bad_request"
handler403 = "caasis.platform.errors.forbidden"
handler404 = "caasis.platform.errors.not_found"
handler500 = "caasis.platform.errors.server_error"
