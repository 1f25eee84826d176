"""気づいた点 in Chromium: they come while one types, a button mends, and 「元に戻す」 takes it back. Also without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from caasis.cases.models import Draft
from caasis.platform.transactions import system_transaction
from tests.browser.test_desk_screens import Sign, sign_in  # noqa: F401
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_remark_comes_while_typing_and_its_button_mends(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor, summary="業者が来た。")
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    hints = page.locator("#hints")
    expect(hints).not_to_contain_text("伏せる")
    with page.expect_response("**/similar"):
        page.reload()
    page.locator("#summary").fill("電話は090-1234-5678。屋根工事を148万円で契約した。")
    expect(hints).to_contain_text("相談概要に電話番号があります。", timeout=5000)
    hints.get_by_role("button", name="伏せる").click()
    expect(page.locator("#summary")).to_have_value("電話は［電話］。屋根工事を148万円で契約した。")
    expect(hints).not_to_contain_text("電話番号があります", timeout=5000)
    page.get_by_role("button", name="元に戻す").first.click()
    expect(page.locator("#summary")).to_have_value("電話は090-1234-5678。屋根工事を148万円で契約した。")
    hints.get_by_role("button", name="契約金額にする").click()
    expect(page.locator("#amount")).to_have_value("1,480,000")


def test_without_scripts_the_button_keeps_the_typing_and_mends(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor, summary="屋根工事を148万円で契約した。", amount=None)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/", java_script_enabled=False)
    page.locator("#title").fill("打ちかけの件名")
    page.locator("#hints").get_by_role("button", name="契約金額にする").click()
    expect(page.locator("#amount")).to_have_value("1,480,000")
    expect(page.locator("#title")).to_have_value("打ちかけの件名")
    with system_transaction():
        assert Draft.objects.filter(case_id=case.id).count() == 1


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_the_remarks_are_accessible_and_fit(sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any, width: int) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor, summary="電話は090-1234-5678。骨折した。今日中に振り込むよう言われた。", amount=100, paid=900)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/", viewport={"width": width, "height": WIDTHS[width]})
    expect(page.locator(".app-hint")).to_have_count(4)
    page.locator("#more-fields > summary").click()
    axe(page)
    no_sideways_scroll(page)
