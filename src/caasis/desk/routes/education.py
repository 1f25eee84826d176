"""URLs of education events, their sign-ups, and lectures that are asked for."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import education, lectures

_EVENT = "events/<uuid:event_id>/"
_SIGN_UP = "events/sign-ups/<uuid:sign_up_id>/"
_LECTURE = "events/lectures/<uuid:lecture_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("events/", education.events, name="education-events"),
    path("events/new", education.new, name="education-new"),
    path(_EVENT, education.one, name="education-event"),
    path(f"{_EVENT}change", education.change, name="education-change"),
    path(f"{_EVENT}open", education.open_it, name="education-open"),
    path(f"{_EVENT}close", education.close, name="education-close"),
    path(f"{_EVENT}cancel", education.cancel, name="education-cancel"),
    path(f"{_EVENT}held", education.held, name="education-held"),
    path(f"{_SIGN_UP}told", education.told, name="sign-up-told"),
    path(f"{_SIGN_UP}off", education.off, name="sign-up-off"),
    path("events/lectures/", lectures.lectures, name="lectures"),
    path(_LECTURE, lectures.lecture, name="lecture"),
    path(f"{_LECTURE}accept", lectures.accept, name="lecture-accept"),
    path(f"{_LECTURE}decline", lectures.decline, name="lecture-decline"),
    path(f"{_LECTURE}held", lectures.held, name="lecture-held"),
]
