"""The texts of notice letters: plain values in, no database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from caasis.cases.rules.deadlines import assess_card
from caasis.cases.rules.letters import Letter, LetterKind, blanks_of, letters_for
from caasis.platform.lawfiles import current_law

TODAY = date(2026, 11, 19)
CARD: dict[str, Any] = {
    "sales_form": "door_to_door",
    "contracted_on": date(2026, 11, 14),
    "contract_document_on": date(2026, 11, 14),
    "product_text": "屋根工事",
    "business_name": "見本ルーフ",
    "amount": 1_480_000,
    "contract_party_is_consumer": True,
    "consumer_name": "相談 花子",
    "consumer_address": "架空県みほん市",
}


def written(today: date = TODAY, **changes: Any) -> dict[str, Letter]:
    card = {**CARD, **changes}
    found = assess_card(card, law=current_law(), today=today)
    return {letter.kind.value: letter for letter in letters_for(card, found, today=today)}


def test_the_whole_letter() -> None:
    assert written()["seller_postcard"].body == (
        "通知書\n\n"
        "次の契約の申込みを撤回し、または契約を解除します（クーリング・オフ）。\n\n"
        "契約した日　2026年11月14日\n商品・サービス　屋根工事\n金額　1,480,000円\n会社　見本ルーフ\n\n"
        "2026年11月19日\n住所　架空県みほん市\n氏名　相談 花子"
    )


def test_what_was_paid_and_delivered_is_asked_back() -> None:
    body = written(paid=100_000, delivered_on=date(2026, 11, 15))["seller_postcard"].body
    assert "支払った100,000円を返してください。受け取った商品を引き取ってください。" in body
    assert "返してください" not in written()["seller_postcard"].body


@pytest.mark.parametrize(
    ("missing", "blank"),
    [
        ("contracted_on", "契約した日"),
        ("product_text", "商品・サービスの名前"),
        ("amount", "金額"),
        ("business_name", "会社の名前"),
        ("consumer_name", "契約した人の氏名"),
        ("consumer_address", "契約した人の住所"),
    ],
)
def test_what_is_not_known_is_a_blank_and_never_a_guess(missing: str, blank: str) -> None:
    letter = written(**{missing: None})["seller_postcard"]
    assert blank in letter.blanks
    assert blank not in written()["seller_postcard"].blanks


def test_the_notes_say_can_only_where_it_is_certain() -> None:
    sure = {
        "requested_visit": False,
        "amount": 1_480_000,
        "car": False,
        "business_use": False,
        "consumable_used": "none",
    }
    certain = written(**sure)["seller_postcard"].notes
    assert "訪問販売：11月21日（土）までに出せば間に合います（特定商取引法9条）。" in certain
    perhaps = written()["seller_postcard"].notes
    assert "訪問販売：11月21日（土）までに出せば間に合うことがあります（特定商取引法9条）。" in perhaps
    assert "安全な日：11月20日（金）までに出します。" in perhaps


def test_a_return_has_to_arrive_and_an_open_end_is_today() -> None:
    mail_order = written(sales_form="mail_order", delivered_on=date(2026, 11, 16), return_policy_shown=False)
    assert any("届く必要があります" in note for note in mail_order["seller_postcard"].notes)
    assert "商品を返します" in mail_order["seller_postcard"].body
    assert "seller_mail" not in mail_order
    faulty = written(document_faulty=True)["seller_postcard"].notes
    assert any("今日のうちに出すのが安全です" in note for note in faulty)


def test_who_sold_goods_at_the_door_wants_them_back() -> None:
    body = written(sales_form="purchase")["seller_postcard"].body
    assert "売った品物　屋根工事" in body
    assert "渡した品物を返してください。受け取った代金は返します。" in body


def test_unverified_law_says_so_in_the_letter_s_notes() -> None:
    letter = written(transaction_types=["telecom"])["seller_postcard"]
    assert not letter.verified
    assert any("要確認" in note for note in letter.notes)
    assert "次の契約を解除します。" in letter.body


def test_credit_gets_its_letter_even_when_its_own_clock_is_over() -> None:
    letters = written(payment_method="individual_credit", credit_document_on=date(2026, 11, 1))
    assert list(letters) == ["seller_postcard", "seller_mail", "credit_postcard"]
    credit = letters["credit_postcard"]
    assert any("過ぎたか、対象外" in note for note in credit.notes)
    assert "クレジット会社の名前" in credit.blanks


def test_the_credit_clock_alone_writes_to_the_credit_company_alone() -> None:
    letters = written(
        contract_document_on=date(2026, 10, 1),
        contracted_on=date(2026, 10, 1),
        payment_method="individual_credit",
        credit_document_on=date(2026, 11, 18),
    )
    assert list(letters) == ["credit_postcard"]


@pytest.mark.parametrize(
    "card", [{"sales_form": ""}, {"transaction_types": ["shop"]}, {"contract_document_on": date(2026, 1, 5)}]
)
def test_without_a_running_right_there_is_no_letter(card: dict[str, Any]) -> None:
    assert written(**{"contracted_on": date(2026, 1, 5), **card}) == {}


def test_every_kind_has_a_name() -> None:
    assert all(kind.label for kind in LetterKind)
    assert [kind for kind in LetterKind if kind.by_mail] == [LetterKind.SELLER_MAIL]
    assert blanks_of("〔会社の名前〕〔会社の名前〕", "〔金額〕 〔〕") == ("会社の名前", "金額")
