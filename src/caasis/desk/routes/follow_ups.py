"""URLs of follow-up lists: making, filling, working, results."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import follow_up_work, follow_ups

_LIST = "follow-ups/<uuid:list_id>/"
_ENTRY = "follow-ups/entries/<uuid:entry_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("follow-ups/", follow_ups.lists, name="follow-ups"),
    path("follow-ups/new", follow_ups.new, name="follow-up-new"),
    path(_LIST, follow_ups.one, name="follow-up-list"),
    path(f"{_LIST}change", follow_ups.change, name="follow-up-change"),
    path(f"{_LIST}build", follow_ups.build, name="follow-up-build"),
    path(f"{_LIST}start", follow_ups.start, name="follow-up-start"),
    path(f"{_LIST}pause", follow_ups.pause, name="follow-up-pause"),
    path(f"{_LIST}end", follow_ups.end, name="follow-up-end"),
    path(f"{_LIST}noticed", follow_ups.noticed, name="follow-up-noticed"),
    path(f"{_LIST}results.csv", follow_ups.results, name="follow-up-results"),
    path(f"{_LIST}work", follow_up_work.work, name="follow-up-work"),
    path(f"{_LIST}now", follow_up_work.now, name="follow-up-now"),
    path(f"{_LIST}next", follow_up_work.take, name="follow-up-next"),
    path(f"{_ENTRY}off", follow_ups.off, name="follow-up-off"),
    path(f"{_ENTRY}call", follow_up_work.call, name="follow-up-call"),
    path(f"{_ENTRY}let-go", follow_up_work.release, name="follow-up-let-go"),
    path(f"{_ENTRY}result", follow_up_work.result, name="follow-up-result"),
    path(f"{_ENTRY}undo", follow_up_work.undo, name="follow-up-undo"),
    path("cases/<uuid:case_id>/follow-up", follow_ups.from_case, name="case-follow-up"),
]
