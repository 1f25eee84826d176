"""URLs of the telephone at the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import telephone, telephone_browser, telephone_calls, telephone_case

_CALL = "calls/<uuid:call_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("telephone/", telephone.bar, name="telephone-bar"),
    path("telephone/ask", telephone.ask, name="telephone-ask"),
    path("telephone/state", telephone.state, name="telephone-state"),
    path("telephone/targets/<uuid:call_id>", telephone.targets, name="telephone-targets"),
    path("telephone/seen", telephone.seen, name="telephone-seen"),
    path("telephone/device", telephone_browser.device, name="telephone-device"),
    path("telephone/station", telephone_browser.station, name="telephone-station"),
    path("telephone/connect", telephone_browser.connect, name="telephone-connect"),
    path("telephone/requests/<uuid:request_id>", telephone_browser.answer, name="telephone-answer"),
    path("cases/<uuid:case_id>/call", telephone_case.call_from_case, name="case-call"),
    path("calls/", telephone_calls.calls, name="calls"),
    path(_CALL, telephone_calls.call, name="call"),
    path(f"{_CALL}open", telephone_calls.open_case, name="call-open"),
    path(f"{_CALL}continue", telephone_calls.continue_case, name="call-continue"),
    path(f"{_CALL}number", telephone_calls.show_number, name="call-number"),
    path(f"{_CALL}listen", telephone_calls.listen, name="call-listen"),
    path("recordings/<uuid:recording_id>/sound", telephone_calls.sound, name="call-sound"),
]
