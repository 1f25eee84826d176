"""Between centres on the screens: the form, the inbox, both pages of a referral, merging, and naming another office."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import services
from caasis.cases.models import Case, CaseMerge, Introduction, Referral
from caasis.cases.selectors import draft_of, read_draft
from caasis.channels import services as channels
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.desk import form_of, send_consultation

pytestmark = pytest.mark.django_db

CARD = {
    "title": "屋根の工事を解約したい",
    "summary": "屋根の工事を契約した。",
    "consumer_name": "見本 花子",
    "consumer_phone": "090-1234-5678",
}


@pytest.fixture
def case(town: Any) -> Any:
    return services.open_case(actor=town.counsellor, card=CARD)


def form(town: Any, page: Any, **change: Any) -> dict[str, Any]:
    today = day_in_japan(timezone.now())
    hidden = page.context["form"]["referral_id"].value()
    return {
        "kind": "joint", "to": str(town.centre_b.id), "reason": "事業者が若葉市にあるため。", "request": "確認をお願いします。",
        "basis": "consent", "passed": ["name"], "consent_by": "consumer", "consent_means": "phone",
        "consent_on_y": str(today.year), "consent_on_m": str(today.month), "consent_on_d": str(today.day),
        "referral_id": str(hidden), **change,
    }  # fmt: skip


def send(town: Any, client: Any, case: Any, **change: Any) -> Referral:
    url = f"/desk/cases/{case.id}/refer"
    answer = client.post(url, form(town, client.get(url), **change))
    assert answer.status_code == 302, answer.content.decode()
    with system_transaction():
        return Referral.objects.get(case=case)


def text(answer: Any) -> str:
    return answer.content.decode()


def test_joint_work_from_the_form_to_the_end(town: Any, client_for: Any, case: Any) -> None:
    ours, theirs = client_for("counsellor"), client_for("outsider")
    referral = send(town, ours, case)
    assert "ほかのセンターに送りました" in text(ours.get(f"/desk/cases/{case.id}/"))
    assert "未開封" in text(theirs.get("/desk/")) and "未開封" in text(theirs.get("/desk/referrals/"))
    url = f"/desk/referrals/{referral.id}/"
    closed = text(theirs.get(url))
    assert "屋根の工事を契約した。" in closed and "花子" not in closed
    assert "見本 花子" in text(theirs.get(f"{url}?purpose=handover"))
    assert theirs.post(f"{url}accept").status_code == 302
    said = {"text": "現地を確かめました。", "message_id": str(referral.id)}
    assert theirs.post(f"{url}say", said).status_code == 302
    mine = text(ours.get(url))
    assert "現地を確かめました。" in mine and "若葉市消費生活センター" in mine
    pdf = ours.get(f"{url}form.pdf")
    assert pdf["Content-Type"] == "application/pdf" and b"".join(pdf).startswith(b"%PDF")
    refused = ours.post(f"{url}end", {"reason": ""})
    assert refused.status_code == 422 and "エラー：" in text(refused)
    assert ours.post(f"{url}end", {"reason": "解決したため"}).status_code == 302
    after = text(theirs.get(url))
    assert "共有は終わりました" in after and "屋根の工事を契約した。" not in after
    assert theirs.get(f"/desk/cases/{case.id}/").status_code == 404


def test_what_was_typed_is_kept_when_the_form_is_refused(town: Any, client_for: Any, case: Any) -> None:
    client = client_for("counsellor")
    url = f"/desk/cases/{case.id}/refer"
    answer = client.post(url, form(town, client.get(url), reason="見本 花子さんの件です。", consent_by=""))
    assert answer.status_code == 422
    shown = text(answer)
    assert "見本 花子さんの件です。" in shown and "確認をお願いします。" in shown
    assert "だれが同意したかを選んでください。" in shown
    with system_transaction():
        assert not Referral.objects.exists()


def test_undo_on_the_next_page_takes_it_back(town: Any, client_for: Any, case: Any) -> None:
    client = client_for("counsellor")
    referral = send(town, client, case)
    answer = client.post(f"/desk/referrals/{referral.id}/undo", headers={"Accept": "application/json"})
    assert answer.json() == {"message": "送るのを取り消しました。"}
    assert "未開封" not in text(client_for("outsider").get("/desk/"))


def test_a_transfer_opens_the_case_of_the_other_centre(town: Any, client_for: Any, case: Any) -> None:
    ours, theirs = client_for("counsellor"), client_for("outsider")
    referral = send(town, ours, case, kind="transfer")
    answer = theirs.post(f"/desk/referrals/{referral.id}/accept")
    page = theirs.get(answer["Location"])
    assert page.status_code == 200 and "屋根の工事を解約したい" in text(page)
    mine = text(ours.get(f"/desk/cases/{case.id}/"))
    assert "若葉市消費生活センター" in mine and "に移送しました" in mine
    assert ours.get(answer["Location"]).status_code == 404


def test_a_back_up_call_goes_back_with_the_light_form(town: Any, client_for: Any) -> None:
    call = services.open_case(actor=town.counsellor, card={**CARD, "prefecture_code": "12", "municipality_code": "12101"})
    client = client_for("counsellor")
    page = client.get(f"/desk/cases/{call.id}/hand-back")
    assert page.context["form"]["to"].value() == str(town.centre_b.id), "the centre of the place is chosen"
    answer = client.post(f"/desk/cases/{call.id}/hand-back", form(town, page, kind="transfer"))
    assert answer.status_code == 302
    assert "国のバックアップで受けた電話" in text(client_for("outsider").get("/desk/"))
    assert client_for("outsider").get(f"/desk/cases/{call.id}/hand-back").status_code == 404


# --- merging ----------------------------------------------------------------------------------------------------------


def test_merging_side_by_side_and_back(town: Any, client_for: Any, case: Any) -> None:
    client = client_for("counsellor")
    receipt = send_consultation(town.centre_a)
    other = services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)
    services.save_card(
        actor=town.counsellor, case_id=other.id, version=other.version, changes={"title": "瓦の修理", "summary": "瓦の修理を頼んだ。"}
    )
    found = text(client.get(f"/desk/cases/{case.id}/merge?q={other.receipt_number}"))
    assert f"/desk/cases/{case.id}/merge/{other.id}" in found
    url = f"/desk/cases/{case.id}/merge/{other.id}"
    assert "両方をつなぐ" in text(client.get(url))
    assert client.post(url, {"take_title": "merged", "take_summary": "both"}).status_code == 302
    with actor_transaction(town.counsellor):
        kept = Case.objects.get(id=case.id)
        assert (kept.title, kept.summary) == ("瓦の修理", "屋根の工事を契約した。\n瓦の修理を頼んだ。")
    # The merged number opens the survivor; its consumer still reads and writes with the old receipt.
    moved = client.get(f"/desk/cases/{other.id}/", follow=True)
    assert moved.redirect_chain[-1][0] == f"/desk/cases/{case.id}/"
    assert f"{other.receipt_number} は、この相談に統合されています" in text(moved)
    opened = channels.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret, client="test")
    assert opened.id == receipt.contact_id
    assert "この相談は、" in text(client.get(f"/desk/cases/{other.id}/?alone=1"))
    assert "相談者へのお返事" in text(client.get(f"/desk/cases/{case.id}/")), "the consumer is answered from the survivor"
    answer = client.post(f"/desk/cases/{other.id}/unmerge", headers={"Accept": "application/json"})
    assert answer.json() == {"message": "統合を取り消しました。"}
    assert client.get(f"/desk/cases/{other.id}/").status_code == 200


def test_a_merge_that_the_rules_forbid_says_why(town: Any, client_for: Any, case: Any) -> None:
    client = client_for("counsellor")
    shown = client.get(f"/desk/cases/{case.id}/merge/{case.id}")
    assert "同じ相談です" in text(shown)
    answer = client.post(f"/desk/cases/{case.id}/merge/{case.id}")
    assert answer.status_code == 409 and "同じ相談です" in text(answer)
    foreign = services.open_case(actor=town.outsider, card=CARD)
    assert client.get(f"/desk/cases/{case.id}/merge/{foreign.id}").status_code == 404
    assert client_for("outsider").get(f"/desk/cases/{case.id}/merge").status_code == 404
    with system_transaction():
        assert not CaseMerge.objects.exists()


# --- naming another office --------------------------------------------------------------------------------------------


def test_naming_an_office_fills_the_answer_and_offers_the_result(town: Any, client_for: Any) -> None:
    client = client_for("counsellor")
    receipt = send_consultation(town.centre_a)
    case = services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)
    found = text(client.get(f"/desk/cases/{case.id}/offices?q=給料が払われない"))
    assert found.index("労働基準監督署") < found.index("すべての機関") if "すべての機関" in found else "労働基準監督署" in found
    assert client.post(f"/desk/cases/{case.id}/offices/houterasu/introduce").status_code == 302
    with actor_transaction(town.counsellor):
        draft = draft_of(case, actor=town.counsellor)
        assert draft is not None and "0570-078374" in read_draft(draft, actor=town.counsellor)
    page = client.get(f"/desk/cases/{case.id}/")
    assert "0570-078374" in form_of(page)["answer_text"]
    assert 'data-cand="result"' in text(page) and "他機関紹介" in text(page)
    with system_transaction():
        assert Introduction.objects.get().office_code == "houterasu"


def test_the_directory_is_searched_mended_and_checked(town: Any, client_for: Any) -> None:
    client = client_for("counsellor")
    assert "労働基準監督署" in text(client.get("/desk/offices/?q=給料が払われない"))
    values = {"name": "見本労働基準監督署", "kind": "labour", "phone": "022-111-1111", "words": "給料", "version": "0"}
    refused = client.post("/desk/offices/labour-standards/", {**values, "url": "ftp://x"})
    assert refused.status_code == 422 and "022-111-1111" in text(refused)
    assert client.post("/desk/offices/labour-standards/", {**values, "checked": "on"}).status_code == 302
    assert "022-111-1111" in text(client.get("/desk/offices/?q=給料が払われない"))
    assert client.post("/desk/offices/labour-standards/", values).status_code == 409
    assert client.post("/desk/offices/houterasu/check").status_code == 302
    assert client.post("/desk/offices/nothing-here/check").status_code == 404


def test_where_a_case_came_from_is_written_down(town: Any, client_for: Any, case: Any) -> None:
    client = client_for("counsellor")
    url = f"/desk/cases/{case.id}/via"
    bad = client.post(url, {"route": "", "office": "見本町役場", "version": "0"})
    assert bad.status_code == 422 and "見本町役場" in text(bad)
    good = {"route": "via", "office": "見本町役場", "contact_person": "見本", "version": "0"}
    assert client.post(url, good).status_code == 302
    assert "見本町役場" in text(client.get(f"/desk/cases/{case.id}/"))
