"""One consumer's trouble, from the portal to the national statistics, through HTTP as people would."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from caasis.analytics.models import CaseFact
from caasis.audit.models import AccessRecord
from caasis.cases.models import Case, CaseEntry
from caasis.cases.vocabulary import State
from caasis.platform.outbox import relay
from caasis.platform.transactions import system_transaction
from tests.flows.portal_steps import STEP1, STEP2, STEP4, send, send_step, slip, step3
from tests.support.desk import form_of

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6260f8cf500f00038401"
    "80ad2e5d0b0000000049454e44ae426082"
)


def the_case(number: str) -> Case:
    with system_transaction():
        return Case.objects.get(receipt_number=number)


def deliver() -> None:
    """What the relay does a moment later in the running product."""
    relay.run_once()


def counted(client: Client) -> dict[str, object]:
    today = datetime.datetime.now(datetime.UTC).date()
    answer = client.get("/api/v1/statistics/cases", {"by": "sales_form", "from": f"{today.year - 1}-01-01", "to": f"{today.year + 1}-12-31"})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_one_consumers_trouble_from_the_portal_to_the_statistics(town, client_for):
    # The consumer reads what a consultation can do, and sends one with a photograph.
    consumer = Client()
    assert "できないこと" in consumer.get("/").content.decode()
    for number, data in ((1, STEP1), (2, STEP2), (3, step3())):
        assert send_step(consumer, number, data).status_code == 302
    photo = SimpleUploadedFile("契約書.png", PNG, "image/png")
    send_step(consumer, 3, {**step3(), "files": photo})
    assert send_step(consumer, 4, STEP4).status_code == 302
    done = send(consumer).content.decode()
    receipt, secret = slip(done)
    assert "クーリング・オフ" in done, "the deadline stands on the page before anyone has read the consultation"

    # The centre's queue shows it; a counsellor reads it and takes it.
    counsellor = client_for("counsellor")
    home = counsellor.get(reverse("desk:home")).content.decode()
    contact_url = home.split('href="/desk/contacts/')[1].split('"')[0]
    page = counsellor.get(f"/desk/contacts/{contact_url}")
    assert page.status_code == 200
    taken = counsellor.post(f"/desk/contacts/{contact_url}take", follow=True)
    case = the_case(receipt)
    assert case.counsellor_id == town.counsellor.id and case.state == State.ADVISING
    assert taken.request["PATH_INFO"] == reverse("desk:case", args=[case.id])

    # She fills the card.
    card = form_of(taken)
    card |= {
        "title": "給湯器の点検と言われ、交換工事を契約した",
        "summary": "点検と言って来訪した業者に交換が必要と言われ、給湯器の交換工事を契約した。解約したい。",
        "handling": "クーリング・オフの通知の出し方を助言した。",
        "kind": "complaint",
        "result": "advice",
        "product": "P1301",
        "sales_form": "door_to_door",
        "contract_party_is_consumer": "yes",
    }
    saved = counsellor.post(reverse("desk:case-save", args=[case.id]), card, follow=True)
    assert saved.status_code == 200, saved.content.decode()[:2000]
    assert the_case(receipt).title == card["title"]

    # She answers; the consumer reads it and writes again.
    page = counsellor.get(reverse("desk:case", args=[case.id]))
    answered = counsellor.post(
        reverse("desk:case-answer", args=[case.id]), form_of(page, answer_text="通知の書き方をお伝えします。"), follow=True
    )
    assert answered.status_code == 200
    from caasis.channels.models import Message

    with system_transaction():
        # Ten seconds pass.
        Message.objects.filter(author="centre").update(leaves_at=datetime.datetime.now(datetime.UTC))
    reader = Client()
    status = reader.post("/receipt/", {"receipt_number": receipt, "secret": secret}, follow=True).content.decode()
    assert "通知の書き方をお伝えします。" in status
    assert reader.post("/receipt/status/", {"text": "きょう、はがきを出しました。", "key": "k"}, follow=True).status_code == 200
    deliver()

    # She hands the case to a colleague, who closes it and asks for 決裁.
    page = counsellor.get(reverse("desk:case", args=[case.id]))
    assert counsellor.post(reverse("desk:case-handover", args=[case.id]), form_of(page, to=str(town.counsellor2.id)), follow=True).status_code == 200
    assert the_case(receipt).counsellor_id == town.counsellor2.id
    colleague = client_for("counsellor2")
    page = colleague.get(reverse("desk:case", args=[case.id]))
    assert "きょう、はがきを出しました。" in page.content.decode()
    assert colleague.post(reverse("desk:case-state", args=[case.id, "finish_handling"]), form_of(page), follow=True).status_code == 200
    assert the_case(receipt).state == State.HANDLED
    assert colleague.post(reverse("desk:case-request-send", args=[case.id]), {"reply": ""}, follow=True).status_code == 200
    assert the_case(receipt).state == State.WAITING_APPROVAL

    # The official returns it with a reason, then approves: it is registered and counts.
    official = client_for("official")
    request_url = official.get(reverse("desk:approvals"))["Location"]
    official.post(f"{request_url}decide", {"decision": "return", "reason": "契約金額を確かめてください。"})
    assert the_case(receipt).state == State.RETURNED
    assert counted(client_for("analyst"))["metrics"]["K12"] == 0
    page = colleague.get(reverse("desk:case", args=[case.id]))
    assert "契約金額を確かめてください。" in page.content.decode()
    colleague.post(reverse("desk:case-request-send", args=[case.id]), {"reply": "書面で確かめました。"}, follow=True)
    request_url = official.get(reverse("desk:approvals"))["Location"]
    with system_transaction():
        checks = the_case(receipt).approvals.get(state="waiting").checks
    flags = [check["code"] for check in checks if check["verdict"] == "flagged"]
    official.post(f"{request_url}decide", {"decision": "approve", "confirmed": flags})
    assert the_case(receipt).state == State.REGISTERED
    deliver()

    # Dashboard and API say the same.
    analyst = client_for("analyst")
    figures = counted(analyst)
    assert figures["metrics"] == {"K12": 1, "K13": 480_000, "K10": 1.0, "K14": 0.0}
    assert figures["cells"] == [{"key": "door_to_door", "label": "訪問販売", "cases": 1, "amount": 480_000}]
    assert analyst.get(reverse("desk:dashboard")).status_code == 200

    # Reopened and approved again it still counts once.
    page = colleague.get(reverse("desk:case", args=[case.id]))
    colleague.post(reverse("desk:case-reopen", args=[case.id]), {"reason": "相談者から電話があった"}, follow=True)
    assert the_case(receipt).state == State.ADVISING
    page = colleague.get(reverse("desk:case", args=[case.id]))
    colleague.post(reverse("desk:case-state", args=[case.id, "finish_handling"]), form_of(page), follow=True)
    colleague.post(reverse("desk:case-request-send", args=[case.id]), {"reply": ""}, follow=True)
    request_url = official.get(reverse("desk:approvals"))["Location"]
    official.post(f"{request_url}decide", {"decision": "approve", "confirmed": flags})
    deliver()
    assert the_case(receipt).state == State.REGISTERED
    assert counted(analyst)["metrics"]["K12"] == 1 and CaseFact.objects.count() == 1

    # Every step stands in the one timeline and in the access log.
    kinds = set(CaseEntry.objects.filter(case=case).values_list("kind", flat=True))
    assert {
        "opened", "taken", "card_saved", "answer_sent", "consumer_wrote", "assigned", "state_changed", "approval_requested",
        "returned", "approval_step", "registered", "reopened",
    } <= kinds, kinds  # fmt: skip
    with system_transaction():
        actions = set(AccessRecord.objects.filter(object_id=case.id).values_list("action", flat=True))
        assert AccessRecord.objects.filter(action="open_personal_data", actor_id=town.counsellor.id).exists()
    assert {"open_case", "save_card", "assign_case", "finish_handling", "request_approval", "return_case", "approve_step", "reopen_case"} <= actions
