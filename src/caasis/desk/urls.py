"""URLs of the desk face, brought together from the lists of its parts."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from caasis.desk.routes import (
    administration,
    analysis,
    approval,
    articles,
    bookings,
    businesses,
    cases,
    corrections,
    emergency,
    evidence,
    flows,
    follow_ups,
    letters,
    matters,
    mediation,
    parts,
    people,
    phrases,
    referrals,
    safety,
    search,
    supervision,
    team,
    telephone,
    videos,
)

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    *cases.urlpatterns,
    *approval.urlpatterns,
    *corrections.urlpatterns,
    *matters.urlpatterns,
    *analysis.urlpatterns,
    *search.urlpatterns,
    *businesses.urlpatterns,
    *emergency.urlpatterns,
    *letters.urlpatterns,
    *evidence.urlpatterns,
    *parts.urlpatterns,
    *people.urlpatterns,
    *referrals.urlpatterns,
    *mediation.urlpatterns,
    *safety.urlpatterns,
    *administration.urlpatterns,
    *team.urlpatterns,
    *phrases.urlpatterns,
    *articles.urlpatterns,
    *telephone.urlpatterns,
    *supervision.urlpatterns,
    *flows.urlpatterns,
    *follow_ups.urlpatterns,
    *videos.urlpatterns,
    *bookings.urlpatterns,
]
