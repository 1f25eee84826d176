"""URLs of the members of the council who report 見守り情報."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import watch_members

_MEMBER = "watch-members/<uuid:watch_member_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("watch-members/", watch_members.members, name="watch-members"),
    path("watch-members/new", watch_members.new, name="watch-member-new"),
    path(_MEMBER, watch_members.member_page, name="watch-member"),
    path(f"{_MEMBER}renew", watch_members.renew, name="watch-member-renew"),
    path(f"{_MEMBER}end", watch_members.end, name="watch-member-end"),
]
