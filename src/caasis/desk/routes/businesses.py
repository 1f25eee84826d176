"""URLs of the business screens, and of the business of a case."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import businesses, case_business

_ONE = "businesses/<uuid:business_id>/"
_CASE = "cases/<uuid:case_id>/business"

urlpatterns: list[URLPattern | URLResolver] = [
    path("businesses/", businesses.business_list, name="businesses"),
    path(_ONE, businesses.business_page, name="business"),
    path(f"{_ONE}trend.csv", businesses.trend_file, name="business-file"),
    path(f"{_ONE}merge", businesses.merge, name="business-merge"),
    path(f"{_ONE}split", businesses.split, name="business-split"),
    path(f"{_ONE}undo", businesses.undo, name="business-undo"),
    path(f"{_ONE}flag", businesses.flag, name="business-flag"),
    path(f"{_ONE}flag/review", businesses.flag_review, name="business-flag-review"),
    path(f"{_ONE}flag/lift", businesses.flag_lift, name="business-flag-lift"),
    path(_CASE, case_business.choose, name="case-business"),
    path(f"{_CASE}/suggest", case_business.suggestions, name="case-business-suggest"),
    path(f"{_CASE}/release", case_business.release, name="case-business-release"),
]
