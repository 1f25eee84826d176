"""Break-glass through the desk: a reason, an hour, a review by somebody else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from caasis.accounts.models import EmergencyAccess
from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db
REASON = "家を出たまま戻らないと家族から連絡があった。"


def the_case(town):
    return services.open_case(actor=town.counsellor, card={"consumer_name": "見本 花子", "consumer_phone": "090-1234-5678"})


def test_a_reason_opens_it_and_an_official_reviews_it(town, client_for):
    case = the_case(town)
    url = reverse("desk:case-emergency", args=[case.id])
    colleague = client_for("counsellor2")
    assert "見本 花子" not in colleague.get(url).content.decode()
    page = colleague.post(url, {"reason": REASON})
    assert page.status_code == 200 and "見本 花子" in page.content.decode() and "090-1234-5678" in page.content.decode()
    with system_transaction():
        assert AccessRecord.objects.filter(action="break_glass", actor_id=town.counsellor2.id, reason=REASON).exists()
    official = client_for("official")
    assert REASON in official.get(reverse("desk:emergencies")).content.decode()
    access = EmergencyAccess.objects.get()
    official.post(reverse("desk:emergency-review", args=[access.id]))
    access.refresh_from_db()
    assert access.reviewed_by == town.official.id
    assert "確かめる開示はありません" in official.get(reverse("desk:emergencies")).content.decode()


def test_a_short_reason_opens_nothing_and_is_kept(town, client_for):
    case = the_case(town)
    answer = client_for("counsellor2").post(reverse("desk:case-emergency", args=[case.id]), {"reason": "急ぎ"})
    assert answer.status_code == 422 and "急ぎ" in answer.content.decode() and "見本 花子" not in answer.content.decode()
    assert not EmergencyAccess.objects.exists()


def test_no_emergency_looks_into_another_centre(town, client_for):
    case = the_case(town)
    for who in ("outsider", "outside_official"):
        assert client_for(who).post(reverse("desk:case-emergency", args=[case.id]), {"reason": REASON}).status_code == 404
    assert not EmergencyAccess.objects.exists()


def test_counsellors_see_no_list_and_review_nothing(town, client_for):
    case = the_case(town)
    client_for("counsellor2").post(reverse("desk:case-emergency", args=[case.id]), {"reason": REASON})
    access = EmergencyAccess.objects.get()
    counsellor = client_for("counsellor")
    assert REASON not in counsellor.get(reverse("desk:emergencies")).content.decode()
    counsellor.post(reverse("desk:emergency-review", args=[access.id]))
    access.refresh_from_db()
    assert access.reviewed_at is None


def test_the_box_that_masks_leads_there_for_who_may_not_open_it_otherwise(town, client_for):
    case = the_case(town)
    link = f'href="{reverse("desk:case-emergency", args=[case.id])}"'
    page = reverse("desk:case", args=[case.id])
    assert link in client_for("counsellor2").get(page).content.decode()
    assert link in client_for("official").get(page).content.decode()
    assert link not in client_for("counsellor").get(page).content.decode(), "the own case is open already"
    opened = client_for("counsellor2").get(f"{page}?purpose=advice").content.decode()
    assert "見本 花子" in opened and link not in opened
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    assert link in client_for("counsellor2").get(page).content.decode(), "also where the card is only read"
