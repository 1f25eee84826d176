"""資料 in Chromium: added, looked at, read, taken away and brought back, at both widths and from the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caasis.cases import services as cases
from caasis.cases.services.collecting import NewFile, read_case_files
from tests.browser.test_desk_screens import Sign, session_cookie
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case
from tests.support.papers import photo, scan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAPER = ("屋根工事請負契約書（見本）", "契約日　2026年11月14日", "契約金額　1,480,000円", "事業者　見本ルーフ")


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Callable[..., Any], watch_page: Callable[[Page], Page]) -> Sign:
    def sign(role: str, path: str = "/desk/", **options: Any) -> Page:
        context = new_context(**options)
        context.add_cookies([session_cookie(live, live_town.users[role])])
        page = watch_page(context.new_page())
        page.goto(live.url + path)
        return page

    return sign


def with_files(town: Any) -> Any:
    case = phone_case(town.counsellor)
    cases.add_evidence(
        actor=town.counsellor, case_id=case.id, files=[NewFile("契約書の写真.jpg", photo(*PAPER))], note="14日に受け取った書面"
    )
    cases.add_evidence(
        actor=town.counsellor, case_id=case.id, files=[NewFile("見積書.pdf", scan(PAPER, ("2ページ目（見本）",)))]
    )
    cases.add_evidence(actor=town.counsellor, case_id=case.id, files=[NewFile("振込先のメモ.txt", "見本銀行".encode())])
    read_case_files(case.id)
    return case


def test_a_photo_is_added_looked_at_and_taken_away(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.get_by_role("link", name="資料を付ける").click()
    page.locator("#files").set_input_files(
        [{"name": "契約書.jpg", "mimeType": "image/jpeg", "buffer": photo(*PAPER)}]
    )
    page.get_by_label("説明").fill("14日に受け取った書面")
    page.get_by_role("button", name="資料を付ける").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("資料 1件")
    read_case_files(case.id)
    page.get_by_role("link", name="契約書.jpg").click()
    shown = page.locator(".app-fileview__img img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.complete && image.naturalWidth > 300")
    expect(page.get_by_role("group", name="資料の文字")).to_contain_text("屋根工事")
    page.get_by_role("button", name="この資料を外す").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("資料 0件")
    page.get_by_role("button", name="元に戻す").click()
    expect(page.get_by_role("link", name="契約書.jpg")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_list_and_file_hold_at_both_widths(
    sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any, screenshot: Any, width: int
) -> None:
    case = with_files(live_town)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/files/", viewport={"width": width, "height": 900})
    expect(page.locator(".app-filecard")).to_have_count(3)
    for image in page.locator(".app-filecard__img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
    axe(page)
    no_sideways_scroll(page)
    screenshot(page, f"desk-files-{width}")
    page.get_by_role("link", name="契約書の写真.jpg").click()
    expect(page.locator(".app-fileview__img img")).to_have_js_property("complete", True)
    axe(page)
    no_sideways_scroll(page)
    screenshot(page, f"desk-file-{width}")
