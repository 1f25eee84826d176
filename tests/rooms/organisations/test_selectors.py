"""Who is responsible for a postcode, and a centre's settings and flags."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from caasis.organisations.models import Centre, CentreSettings, FeatureFlag, Jurisdiction
from caasis.organisations.selectors import (
    centre_for_postcode,
    centre_for_prefecture,
    is_enabled,
    policy_of,
    responsible_centres,
)
from caasis.platform.geography import look_up_postcode

pytestmark = pytest.mark.django_db


def test_a_postcode_leads_to_the_municipalitys_centre_first_then_to_the_prefectures(town):
    prefectural = Centre.objects.create(code="P04", name="みほん県消費生活センター", prefecture_code="04")
    Jurisdiction.objects.create(centre=prefectural, prefecture_code="04")
    Jurisdiction.objects.filter(centre=town.centre_a, municipality_code="").delete()
    place = look_up_postcode("980-0811")
    assert place is not None and place.municipality_code == "04101"
    assert centre_for_postcode("〒９８０−０８１１") == town.centre_a
    assert responsible_centres(place) == [town.centre_a, prefectural]


def test_a_place_without_a_centre_of_its_own_is_answered_by_the_prefecture(town):
    assert centre_for_postcode("987-0511") == centre_for_prefecture("04") == town.centre_a


def test_a_closed_centre_answers_nobody(town):
    Centre.objects.filter(id=town.centre_a.id).update(closed_on="2026-03-31")
    assert centre_for_postcode("980-0811") is None


@pytest.mark.parametrize("text", ["", "000-0000", "98O-0811", "１２", "'; DROP TABLE", "9" * 500])
def test_what_is_no_postcode_leads_nowhere(town, text):
    assert centre_for_postcode(text) is None


def test_a_centre_without_settings_has_the_defaults(town):
    assert policy_of(town.centre_a.id).approval_steps == ("official",)
    CentreSettings.objects.create(centre=town.centre_a, approval_steps=["supervisor", "official"], self_approval=True)
    assert policy_of(town.centre_a.id).approval_steps == ("supervisor", "official")
    assert policy_of(town.centre_b.id).self_approval is False


def test_a_centres_own_flag_wins_over_the_one_for_all(town):
    assert not is_enabled("new_card", town.centre_a.id)
    FeatureFlag.objects.create(name="new_card", enabled=True)
    FeatureFlag.objects.create(name="new_card", centre=town.centre_b, enabled=False)
    assert is_enabled("new_card", town.centre_a.id) and not is_enabled("new_card", town.centre_b.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeatureFlag.objects.create(name="new_card", enabled=False)
