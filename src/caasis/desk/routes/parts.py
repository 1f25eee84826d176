"""URLs of the parts of a case: contracts, parties, businesses, harms."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import case_parts

_CASE = "cases/<uuid:case_id>/parts/"
_PART = f"{_CASE}<slug:part_kind>/<uuid:part_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_CASE, case_parts.part_list, name="case-parts"),
    path(f"{_CASE}open", case_parts.part_open, name="case-parts-open"),
    path(f"{_CASE}<slug:part_kind>/new", case_parts.part_new, name="case-part-new"),
    path(_PART, case_parts.part_edit, name="case-part"),
    path(f"{_PART}/remove", case_parts.part_remove, name="case-part-remove"),
    path(f"{_PART}/restore", case_parts.part_restore, name="case-part-restore"),
    path(f"{_PART}/up", case_parts.part_up, name="case-part-up"),
    path(f"{_PART}/business", case_parts.part_business, name="case-part-business"),
]
