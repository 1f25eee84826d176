"""URLs of referrals between centres, of merging, and of the referral directory."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import merging, offices, referrals

_CASE = "cases/<uuid:case_id>/"
_REFERRAL = "referrals/<uuid:referral_id>/"
_OFFICE = "offices/<slug:office_code>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("referrals/", referrals.referral_list, name="referrals"),
    path("referrals/inbox", referrals.inbox_part, name="referral-inbox"),
    path(_REFERRAL, referrals.referral_page, name="referral"),
    path(f"{_REFERRAL}accept", referrals.accept, name="referral-accept"),
    path(f"{_REFERRAL}return", referrals.give_back, name="referral-return"),
    path(f"{_REFERRAL}say", referrals.say, name="referral-say"),
    path(f"{_REFERRAL}withdraw", referrals.withdraw, name="referral-withdraw"),
    path(f"{_REFERRAL}undo", referrals.undo, name="referral-undo"),
    path(f"{_REFERRAL}end", referrals.end, name="referral-end"),
    path(f"{_REFERRAL}form.pdf", referrals.print_form, name="referral-form"),
    path(f"{_CASE}refer", referrals.refer, name="case-refer"),
    path(f"{_CASE}hand-back", referrals.hand_back, name="case-hand-back"),
    path(f"{_CASE}via", referrals.via, name="case-via"),
    path(f"{_CASE}merge", merging.choose, name="case-merge"),
    path(f"{_CASE}merge/<uuid:other_id>", merging.compare, name="case-merge-compare"),
    path(f"{_CASE}unmerge", merging.unmerge, name="case-unmerge"),
    path("offices/", offices.office_list, name="offices"),
    path("offices/new", offices.new_office, name="office-new"),
    path(_OFFICE, offices.office, name="office"),
    path(f"{_OFFICE}check", offices.check, name="office-check"),
    path(f"{_OFFICE}hide", offices.hide, name="office-hide"),
    path(f"{_CASE}offices", offices.case_offices, name="case-offices"),
    path(f"{_CASE}offices/<slug:office_code>/introduce", offices.introduce, name="office-introduce"),
    path(f"{_CASE}introductions/<uuid:introduction_id>/take-back", offices.take_back, name="introduction-take-back"),
]
