"""見守り in Chromium: from a member's link to the case, without scripts, and every screen at both widths."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from caasis.channels import services
from caasis.kernel.clock import day_in_japan
from tests.browser.test_desk_screens import Sign, sign_in  # noqa: F401
from tests.browser.test_portal import portal, small_targets  # noqa: F401
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]
WORDS = "見本花子さんのことです。電話は090-1234-5678だそうです。"


def new_link(town: Any, organisation: str = "みほん町民生委員協議会") -> services.NewLink:
    return services.register_watch_member(
        actor=town.supervisor, kind="welfare", organisation=organisation, name="見本 一郎", contact="022-000-0001",
        valid_until=day_in_japan(timezone.now()) + timedelta(days=100),
    )  # fmt: skip


def fill(page: Page) -> None:
    page.get_by_label("使っていない品物や段ボールが、たまっている").check()
    page.get_by_label("見たこと・聞いたこと").fill(WORDS)
    page.locator("[name=prefecture]").select_option("04")
    page.locator("[name=consent][value=no]").check()
    page.locator("[name=urgency][value=soon]").check()


def test_a_report_is_sent_without_scripts(portal: str, browser_context: BrowserContext) -> None:  # noqa: F811
    page = browser_context.new_page()
    page.goto(f"{portal}/watch-report/")
    fill(page)
    page.get_by_role("button", name="次へ：確かめる").click()
    expect(page.get_by_role("status")).to_contain_text("090-1234-5678")
    page.get_by_role("button", name="なおす").click()
    expect(page.get_by_label("見たこと・聞いたこと")).to_have_value(WORDS)
    page.get_by_role("button", name="次へ：確かめる").click()
    page.get_by_role("button", name="この内容で送る").click()
    expect(page.get_by_role("heading", name="受け付けました")).to_be_visible()


@pytest.fixture
def browser_context(browser: Any) -> Any:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    yield context
    context.close()


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_every_screen_is_accessible_and_fits(
    sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any, screenshot: Any, page: Page, settings: Any,  # noqa: F811
    live_server: Any, width: int,
) -> None:  # fmt: skip
    root, made = str(live_server.url), new_link(live_town)

    def look(one: Page, name: str) -> None:
        one.wait_for_load_state("load")
        screenshot(one, f"watch-{name}-{width}")
        assert one.locator("h1").count() == 1
        axe(one)
        no_sideways_scroll(one)

    page.allow_console("status of 4")  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(f"{root}/watch-report/")
    look(page, "form")
    page.get_by_role("button", name="次へ：確かめる").click()
    expect(page.locator(".app-error-summary")).to_be_focused()
    look(page, "errors")
    fill(page)
    page.get_by_role("button", name="次へ：確かめる").click()
    look(page, "confirm")
    assert small_targets(page) == []
    page.goto(f"{root}/watch-report/member/{made.secret}/")
    look(page, "member")
    fill(page)
    page.get_by_label("ご本人のお名前").fill("見本 うめ")
    page.get_by_role("button", name="次へ：確かめる").click()
    page.get_by_role("button", name="この内容で送る").click()
    look(page, "done")
    assert small_targets(page) == []
    page.goto(f"{root}/watch-report/member/{'x' * 32}/")
    look(page, "refused")
    desk: Any = sign_in("supervisor", "/desk/watch-members/", viewport={"width": width, "height": WIDTHS[width]})
    look(desk, "list")
    desk.get_by_role("link", name="構成員を登録する").click()
    look(desk, "new")
    desk.get_by_label("種類").select_option("bank")
    desk.get_by_label("所属").fill("みほん銀行 青葉支店")
    desk.get_by_label("氏名").fill("見本 二郎")
    desk.get_by_role("button", name="登録してリンクを作る").click()
    look(desk, "link")
    desk.goto(f"{desk.url.split('/desk')[0]}/desk/watch-members/{made.member.id}/?purpose=advice")
    expect(desk.get_by_text("見本 一郎")).to_be_visible()
    look(desk, "page")
    # A supervisor's home is the team's; the queue stands on a counsellor's.
    desk = sign_in("counsellor", "/desk/", viewport={"width": width, "height": WIDTHS[width]})
    look(desk, "home")
    desk.get_by_role("link", name="見守り情報：").first.click()
    look(desk, "closed")
    desk.get_by_role("button", name="開く", exact=True).click()
    look(desk, "open")
    desk.get_by_role("button", name="引き受ける").click()
    expect(desk.get_by_role("link", name="見守り情報を読む").first).to_be_visible()
    look(desk, "case")
