"""The deadline panel and the notice letters in Chromium: as one types, by keyboard, with axe at both widths."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caasis.desk.workspace import today_in_japan
from tests.browser.test_desk_screens import Sign, session_cookie
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PERSON = {
    "consumer_name": "相談 花子",
    "consumer_postcode": "000-0000",
    "consumer_address": "架空県みほん市さくら町3",
    "contract_party_is_consumer": True,
}


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Any, watch_page: Any) -> Sign:
    """`sign_in("counsellor", "/desk/")`: a browser of its own for one of the cast, at an address."""

    def sign(role: str, path: str = "/desk/", **options: Any) -> Page:
        context = new_context(**options)
        context.add_cookies([session_cookie(live, live_town.users[role])])
        page: Page = watch_page(context.new_page())
        page.goto(live.url + path)
        return page

    return sign


def picture(page: Page, name: str) -> None:
    """A picture for a person's eyes, only when a folder for it is named."""
    folder = os.environ.get("CAASIS_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def typed(page: Page, name: str, value: str) -> None:
    """Type a value; the clock answers after it."""
    with page.expect_response(lambda answer: answer.url.endswith("/clock") and answer.ok):
        page.locator(f"#{name}").fill(value)


def test_the_clock_follows_the_typing_and_the_answers(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor, amount=1_480_000, **PERSON)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    clock, questions = page.locator("#clock"), page.locator("#questions")
    expect(clock).to_contain_text("販売購入形態と日付を入れると計算します")
    expect(clock.get_by_role("link", name="通知書を作る")).to_have_count(0)
    questions.get_by_role("button", name="訪問", exact=True).click()
    expect(page.locator("#sales_form")).to_have_value("door_to_door")
    expect(page.get_by_role("status").filter(has_text="販売購入形態に「訪問」を入れました。")).to_have_count(1)
    expect(clock).to_contain_text("訪問販売")
    day = today_in_japan() - timedelta(days=2)
    for name in ("contract_document_on", "contracted_on"):
        typed(page, name, day.isoformat())
    expect(clock.locator(".app-clock__big")).to_have_text("あと5日")
    expect(clock).to_contain_text("期間内です。クーリング・オフできることがあります")
    clock.locator("summary").click()
    details = clock.locator("[data-rights]")
    expect(details).to_contain_text("特定商取引法9条")
    questions.get_by_role("button", name="いいえ").first.click()
    expect(page.locator("#requested_visit")).to_have_value("no")
    expect(details).to_have_attribute("open", "")
    expect(questions).not_to_contain_text("来てほしい")
    # The question went away under the finger: the focus is on the next thing to answer, not lost.
    expect(questions.locator(":focus")).to_have_count(1)
    row = details.locator("li").filter(has_text="クーリング・オフできない")
    row.get_by_role("button", name="はい").click()
    expect(page.locator("#obstructed")).to_have_value("yes")
    expect(clock).to_contain_text("今からでもクーリング・オフできることがあります")
    expect(page.locator("#save-state")).to_contain_text("下書きを保存しました")
    page.reload()
    expect(clock).to_contain_text("今からでもクーリング・オフできることがあります")


def test_a_second_clock_stands_beside_the_first(sign_in: Sign, live_town: Any) -> None:
    day = today_in_japan() - timedelta(days=3)
    facts = {
        "sales_form": "door_to_door",
        "contracted_on": day,
        "contract_document_on": day,
        "payment_method": "individual_credit",
    }
    case = phone_case(live_town.counsellor, credit_document_on=day + timedelta(days=1), **facts)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.locator("#clock summary").click()
    rights = page.locator(".app-right")
    expect(rights).to_have_count(2)
    expect(rights.filter(has_text="2つ目の期限")).to_contain_text("割賦販売法35条の3の10")


def test_panel_and_letters_pass_axe_at_both_widths(
    sign_in: Sign,
    live_town: Any,
    axe: Any,
    no_sideways_scroll: Any,
    screenshot: Any,
) -> None:
    day = today_in_japan() - timedelta(days=2)
    facts = {
        "sales_form": "door_to_door",
        "contracted_on": day,
        "contract_document_on": day,
        "payment_method": "individual_credit",
    }
    more = {
        "product_text": "屋根工事",
        "business_name": "カクウルーフ",
        "amount": 1_480_000,
        "title": "屋根工事を契約した",
    }
    case = phone_case(live_town.counsellor, **facts, **more, **PERSON)
    for width, height in WIDTHS.items():
        size = {"width": width, "height": height}
        page = sign_in("counsellor", f"/desk/cases/{case.id}/", viewport=size)
        picture(page, f"card-{width}")
        page.locator("#clock summary").click()
        axe(page, include="#clock")
        no_sideways_scroll(page)
        picture(page, f"panel-{width}")
        page.get_by_role("link", name="通知書を作る").click()
        expect(page.get_by_role("heading", name="クレジット会社あてのはがき")).to_be_visible()
        axe(page)
        no_sideways_scroll(page)
        picture(page, f"letters-{width}")
        screenshot(page, f"desk-letters-{width}")
        other = sign_in("counsellor2", f"/desk/cases/{case.id}/letters", viewport=size)
        expect(other.get_by_role("button", name="開いて作る")).to_be_visible()
        axe(other)
        picture(other, f"letters-closed-{width}")


def test_a_letter_is_saved_from_the_page(sign_in: Sign, live_town: Any, axe: Any) -> None:
    day = today_in_japan() - timedelta(days=2)
    case = phone_case(live_town.counsellor, sales_form="door_to_door", contract_document_on=day, **PERSON)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/letters")
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("PDFを保存.*事業者あてのはがき")).click()
    assert saved.value.suggested_filename == f"notice-{case.receipt_number}-seller_postcard.pdf"
    page.get_by_label("通信の面（本文）").first.fill("")
    page.allow_console("422")  # type: ignore[attr-defined]
    page.get_by_role("button", name=re.compile("PDFを保存.*事業者あてのはがき")).click()
    expect(page.locator("#error-summary")).to_be_focused(timeout=15_000)
    axe(page)
