"""URLs of the telephone at the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import telephone, telephone_browser

urlpatterns: list[URLPattern | URLResolver] = [
    path("telephone/", telephone.bar, name="telephone-bar"),
    path("telephone/ask", telephone.ask, name="telephone-ask"),
    path("telephone/state", telephone.state, name="telephone-state"),
    path("telephone/seen", telephone.seen, name="telephone-seen"),
    path("telephone/device", telephone_browser.device, name="telephone-device"),
    path("telephone/station", telephone_browser.station, name="telephone-station"),
    path("telephone/connect", telephone_browser.connect, name="telephone-connect"),
    path("telephone/requests/<uuid:request_id>", telephone_browser.answer, name="telephone-answer"),
]
