"""URLs of the administrator's screens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import administration, administration_centres, administration_people

_ROOT = "administration/"
_USER = f"{_ROOT}users/<uuid:user_id>/"
_CENTRE = f"{_ROOT}centres/<uuid:centre_id>/"
_LETTER = f"{_ROOT}letters/<uuid:letter_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, administration.state, name="administration"),
    path(f"{_ROOT}letters/", administration.letters, name="admin-letters"),
    path(f"{_LETTER}retry", administration.retry, name="admin-letter-retry"),
    path(f"{_LETTER}discard", administration.discard, name="admin-letter-discard"),
    path(f"{_ROOT}users/", administration_people.users, name="admin-users"),
    path(f"{_ROOT}users/new", administration_people.new_user, name="admin-user-new"),
    path(_USER, administration_people.user_page, name="admin-user"),
    path(f"{_USER}roles/grant", administration_people.grant, name="admin-role-grant"),
    path(f"{_USER}roles/end", administration_people.end, name="admin-role-end"),
    path(f"{_USER}password", administration_people.password, name="admin-user-password"),
    path(f"{_USER}sessions/end", administration_people.sessions_end, name="admin-sessions-end"),
    path(f"{_USER}unlock", administration_people.unlock, name="admin-user-unlock"),
    path(f"{_ROOT}centres/", administration_centres.centre_list, name="admin-centres"),
    path(f"{_ROOT}centres/new", administration_centres.new_centre, name="admin-centre-new"),
    path(_CENTRE, administration_centres.centre_page, name="admin-centre"),
    path(f"{_CENTRE}hours", administration_centres.hours, name="admin-centre-hours"),
    path(f"{_CENTRE}days/set", administration_centres.day_set, name="admin-day-set"),
    path(f"{_CENTRE}days/remove", administration_centres.day_remove, name="admin-day-remove"),
    path(f"{_CENTRE}settings", administration_centres.settings_page, name="admin-centre-settings"),
]
