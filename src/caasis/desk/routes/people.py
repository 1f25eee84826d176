"""URLs of people: finding one, their page, merging, consents, 見守り; and the past of a case's consumer."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import past, people

_CASE = "cases/<uuid:case_id>/past"
_PERSON = "people/<uuid:person_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_CASE, past.past_page, name="case-past"),
    path(f"{_CASE}/open", past.past_open, name="case-past-open"),
    path(f"{_CASE}/act", past.past_act, name="case-past-act"),
    path("people/", people.find, name="people"),
    path(_PERSON, people.person_page, name="person"),
    path(f"{_PERSON}merge", people.merge, name="person-merge"),
    path(f"{_PERSON}unmerge", people.unmerge, name="person-unmerge"),
    path(f"{_PERSON}consents", people.consent_add, name="person-consent"),
    path(f"{_PERSON}consents/withdraw", people.consent_withdraw, name="person-consent-withdraw"),
    path(f"{_PERSON}watch", people.watch, name="person-watch"),
    path(f"{_PERSON}watch/end", people.watch_end, name="person-watch-end"),
    path(f"{_PERSON}points", people.point_add, name="person-point"),
    path(f"{_PERSON}points/usable", people.point_usable, name="person-point-usable"),
]
