"""The business screens over HTTP: the strip in the workspace, the list, the page, and who may do what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.businesses import services as businesses
from caasis.businesses.models import Business, BusinessChange, TrackingFlag
from caasis.cases import services as cases
from caasis.cases.models import CaseBusiness
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE
from tests.support.desk import card_page, form_of, phone_case

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def trader(town: Any) -> Business:
    with system_transaction():
        return businesses.create_business(actor=SYSTEM, name="株式会社カクウルーフ")


@pytest.fixture
def case(town: Any) -> Any:
    with actor_transaction(town.counsellor):
        return phone_case(town.counsellor, business_name="かくうるーふ", business_phone="022-123-4567")


def url(case: Any, tail: str = "") -> str:
    return f"/desk/cases/{case.id}/business{tail}"


def business_of(case: Any) -> Any:
    with system_transaction():
        return CaseBusiness.objects.get(case=case).business


def day(days: int, name: str) -> dict[str, str]:
    wanted = day_in_japan(timezone.now()) + timedelta(days=days)
    return {f"{name}_y": str(wanted.year), f"{name}_m": str(wanted.month), f"{name}_d": str(wanted.day)}


# --- the strip --------------------------------------------------------------------------------------------------------


def test_typing_a_name_suggests_with_reason_and_words(client_for, case, trader):
    answer = client_for("counsellor").post(url(case, "/suggest"), {"business_name": "㈱カクールーフ"}, headers=SCRIPT)
    text = answer.content.decode()
    assert "株式会社カクウルーフ" in text and "読みが同じ" in text and "たぶん同じ" in text and "この事業者にする" in text
    assert "%" not in text.replace("%}", "")


def test_an_unknown_name_offers_a_new_business(client_for, case, trader):
    text = client_for("counsellor").post(url(case, "/suggest"), {"business_name": "ゼンゼンベツノメイギ"}, headers=SCRIPT).content.decode()
    assert "近い名前の事業者はありません" in text and "新しい事業者として登録" in text


def test_this_business_saves_the_card_and_stands_in_the_strip(client_for, case, trader):
    client = client_for("counsellor")
    typed = form_of(card_page(client, case.id), title="屋根の工事をやめたい", business=str(trader.id))
    answer = client.post(url(case), typed, headers=SCRIPT)
    text = answer.content.decode()
    assert answer.status_code == 200 and "確認済" in text and "data-saved-at" in text
    assert business_of(case) == trader
    page = card_page(client, case.id).content.decode()
    assert "確認済" in page and "屋根の工事をやめたい" in page


def test_without_scripts_the_button_saves_the_card_too(client_for, case, trader):
    client = client_for("counsellor")
    answer = client.post(url(case), form_of(card_page(client, case.id), title="新しい件名", business=str(trader.id)))
    assert answer.status_code == 302
    assert business_of(case) == trader
    assert "新しい件名" in card_page(client, case.id).content.decode()


def test_a_new_business_takes_the_name_as_heard(client_for, case):
    client_for("counsellor").post(url(case), {"business": "new"})
    assert business_of(case).name == "かくうるーふ"


def test_taking_back_keeps_the_name_as_heard(client_for, case, trader):
    client = client_for("counsellor")
    client.post(url(case), {"business": str(trader.id)})
    answer = client.post(url(case, "/release"), headers=SCRIPT)
    assert answer.status_code == 200 and "この事業者にする" in answer.content.decode()
    assert business_of(case) is None
    with system_transaction():
        assert CaseBusiness.objects.get(case=case).name_as_heard == "かくうるーふ"


def test_taking_back_what_is_not_confirmed_says_so(client_for, case):
    answer = client_for("counsellor").post(url(case, "/release"), headers=SCRIPT)
    assert answer.status_code == 409 and "まだ確認されていません" in answer.content.decode()


def test_the_page_of_choices_finds_by_the_saved_name(client_for, case, trader):
    text = client_for("counsellor").get(url(case)).content.decode()
    assert "株式会社カクウルーフ" in text and "かくうるーふ" in text


def test_a_choice_that_is_none_is_refused_in_words(client_for, case):
    answer = client_for("counsellor").post(url(case), {"business": "ばかな値"})
    assert answer.status_code == 422 and "事業者を選んでください" in answer.content.decode()


@pytest.mark.parametrize("role", ["outsider", "ncac", "analyst", "admin", "public"])
def test_nobody_else_names_the_business_of_an_open_case(client_for, case, trader, role):
    client = client_for(role)
    for answer in (
        client.post(url(case, "/suggest"), {"business_name": "かくう"}),
        client.post(url(case), {"business": str(trader.id)}),
        client.post(url(case, "/release")),
    ):
        assert answer.status_code in (401, 403, 404), (role, answer.status_code)
    assert business_of(case) is None


def test_an_official_reads_the_strip_but_names_nobody(client_for, case, trader):
    client = client_for("official")
    assert client.post(url(case, "/suggest"), {"business_name": "かくうるーふ"}).status_code == 200
    client.post(url(case), {"business": str(trader.id)})
    assert business_of(case) is None


# --- list and page ----------------------------------------------------------------------------------------------------


def confirmed_case(town: Any, trader: Business, **card: Any) -> Any:
    with actor_transaction(town.counsellor):
        case = cases.open_case(actor=town.counsellor, card={**COMPLETE, "business_name": "かくうルーフ仙台支店", **card})
        cases.confirm_business(actor=town.counsellor, case_id=case.id, business_id=trader.id)
        return case


@pytest.mark.parametrize("words", ["カクウルーフ", "kakuu roof", "㈱かくうるうふ", "022-765-4321", "www.kakuu-roof.example/shop"])
def test_the_list_finds_by_name_phone_and_address(client_for, town, trader, words):
    confirmed_case(town, trader, business_phone="022-765-4321", business_url="https://kakuu-roof.example/")
    assert "株式会社カクウルーフ" in client_for("analyst").get("/desk/businesses/", {"q": words}).content.decode()


def test_a_beginning_is_enough_for_the_list(client_for, trader):
    text = client_for("counsellor").get("/desk/businesses/", {"q": "カク"}).content.decode()
    assert "名前のはじめが同じ事業者" in text and "株式会社カクウルーフ" in text
    assert "見つかりませんでした" in client_for("counsellor").get("/desk/businesses/", {"q": "ルー"}).content.decode()


def test_without_words_the_most_often_confirmed_stand_in_the_list(client_for, town, trader):
    text = client_for("counsellor").get("/desk/businesses/").content.decode()
    assert "まだありません" in text
    confirmed_case(town, trader)
    text = client_for("counsellor").get("/desk/businesses/").content.decode()
    assert "株式会社カクウルーフ" in text and "1回" in text


def test_the_page_counts_only_cases_that_the_actor_may_see(client_for, town, trader):
    case = confirmed_case(town, trader, title="屋根の件")
    inside = client_for("counsellor").get(f"/desk/businesses/{trader.id}/").content.decode()
    outside = client_for("outsider").get(f"/desk/businesses/{trader.id}/").content.decode()
    assert case.receipt_number in inside and "かくうルーフ仙台支店" in inside
    assert case.receipt_number not in outside and "屋根の件" not in outside and "あなたが見られる相談はありません" in outside


def test_the_trend_is_a_file_too(client_for, town, trader):
    confirmed_case(town, trader)
    answer = client_for("analyst").get(f"/desk/businesses/{trader.id}/trend.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "月,相談" and len(lines) == 25
    assert client_for("counsellor").get(f"/desk/businesses/{trader.id}/trend.csv").content.decode().strip().endswith(",1")


def test_reading_a_page_is_logged(client_for, town, trader):
    from caasis.audit.models import AccessRecord

    client_for("analyst").get(f"/desk/businesses/{trader.id}/")
    with system_transaction():
        assert AccessRecord.objects.filter(action="read_business", object_id=trader.id, actor_id=town.users["analyst"].pk).exists()


@pytest.mark.parametrize("role", ["admin", "public"])
def test_who_reads_no_cases_reads_no_businesses(client_for, trader, role):
    client = client_for(role)
    for path in ("/desk/businesses/", f"/desk/businesses/{trader.id}/", f"/desk/businesses/{trader.id}/trend.csv"):
        assert client.get(path).status_code in (302, 403)


def test_an_absent_business_is_not_found(client_for, trader):
    answer = client_for("counsellor").get(f"/desk/businesses/{town_id()}/")
    assert answer.status_code == 404


def town_id() -> str:
    return "00000000-0000-7000-8000-000000000000"


# --- merging, splitting, flags ----------------------------------------------------------------------------------------


def test_merging_and_taking_back_over_the_screen(client_for, town, trader):
    with system_transaction():
        other = businesses.create_business(actor=SYSTEM, name="カクウ・ルーフ")
    client = client_for("supervisor")
    assert "カクウ・ルーフ" in client.get(f"/desk/businesses/{trader.id}/merge").content.decode()
    short = client.post(f"/desk/businesses/{trader.id}/merge", {"other": str(other.id), "reason": "同じ"})
    assert short.status_code == 422 and "理由を5字以上" in short.content.decode()
    done = client.post(f"/desk/businesses/{trader.id}/merge", {"other": str(other.id), "reason": "電話と所在地が同じ"})
    assert done.status_code == 302
    assert client.get(f"/desk/businesses/{other.id}/").url == f"/desk/businesses/{trader.id}/"
    page = client.get(f"/desk/businesses/{trader.id}/").content.decode()
    assert "まとめた事業者" in page and "電話と所在地が同じ" in page
    with system_transaction():
        change = BusinessChange.objects.get(kind="merged")
    client.post(f"/desk/businesses/{trader.id}/undo", {"change": str(change.id)})
    assert client.get(f"/desk/businesses/{other.id}/").status_code == 200


def test_splitting_moves_the_cases_that_named_it_so(client_for, town, trader):
    stays = confirmed_case(town, trader, business_name="カクウルーフ")
    goes = confirmed_case(town, trader, business_name="カクウルーフ大阪")
    client = client_for("supervisor")
    with system_transaction():
        alias = trader.aliases.get(value="カクウルーフ大阪")
    given = {"alias": [str(alias.id)], "name": "カクウルーフ大阪有限会社", "reason": "別の会社だと分かった"}
    assert client.post(f"/desk/businesses/{trader.id}/split", given).status_code == 302
    assert business_of(stays) == trader and business_of(goes).name == "カクウルーフ大阪有限会社"


@pytest.mark.parametrize("role", ["counsellor", "analyst"])
def test_merging_and_splitting_is_for_curators(client_for, town, trader, role):
    with system_transaction():
        other = businesses.create_business(actor=SYSTEM, name="カクウ・ルーフ")
    client = client_for(role)
    assert client.get(f"/desk/businesses/{trader.id}/merge").status_code == 403
    assert client.post(f"/desk/businesses/{trader.id}/merge", {"other": str(other.id), "reason": "電話と所在地が同じ"}).status_code == 403
    assert client.post(f"/desk/businesses/{trader.id}/split", {"name": "だれか"}).status_code == 403
    assert client.post(f"/desk/businesses/{trader.id}/undo", {"change": town_id()}).status_code == 403
    with system_transaction():
        assert Business.objects.filter(merged_into=None).count() == 2


def test_a_flag_names_who_why_until_and_review(client_for, town, trader):
    client = client_for("official")
    given = {"grounds": "今年に入り、同じ手口の苦情が5件あり、返金に応じていない。", "heard": "not_yet", **day(30, "review_on"), **day(90, "until")}
    answer = client.post(f"/desk/businesses/{trader.id}/flag", given)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    page = client_for("counsellor").get(f"/desk/businesses/{trader.id}/").content.decode()
    assert "注視中" in page and "違反があったという判断ではありません" in page and "同じ手口の苦情が5件" in page
    assert "見本 official" in page and "青葉市消費生活センター" in page and "まだ聞いていない" in page
    assert "注視している事業者" in client_for("counsellor").get("/desk/businesses/").content.decode()
    with system_transaction():
        flag = TrackingFlag.objects.get()
    again = client.post(f"/desk/businesses/{trader.id}/flag/review", {"flag": str(flag.id), "heard": "heard", **day(60, "review_on")})
    assert again.status_code == 302
    lifted = client.post(f"/desk/businesses/{trader.id}/flag/lift", {"flag": str(flag.id), "lift-reason": "返金に応じ、苦情がやんだ"})
    assert lifted.status_code == 302
    page = client.get(f"/desk/businesses/{trader.id}/").content.decode()
    assert "いまは注視していません" in page and "返金に応じ、苦情がやんだ" in page


def test_a_flag_without_grounds_keeps_what_was_typed(client_for, trader):
    given = {"grounds": "あやしい", "heard": "not_yet", **day(30, "review_on"), **day(900, "until")}
    answer = client_for("official").post(f"/desk/businesses/{trader.id}/flag", given)
    text = answer.content.decode()
    assert answer.status_code == 422 and "根拠を20字以上" in text and "1年以内" in text and "あやしい" in text


@pytest.mark.parametrize("role", ["counsellor", "supervisor", "analyst", "admin"])
def test_flags_are_for_officials_and_the_ncac(client_for, trader, role):
    given = {"grounds": "今年に入り、同じ手口の苦情が5件あり、返金に応じていない。", "heard": "not_yet", **day(30, "review_on"), **day(90, "until")}
    assert client_for(role).post(f"/desk/businesses/{trader.id}/flag", given).status_code == 403
    with system_transaction():
        assert not TrackingFlag.objects.exists()
