"""The business of a case in Chromium: suggested while one types, chosen with one press, taken back; and the business pages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caasis.businesses import services as businesses
from caasis.cases import services as cases
from caasis.cases.models import CaseBusiness
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import SYSTEM
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.browser.test_desk_screens import Sign, session_cookie
from tests.support.browser import WIDTHS
from tests.support.cards import COMPLETE
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GROUNDS = "今年に入り、同じ手口の苦情が続いている。返金に応じた例はまだない。"


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Callable[..., Any], watch_page: Callable[[Page], Page]) -> Sign:
    """`sign_in("counsellor", "/desk/")`: a browser of its own for one of the cast, at an address."""

    def sign(role: str, path: str = "/desk/", **options: Any) -> Page:
        context = new_context(**options)
        context.add_cookies([session_cookie(live, live_town.users[role])])
        page = watch_page(context.new_page())
        page.goto(live.url + path)
        return page

    return sign


def picture(page: Page, name: str) -> None:
    """A picture for a person's eyes, only when a folder for it is named."""
    folder = os.environ.get("CAASIS_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def traders(live_town: Any) -> list[Any]:
    with system_transaction():
        return [businesses.create_business(actor=SYSTEM, name=name) for name in ("株式会社カクウルーフ", "カクウループ合同会社", "みほん水道(有)")]


def test_a_business_is_suggested_while_typing_and_chosen_with_one_press(live_town: Any, traders: Any, sign_in: Sign) -> None:
    with actor_transaction(live_town.counsellor):
        case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/", viewport={"width": 1440, "height": 900})
    page.get_by_label("相手方事業者", exact=True).fill("かくーるーふ")
    first = page.get_by_role("button", name=re.compile("この事業者にする.*株式会社カクウルーフ"))
    expect(first).to_be_visible()
    first.click()
    expect(page.locator(".app-biz--done")).to_contain_text("株式会社カクウルーフ")
    expect(page.locator("#save-state")).to_contain_text("保存しました")
    with system_transaction():
        row = CaseBusiness.objects.get(case=case)
        assert row.business == traders[0] and row.name_as_heard == "かくーるーふ"
    page.get_by_role("button", name=re.compile("取り消す.*事業者の確認")).click()
    expect(page.get_by_role("button", name=re.compile("この事業者にする.*株式会社カクウルーフ"))).to_be_visible()
    with system_transaction():
        assert CaseBusiness.objects.get(case=case).business is None


@pytest.mark.parametrize("width", WIDTHS)
def test_the_business_pages_are_accessible(live_town: Any, traders: Any, sign_in: Sign, axe: Any, no_sideways_scroll: Any, width: int) -> None:
    today = today_in_japan()
    with actor_transaction(live_town.counsellor):
        case = cases.open_case(actor=live_town.counsellor, card={**COMPLETE, "business_name": "かくうルーフ", "business_phone": "022-123-4567"})
        cases.confirm_business(actor=live_town.counsellor, case_id=case.id, business_id=traders[0].id)
        other = phone_case(live_town.counsellor, business_name="かくうるーぷ")
    with system_transaction():
        businesses.merge_businesses(actor=SYSTEM, keep_id=traders[0].id, other_id=traders[1].id, reason="電話と所在地が同じ")
        businesses.set_flag(
            actor=SYSTEM, business_id=traders[0].id, grounds=GROUNDS, heard="not_yet",
            until=today + timedelta(days=90), review_on=today + timedelta(days=30),
        )  # fmt: skip
    one = f"/desk/businesses/{traders[0].id}/"
    page = sign_in("official", one, viewport={"width": width, "height": WIDTHS[width]})
    for place, path in enumerate((one, "/desk/businesses/", "/desk/businesses/?q=かくう", f"{one}merge?q=みほん", f"{one}split", f"/desk/cases/{case.id}/business")):
        page.goto(page.url.split("/desk/")[0] + path)
        axe(page)
        no_sideways_scroll(page)
        picture(page, f"business-{width}-{place}")
    # The card of a case that names a business, with the strip under it.
    page = sign_in("counsellor", f"/desk/cases/{other.id}/", viewport={"width": width, "height": WIDTHS[width]})
    expect(page.locator(".app-biz__more summary")).to_be_visible()
    axe(page)
    no_sideways_scroll(page)
    picture(page, f"business-{width}-card")
    page.locator(".app-biz__more summary").press("Enter")
    expect(page.get_by_role("button", name="新しい事業者として登録")).to_be_visible()
    axe(page)
