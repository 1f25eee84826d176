"""The forms of contracts, parties, businesses and harms: nothing typed is lost, and nobody outside sees anything."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.cases import services
from caasis.cases.models import Case, CaseBusiness, Contract, Party
from caasis.cases.rules.parts import PartKind
from caasis.platform.transactions import system_transaction
from tests.support.desk import card_page, form_of, phone_case

pytestmark = pytest.mark.django_db


def url(case: Case, rest: str = "") -> str:
    return f"/desk/cases/{case.id}/parts/{rest}"


def test_the_card_keeps_its_typing_and_leads_to_the_form(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor)
    page = card_page(client, case.id)
    assert "契約を追加" in page.content.decode()
    gone = client.post(url(case, "open"), {**form_of(page, summary="書きかけの概要です。"), "part": "contract"})
    assert gone.status_code == 302 and gone["Location"].endswith("/parts/contract/new")
    assert "書きかけの概要です。" in card_page(client, case.id).content.decode()
    for part, place in (("", "/parts/"), ("rocket", "/parts/"), ("contract/x", "/parts/")):
        assert client.post(url(case, "open"), {**form_of(page), "part": part})["Location"].endswith(place)


def test_a_contract_is_added_listed_changed_and_taken_out(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor)
    form = client.get(url(case, "contract/new"))
    typed = form_of(form, "part", product_text="浄水器", amount="3万8千円", contracted_on="令和8年3月2日")
    for _ in range(2):
        added = client.post(url(case, "contract/new"), typed)
        assert added.status_code == 302
    with system_transaction():
        row = Contract.objects.get(case=case, product_text="浄水器")
    assert (row.amount, str(row.contracted_on)) == (38_000, "2026-03-02")
    assert "浄水器・" in client.get(url(case)).content.decode() and "浄水器・" in card_page(client, case.id).content.decode()
    edit = client.get(url(case, f"contract/{row.pk}"))
    assert client.post(url(case, f"contract/{row.pk}"), form_of(edit, "part", amount="4万円")).status_code == 302
    assert client.post(url(case, f"contract/{row.pk}/up")).status_code == 302
    assert form_of(card_page(client, case.id))["amount"] == "40,000"
    assert client.post(url(case, f"contract/{row.pk}/remove")).status_code == 302
    page = client.get(url(case)).content.decode()
    assert "取り除いたもの" in page and "もどす" in page
    assert client.post(url(case, f"contract/{row.pk}/restore")).status_code == 302


def test_a_wrong_field_keeps_everything_typed(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor)
    typed = form_of(client.get(url(case, "contract/new")), "part", product_text="浄水器", amount="たくさん")
    refused = client.post(url(case, "contract/new"), typed)
    text = refused.content.decode()
    assert refused.status_code == 422 and "浄水器" in text and "たくさん" in text and "契約金額を" in text
    again = form_of(refused, "part", amount="5000")
    assert again["id"] == typed["id"] and client.post(url(case, "contract/new"), again).status_code == 302


def test_a_conflict_asks_and_keeps_mine(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor)
    row = services.add_part(actor=town.counsellor, case_id=case.id, kind=PartKind.CONTRACT, values={"product_text": "ふとん"})
    place = url(case, f"contract/{row.pk}")
    mine = form_of(client.get(place), "part", amount="9万円", paid="1万円")
    other = client_for("counsellor2")
    other.post(place, form_of(other.get(place), "part", amount="8万円"))
    asked = client.post(place, mine)
    text = asked.content.decode()
    assert asked.status_code == 409 and "ほかの職員が先に更新しました" in text and "90,000円" in text and "80,000円" in text
    again = form_of(asked, "part")
    assert again["paid"] == "1万円"
    assert client.post(place, {**again, "resolve_amount": "theirs"}).status_code == 302
    with system_transaction():
        fresh = Contract.objects.get(id=row.pk)
    assert (fresh.amount, fresh.paid) == (80_000, 10_000)


def test_a_contract_partys_name_is_masked_for_a_colleague_until_a_purpose_is_stated(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor)
    typed = form_of(client.get(url(case, "party/new")), "part", roles=["contract_party"], relation="母", person_name="見本 ウメ")
    assert client.post(url(case, "party/new"), typed).status_code == 302
    with system_transaction():
        row = Party.objects.get(case=case, relation="母")
    place = url(case, f"party/{row.pk}")
    assert "見本 ウメ" in client.get(place).content.decode()
    other = client_for("counsellor2")
    page = other.get(place)
    assert "見本 ウメ" not in page.content.decode() and "伏せています" in page.content.decode()
    assert other.post(place, form_of(page, "part", age="81")).status_code == 302
    opened = other.get(f"{place}?purpose=advice")
    assert "見本 ウメ" in opened.content.decode(), "a save of the masked form left the name alone"
    assert 'value="81"' in opened.content.decode()


def test_a_letter_of_the_second_contract_and_of_another_contract_party(client_for: Any, town: Any) -> None:
    from datetime import timedelta

    from caasis.desk.workspace import today_in_japan

    client = client_for("counsellor")
    day = (today_in_japan() - timedelta(days=1)).isoformat()
    own = {"sales_form": "door_to_door", "contracted_on": day, "contract_document_on": day}
    case = phone_case(town.counsellor, business_name="カクウルーフ", product_text="屋根工事", **own)
    services.add_part(
        actor=town.counsellor, case_id=case.id, kind=PartKind.PARTY,
        values={"roles": ["contract_party"], "person_name": "見本 ウメ", "person_address": "架空町5-5-5"},
    )  # fmt: skip
    row = services.add_part(
        actor=town.counsellor, case_id=case.id, kind=PartKind.CONTRACT, values={"product_text": "羽毛ふとん", **own}
    )
    first = client.get(f"/desk/cases/{case.id}/letters").content.decode()
    assert "屋根工事" in first and "見本 ウメ" in first and "架空町5-5-5" in first and "羽毛ふとん" not in first
    second = client.get(f"/desk/cases/{case.id}/letters?contract={row.pk}").content.decode()
    assert "羽毛ふとん" in second and "カクウルーフ" in second and f"contract={row.pk}" in second
    assert "屋根工事" not in second.partition("通信の面")[2]


def test_a_further_business_becomes_one_that_is_known(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor, business_name="カクウルーフ")
    row = services.add_part(
        actor=town.counsellor, case_id=case.id, kind=PartKind.BUSINESS,
        values={"business_role": "credit", "business_name": "カクウ信販"},
    )  # fmt: skip
    place = url(case, f"business/{row.pk}")
    assert "新しい事業者にする" in client.get(place).content.decode()
    assert client.post(f"{place}/business", {"business": "new"}).status_code == 302
    assert "と確かめてあります" in client.get(place).content.decode()
    assert client.post(f"{place}/business", {"business": "release"}).status_code == 302
    refused = client.post(f"{place}/business", {"business": "release"})
    assert refused.status_code == 409 and "事業者はまだ確認されていません" in refused.content.decode()
    with system_transaction():
        assert CaseBusiness.objects.get(id=row.pk).business_id is None


def test_outsiders_and_closed_cases_get_no_form(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    row = services.add_part(actor=town.counsellor, case_id=case.id, kind=PartKind.CONTRACT, values={"product_text": "ふとん"})
    outsider = client_for("outsider")
    for rest in ("", "contract/new", f"contract/{row.pk}"):
        assert outsider.get(url(case, rest)).status_code == 404
    for rest in ("open", f"contract/{row.pk}/remove", f"contract/{row.pk}/restore", f"contract/{row.pk}/up", f"business/{row.pk}/business"):
        assert outsider.post(url(case, rest)).status_code == 404
    client = client_for("counsellor")
    assert client.get(url(case, "rocket/new")).status_code == 404
    official = client_for("official")
    assert "契約を追加" not in official.get(url(case)).content.decode()
    assert official.get(url(case, "contract/new")).status_code == 403


def test_a_name_offers_its_kana_and_a_postcode_its_address(client_for: Any, town: Any) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor)
    typed = form_of(card_page(client, case.id), consumer_name="見本 花子", consumer_postcode="980-0811")
    text = client.post(f"/desk/cases/{case.id}/hints", typed, headers={"HX-Request": "true"}).content.decode()
    assert "みほん はなこ" in text and "氏名の読みから" in text and 'id="consumer_kana-cand"' in text
    assert "仙台市青葉区" in text and "郵便番号から" in text
    typed |= {"consumer_kana": "みほん かこ"}
    text = client.post(f"/desk/cases/{case.id}/hints", typed, headers={"HX-Request": "true"}).content.decode()
    assert "氏名の読みから" not in text, "what a person typed is not questioned"
    client.post(f"/desk/cases/{case.id}/draft", {**form_of(card_page(client, case.id), consumer_name="見本 花子"), "adopt": "consumer_kana=みほん はなこ"})
    assert form_of(card_page(client, case.id))["consumer_kana"] == "みほん はなこ"


@pytest.mark.parametrize(("word", "code"), [("スマホ", "P0707"), ("ガラケー", "P0707"), ("布団", "P030101"), ("除霊", "P2213")])
def test_everyday_words_find_the_product(client_for: Any, town: Any, word: str, code: str) -> None:
    client, case = client_for("counsellor"), phone_case(town.counsellor, product_text=word)
    offer = card_page(client, case.id).context["sheet"].candidates["product"]
    assert offer.value == code and not offer.adopted
