"""The screens beside a case over HTTP: what is typed stays, what leaves as paper, what a stranger gets."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import services as cases
from caasis.cases.models import Mediation, MediationStep, Redress
from caasis.desk.workspace import today_in_japan
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db
NAME = "秘匿川 栞奈"


@pytest.fixture
def begun(town: Any) -> tuple[Any, Mediation, str]:
    with actor_transaction(town.counsellor):
        case = cases.open_case(actor=town.counsellor, card={**COMPLETE, "consumer_name": NAME, "business_phone": "022-123-4567"})
        mediation = cases.begin_mediation(actor=town.counsellor, case_id=case.id)
    return case, mediation, f"/desk/cases/{case.id}/mediations/{mediation.id}/"


def call(**more: str) -> dict[str, str]:
    at = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    return {"contact-direction": "to_business", "contact-means": "phone", "contact-at": at, "contact-words": "返金を求めた。", **more}


def test_naming_without_consent_is_refused_and_keeps_what_was_typed(client_for, begun):
    _, mediation, url = begun
    client = client_for("counsellor")
    answer = client.post(f"{url}contact", call(**{"contact-named": "on", "contact-words": "イカルと言った"}))
    text = answer.content.decode()
    assert answer.status_code == 422 and "本人の同意を先に記録します" in text and "イカルと言った" in text
    with system_transaction():
        assert not MediationStep.objects.filter(mediation=mediation, kind="contact").exists()
    at = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    assert client.post(f"{url}consent", {"consent-means": "phone", "consent-given_at": at}).status_code == 302
    assert client.post(f"{url}contact", call(**{"contact-named": "on"})).status_code == 302


def test_a_letter_may_hold_the_name_only_with_consent(client_for, begun, town):
    _, mediation, url = begun
    client = client_for("counsellor")
    assert "相談者から" in client.get(f"{url}letters/notice").content.decode()
    body = {"body": f"{NAME}様から相談を受けました。"}
    refused = client.post(f"{url}letters/notice.pdf", body)
    assert refused.status_code == 422 and NAME in refused.content.decode()
    with actor_transaction(town.counsellor):
        cases.record_consent(actor=town.counsellor, mediation_id=mediation.id, means="phone")
    made = client.post(f"{url}letters/notice.pdf", body)
    assert made.status_code == 200 and made.content.startswith(b"%PDF") and made["Cache-Control"] == "no-store"
    assert f"{NAME}様から" in client.get(f"{url}letters/notice").content.decode()
    assert client.get(f"{url}letters/nothing").status_code == 404


def test_a_letter_that_asks_sets_the_day(client_for, begun):
    _, mediation, url = begun
    due = today_in_japan() + timedelta(days=10)
    form = {"body": "お答えください。", "deadline-due_on_y": str(due.year), "deadline-due_on_m": str(due.month), "deadline-due_on_d": str(due.day)}
    made = client_for("counsellor").post(f"{url}letters/request.txt", form)
    assert made.content.decode("utf-8-sig").startswith("お答えください。")
    with system_transaction():
        mediation.refresh_from_db()
        assert mediation.answer_due_on == due


def test_the_texts_of_a_colleagues_case_open_for_a_purpose_only(client_for, begun, town):
    _, mediation, url = begun
    with actor_transaction(town.counsellor):
        cases.log_contact(actor=town.counsellor, mediation_id=mediation.id, means="phone", direction="from_consumer", words="ルリビタキ")
    client = client_for("supervisor")
    assert "ルリビタキ" not in client.get(url).content.decode()
    assert "ルリビタキ" in client.get(f"{url}?purpose=advice").content.decode()
    assert client.get(f"{url}record.pdf").status_code == 403
    assert client.get(f"{url}record.pdf?purpose=advice").content.startswith(b"%PDF")


def test_a_look_up_shows_no_consumer_and_nothing_of_another_centre(client_for, begun):
    case, _, _ = begun
    text = client_for("counsellor2").get("/desk/mediations/lookup?q=022-123-4567").content.decode()
    assert case.receipt_number in text and NAME not in text and COMPLETE["title"] not in text
    assert case.receipt_number not in client_for("outsider").get("/desk/mediations/lookup?q=022-123-4567").content.decode()
    assert client_for("ncac").get("/desk/mediations/lookup").status_code == 403


def test_a_result_is_offered_to_be_taken_back(client_for, begun):
    _, mediation, url = begun
    client = client_for("counsellor")
    assert client.post(f"{url}result", {"result-outcome": "failed"}).status_code == 422
    client.post(f"{url}result", {"result-outcome": "failed", "result-failed_because": "refused"})
    page = client.get(url).content.decode()
    assert "あっせん不調" in page and "data-undo" in page
    with system_transaction():
        step = MediationStep.objects.get(mediation=mediation, kind="result")
    assert client.post(f"{url}steps/{step.id}/undo", headers={"Accept": "application/json"}).json()["message"]
    with system_transaction():
        mediation.refresh_from_db()
        assert mediation.outcome == ""


def test_an_entry_of_the_ledger_is_written_and_countered(client_for, begun):
    case, _, _ = begun
    client = client_for("counsellor")
    url = f"/desk/cases/{case.id}/redress/"
    form = {
        "redress-kind": "refunded", "redress-amount": "10万円", "redress-on_y": "2026", "redress-on_m": "1", "redress-on_d": "5",
        "redress-source": "mediation", "redress-proof": "bank",
    }  # fmt: skip
    assert client.post(url, {**form, "redress-amount": "たくさん"}).status_code == 422
    assert client.post(url, form).status_code == 302
    with system_transaction():
        entry = Redress.objects.get(case=case)
    assert entry.amount == 100_000 and entry.mediation_id is not None
    assert client.post(f"{url}{entry.id}/counter", {"counter-reason": ""}).status_code == 422
    client.post(f"{url}{entry.id}/counter", {"counter-reason": "けたをまちがえた"})
    text = client.get(url).content.decode()
    assert "-100,000円" in text and "取り消し済み" in text


def test_a_stranger_gets_the_same_as_for_what_is_absent(client_for, begun):
    case, mediation, url = begun
    absent = url.replace(str(mediation.id), str(case.id))
    for who in ("outsider", "outside_official"):
        client = client_for(who)
        assert client.get(url).status_code == client.get(absent).status_code == 404
        assert client.post(f"{url}contact", call()).status_code == 404
    other = client_for("counsellor").get(absent)
    assert other.status_code == 404


def test_two_ways_onward_have_forms_of_their_own(client_for, begun, town):
    _, mediation, url = begun
    on = {"actor": town.counsellor, "mediation_id": mediation.id}
    with actor_transaction(town.counsellor):
        cases.record_consent(**on, means="phone")
        cases.end_mediation(**on, outcome="failed", failed_because="law")
        first = cases.go_onward(**on, body="ncac_adr", state="applied", on=today_in_japan())
        cases.go_onward(**on, body="prefecture", state="applied", on=today_in_japan())
    client = client_for("counsellor")
    ids = re.findall(r'\bid="([^"]+)"', client.get(url).content.decode())
    assert len(ids) == len(set(ids)) and sum("onward-result-state" in one for one in ids) == 2
    refused = client.post(f"{url}onward/{first.id}", {"onward-result-words": "受け付けの連絡を待つ"})
    text = refused.content.decode()
    assert refused.status_code == 422 and text.count("受け付けの連絡を待つ") == 1
