"""Handing an article on, in Chromium: with a script, without one, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.services import load_seed_articles

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]


@pytest.fixture
def portal(live_server: Any, town: Any, settings: Any) -> str:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    return str(live_server.url)


def test_the_address_is_copied(portal: str, new_context: Callable[..., BrowserContext], watch_page: Callable[[Page], Page]) -> None:
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = watch_page(context.new_page())
    page.goto(f"{portal}/articles/F-1001/")
    page.get_by_role("button", name="コピーする").click()
    expect(page.get_by_role("status").filter(has_text="アドレスをコピーしました")).to_be_visible()
    page.goto(f"{portal}/search/")
    page.get_by_role("combobox").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("combobox")).to_have_value(f"{portal}/articles/F-1001/")


def test_a_browser_that_refuses_marks_the_address(portal: str, page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"{portal}/articles/F-1001/")
    page.get_by_role("button", name="コピーする").click()
    expect(page.get_by_role("status").filter(has_text="アドレスを選びました")).to_be_visible()
    expect(page.get_by_label("この記事のアドレス")).to_be_focused()


def test_without_javascript_address_mail_and_line_stay(portal: str, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{portal}/articles/F-1001/")
    expect(page.get_by_label("この記事のアドレス")).to_have_value(f"{portal}/articles/F-1001/")
    expect(page.get_by_role("link", name="メールで送る")).to_be_visible()
    expect(page.get_by_role("link", name="LINEで送る")).to_be_visible()
    expect(page.get_by_role("button", name="コピーする")).to_be_hidden()
    expect(page.get_by_role("button", name="印刷する")).to_be_hidden()


def test_on_paper_stands_what_can_be_read(portal: str, page: Page) -> None:
    page.goto(f"{portal}/articles/F-1001/")
    expect(page.locator(".app-onpaper")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".app-onpaper")).to_contain_text("/articles/F-1001/")
    expect(page.locator(".app-answer")).to_be_visible()
    for gone in (".app-share", "#vote", ".app-portal-nav", ".dads-breadcrumb"):
        expect(page.locator(gone).first).to_be_hidden()
