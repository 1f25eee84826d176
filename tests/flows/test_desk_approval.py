"""決裁 through HTTP, as the official does it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from caasis.cases import services
from caasis.cases.vocabulary import State
from caasis.desk.approvals import MOST_AT_ONCE
from caasis.platform.transactions import system_transaction
from tests.support.cards import COMPLETE, refresh

pytestmark = pytest.mark.django_db


def sent(town, **more):
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, **more})
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    return case, services.request_approval(actor=town.counsellor, case_id=case.id)


def url(name: str, approval) -> str:
    return reverse(f"desk:{name}", args=[approval.id])


def test_the_queue_leads_to_the_oldest_request(town, client_for):
    _, first = sent(town)
    sent(town, title="二つめ")
    answer = client_for("official").get(reverse("desk:approvals"))
    assert answer.status_code == 302 and str(first.id) in answer["Location"]


def test_an_empty_queue_says_so(town, client_for):
    answer = client_for("official").get(reverse("desk:approvals"))
    assert "決裁を待っている相談はありません" in answer.content.decode()


def test_the_official_sees_what_was_sent_and_approves(town, client_for):
    case, approval = sent(town)
    official = client_for("official")
    page = official.get(url("approval", approval)).content.decode()
    assert COMPLETE["summary"][:20] in page and "はじめての依頼です" in page
    answer = official.post(url("approval-decide", approval), {"decision": "approve", "version": approval.case_version})
    assert answer.status_code == 302
    refresh(case)
    assert case.state == State.REGISTERED


def test_a_flagged_check_must_be_confirmed_and_the_typed_reason_stays(town, client_for):
    case, approval = sent(town, paid=2_000_000)
    official = client_for("official")
    answer = official.post(url("approval-decide", approval), {"decision": "approve", "reason": "打ちかけ"})
    assert answer.status_code == 422 and "打ちかけ" in answer.content.decode()
    refresh(case)
    assert case.state == State.WAITING_APPROVAL
    answer = official.post(url("approval-decide", approval), {"decision": "approve", "confirmed": ["amounts"]})
    assert answer.status_code == 302


def test_a_return_needs_a_reason_and_the_next_look_shows_the_difference(town, client_for):
    case, approval = sent(town)
    official = client_for("official")
    assert official.post(url("approval-decide", approval), {"decision": "return"}).status_code == 422
    assert official.post(url("approval-decide", approval), {"decision": "return", "reason": "金額を確かめてください。"}).status_code == 302
    refresh(case)
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"amount": 1_260_000, "summary": COMPLETE["summary"] + "娘が反対している。"})
    again = services.request_approval(actor=town.counsellor, case_id=case.id, reply="書面で確かめました。")
    page = official.get(url("approval", again)).content.decode()
    assert "変わった2項目" in page and "金額を確かめてください。" in page and "書面で確かめました。" in page
    assert "1,480,000円" in page and "1,260,000円" in page
    assert '<ins><span class="app-vh">追加 </span>娘が反対している。</ins>' in page


def test_a_stale_page_can_not_approve(town, client_for):
    case, approval = sent(town)
    services.withdraw_request(actor=town.counsellor, case_id=case.id)
    answer = client_for("official").post(url("approval-decide", approval), {"decision": "approve"})
    assert answer.status_code == 409


def test_several_at_once_with_a_count_first_and_a_result_for_each(town, client_for):
    cases = [sent(town, title=f"{n}件め") for n in range(3)]
    official = client_for("official")
    data = {"approval": [str(approval.id) for _, approval in cases]}
    first = official.post(reverse("desk:approval-batch"), data)
    assert "3件をまとめて承認します" in first.content.decode()
    with system_transaction():
        services.withdraw_request(actor=town.counsellor, case_id=cases[2][0].id)
    second = official.post(reverse("desk:approval-batch"), {**data, "confirmed": "1"})
    assert "2件中2件を承認しました" in second.content.decode()


def test_as_many_as_the_list_shows_can_be_sent_at_once(town, client_for):
    _, approval = sent(town)
    chosen = [str(approval.id), *(f"{uuid4()}:3" for _ in range(MOST_AT_ONCE - 1))]
    answer = client_for("official").post(reverse("desk:approval-batch"), {"approval": chosen, "confirmed": "1"})
    assert answer.status_code == 200 and "1件中1件を承認しました" in answer.content.decode()


def test_a_flagged_request_in_a_batch_is_named_and_left(town, client_for):
    _, clean = sent(town)
    case, flagged = sent(town, paid=2_000_000)
    answer = client_for("official").post(
        reverse("desk:approval-batch"), {"approval": [str(clean.id), str(flagged.id)], "confirmed": "1"}
    )
    assert "2件中1件を承認しました" in answer.content.decode()
    refresh(case)
    assert case.state == State.WAITING_APPROVAL


@pytest.mark.parametrize("who", ["outsider", "outside_official"])
def test_another_centre_finds_nothing(town, client_for, who):
    _, approval = sent(town)
    client = client_for(who)
    assert client.get(url("approval", approval)).status_code == 404
    assert client.post(url("approval-decide", approval), {"decision": "approve"}).status_code == 404


@pytest.mark.parametrize("who", ["ncac", "analyst", "admin"])
def test_who_is_no_staff_of_a_centre_is_told_so(town, client_for, who):
    _, approval = sent(town)
    assert client_for(who).get(url("approval", approval)).status_code == 403


def test_the_public_is_led_to_the_login(town, client_for):
    _, approval = sent(town)
    answer = client_for("public").get(url("approval", approval))
    assert answer.status_code == 302 and "login" in answer["Location"]


def test_the_counsellor_sees_the_request_but_not_the_buttons(town, client_for):
    _, approval = sent(town)
    page = client_for("counsellor").get(url("approval", approval)).content.decode()
    assert "承認する" not in page


@pytest.mark.parametrize("bad", [{"approval": ["x"]}, {"approval": ["'; DROP TABLE"]}, {}])
def test_hostile_batches_change_nothing(town, client_for, bad):
    answer = client_for("official").post(reverse("desk:approval-batch"), {**bad, "confirmed": "1"})
    assert answer.status_code == 302
