"""URLs of complaints about ourselves and incidents."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import matters

_ONE = "matters/<uuid:matter_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("matters/", matters.matter_list, name="matters"),
    path("matters/new/<slug:sort>", matters.new_matter, name="matter-new"),
    path(_ONE, matters.matter_page, name="matter"),
    path(f"{_ONE}acknowledge", matters.acknowledge, name="matter-acknowledge"),
    path(f"{_ONE}causes", matters.causes, name="matter-causes"),
    path(f"{_ONE}duties", matters.duties, name="matter-duties"),
    path(f"{_ONE}progress", matters.progress, name="matter-progress"),
    path(f"{_ONE}measures", matters.measure, name="matter-measure"),
    path(f"{_ONE}close", matters.close, name="matter-close"),
    path(f"{_ONE}reopen", matters.reopen, name="matter-reopen"),
    path("measures/<uuid:measure_id>/done", matters.measure_done, name="measure-done"),
    path("measures/<uuid:measure_id>/check", matters.measure_check, name="measure-check"),
]
