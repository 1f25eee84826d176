"""URLs of the telephone as supervisors and officials see it: the wallboard, supervision, alarms, figures."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import alarms, supervision, telephone_figures, wallboard

urlpatterns: list[URLPattern | URLResolver] = [
    path("wallboard/", wallboard.wallboard, name="wallboard"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("supervision/monitor", supervision.monitor, name="supervision-monitor"),
    path("supervision/stop", supervision.stop, name="supervision-stop"),
    path("supervision/state", supervision.state, name="supervision-state"),
    path("supervision/alarms/", alarms.alarms, name="supervision-alarms"),
    path("supervision/alarms/seen", alarms.seen, name="supervision-alarm-seen"),
    path("telephone/figures/", telephone_figures.figures, name="telephone-figures"),
    path("telephone/figures.csv", telephone_figures.figures_file, name="telephone-figures-file"),
    path("telephone/calls.csv", telephone_figures.calls_file, name="telephone-calls-file"),
]
