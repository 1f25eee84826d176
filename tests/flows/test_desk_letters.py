"""Notice letters over HTTP: who may make them, what they say, what stays behind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from caasis.audit.models import AccessRecord
from caasis.cases.models import Case, CaseEntry
from caasis.desk.workspace import today_in_japan
from caasis.platform.transactions import system_transaction
from tests.support.desk import card_page, form_of, phone_case, save_card

pytestmark = pytest.mark.django_db


def roof(actor: Any, **more: Any) -> Case:
    """A sale at the door, its document two days old."""
    day = today_in_japan() - timedelta(days=2)
    card = {
        "sales_form": "door_to_door",
        "contracted_on": day,
        "contract_document_on": day,
        "product_text": "屋根工事",
        "business_name": "見本ルーフ",
        "amount": 1_480_000,
        "paid": 100_000,
        "contract_party_is_consumer": True,
        "consumer_name": "相談 花子",
        "consumer_postcode": "000-0000",
        "consumer_address": "架空県みほん市さくら町3",
    }
    return phone_case(actor, **{**card, **more})


def address(case: Case, rest: str = "") -> str:
    return f"/desk/cases/{case.id}/letters{rest}"


def letters_of(case: Case) -> list[CaseEntry]:
    with system_transaction():
        return list(case.entries.filter(kind="letter_made"))


def openings(case: Case) -> list[AccessRecord]:
    with system_transaction():
        person = case.parties.get(position=1).person_id
        return list(AccessRecord.objects.filter(action="open_personal_data", object_id=person))


def form(page: Any, **changes: str) -> dict[str, str]:
    """What the browser would post of the page's letters."""
    found = {
        f"{letter.kind.value}-{part}": getattr(letter, part)
        for letter in page.context["letters"]
        for part in ("address", "body")
    }
    return {**found, **changes}


def test_the_letter_of_an_own_case_is_written_from_the_card(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    page = client_for("counsellor").get(address(case))
    text = page.content.decode()
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    postcard, mail = page.context["letters"]
    for words in (
        "申込みを撤回し、または契約を解除します",
        "屋根工事",
        "1,480,000円",
        "見本ルーフ",
        "支払った100,000円を返してください",
    ):
        assert words in postcard.body
    assert postcard.body.endswith("住所　〒000-0000　架空県みほん市さくら町3\n氏名　相談 花子")
    assert "見本ルーフ　御中" in postcard.address
    assert postcard.blanks == ("会社の郵便番号", "会社の住所")
    assert "まだ空いているところ" in text
    assert mail.address.startswith("通知書")
    assert [opened.purpose for opened in openings(case)] == ["own_case"]
    assert letters_of(case) == [], "looking makes no letter"


def test_a_colleague_says_for_what_before_the_name_is_shown(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("counsellor2")
    closed = client.get(address(case))
    assert closed.context["closed"]
    assert "相談 花子" not in closed.content.decode()
    assert openings(case) == []
    opened = client.get(address(case, "?purpose=handover"))
    assert "相談 花子" in opened.content.decode()
    assert [one.purpose for one in openings(case)] == ["handover"]
    assert "seller_postcard.pdf?purpose=handover" in opened.content.decode()


@pytest.mark.parametrize("role", ["outsider", "ncac", "analyst"])
def test_nobody_else_learns_that_there_is_such_a_case(client_for: Any, town: Any, role: str) -> None:
    case = roof(town.counsellor)
    client = client_for(role)
    assert client.get(address(case)).status_code in (403, 404)
    answer = client.post(address(case, "/seller_postcard.pdf"), {"seller_postcard-body": "x"})
    assert answer.status_code in (403, 404)
    assert letters_of(case) == []


def test_the_pdf_holds_what_was_typed_and_only_the_fact_is_kept(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("counsellor")
    data = form(client.get(address(case)), **{"seller_postcard-body": "直した文章です。"})
    saved = client.post(address(case, "/seller_postcard.pdf"), data)
    assert saved.status_code == 200
    assert saved["Content-Type"] == "application/pdf"
    assert saved["Cache-Control"] == "no-store"
    assert saved["Content-Disposition"] == f'attachment; filename="notice-{case.receipt_number}-seller_postcard.pdf"'
    assert saved.content.startswith(b"%PDF-")
    assert saved.content.count(b"/Type /Page ") == 2
    shown = client.post(address(case, "/seller_postcard.pdf"), {**data, "show": "1"})
    assert shown["Content-Disposition"].startswith("inline")
    a4 = client.post(address(case, "/seller_postcard.pdf"), {**data, "seller_postcard-paper": "a4"})
    assert a4.content.count(b"/Type /Page ") == 1
    assert b"[0 0 595.28 841.89]" in a4.content
    (line,) = letters_of(case)
    assert line.data == {"letter": "seller_postcard"}, (
        "one line, however often it is printed, and nothing of its content"
    )
    with system_transaction():
        made = AccessRecord.objects.filter(action="make_letter", object_id=case.id)
        assert [record.fields for record in made] == ["pdf,seller_postcard"] * 3
    page = card_page(client, case.id).content.decode()
    assert "通知書を作りました" in page
    assert "事業者あてのはがき" in page


def test_the_text_opens_in_any_editor(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("counsellor")
    data = form(client.get(address(case)))
    answer = client.post(address(case, "/seller_mail.txt"), data)
    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert text.startswith("件名：通知書")
    assert "\r\n氏名　相談 花子" in text
    postcard = client.post(address(case, "/seller_postcard.txt"), data).content.decode("utf-8-sig")
    assert "【宛名の面】" in postcard and "【通信の面】" in postcard
    assert {line.data["letter"] for line in letters_of(case)} == {"seller_postcard", "seller_mail"}


def test_individual_credit_gets_a_letter_of_its_own(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor, payment_method="individual_credit", credit_document_on=today_in_japan())
    page = client_for("counsellor").get(address(case))
    kinds = [letter.kind.value for letter in page.context["letters"]]
    assert kinds == ["seller_postcard", "seller_mail", "credit_postcard"]
    credit = page.context["letters"][2]
    assert "クレジット会社の名前" in credit.blanks
    assert "個別クレジットの契約" in credit.body
    assert any("両方に出します" in note for note in credit.notes)
    assert any("はがきにします" in note for note in credit.notes), "the law is not known to allow a mail"


def test_who_is_not_said_to_be_the_contract_party_signs_nothing(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor, contract_party_is_consumer=None)
    letter = client_for("counsellor").get(address(case)).context["letters"][0]
    assert "相談 花子" not in letter.body + letter.address
    assert {"契約した人の氏名", "契約した人の住所"} <= set(letter.blanks)


def test_an_unsaved_draft_is_in_the_letter(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("counsellor")
    data = form_of(card_page(client, case.id), business_name="下書き商会", draft_version="9")
    client.post(f"/desk/cases/{case.id}/draft", data, headers={"X-Requested-With": "autosave"})
    assert "下書き商会　御中" in client.get(address(case)).context["letters"][0].address


def test_where_no_right_runs_there_is_no_letter(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor, contracted_on=date(2026, 1, 5), contract_document_on=date(2026, 1, 5))
    client = client_for("counsellor")
    page = client.get(address(case))
    assert page.context["letters"] == []
    assert "いま使える期限がない" in page.content.decode()
    assert "通知書を作る</a>" not in card_page(client, case.id).content.decode()


def test_what_cannot_be_made_keeps_the_typing(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("counsellor")
    data = form(client.get(address(case)))
    before = len(openings(case))
    for body, sentence in (
        ("  ", "本文を入力してください"),
        ("あ" * 4_001, "短くしてください"),
        ("\n".join(f"{n}行目" for n in range(80)), "はがきに入りません"),
    ):
        typed = {**data, "seller_postcard-body": body, "seller_mail-body": "ほかの手紙も残ります。"}
        answer = client.post(address(case, "/seller_postcard.pdf"), typed)
        assert answer.status_code == 422
        text = answer.content.decode()
        assert sentence in text
        assert "<title>エラー：" in text
        assert "ほかの手紙も残ります。" in text
    assert letters_of(case) == []
    assert len(openings(case)) == before, "what comes back is what was typed: nothing is opened for it"


@pytest.mark.parametrize("rest", ["/lottery.pdf", "/seller_postcard.doc"])
def test_a_letter_that_does_not_exist(client_for: Any, town: Any, rest: str) -> None:
    assert client_for("counsellor").post(address(roof(town.counsellor), rest), {}).status_code == 404


def test_an_official_may_look_but_makes_no_letter(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("official")
    data = form(client.get(address(case, "?purpose=approval")))
    assert client.post(address(case, "/seller_postcard.pdf?purpose=approval"), data).status_code == 403
    assert letters_of(case) == []


def test_the_card_leads_to_the_letter_and_says_the_status_in_words(client_for: Any, town: Any) -> None:
    case = roof(town.counsellor)
    client = client_for("counsellor")
    page = card_page(client, case.id).content.decode()
    assert address(case) in page
    assert "期間内です。クーリング・オフできることがあります" in page
    assert "クーリング・オフできます" not in page, "nobody has asked about the exceptions yet"
    assert 'value="requested_visit=no"' in page, "a question is answered by a button"
    saved = save_card(client, case.id, form_of(card_page(client, case.id), requested_visit="no", obstructed="yes"))
    assert saved.status_code == 302
    assert "今からでもクーリング・オフできることがあります" in card_page(client, case.id).content.decode()
