"""The combobox under the search box in Chromium: keys, conversion, stale answers, and nothing of it without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.services import load_seed_articles
from caasis.knowledge.suggestions import forget_suggestions
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]


@pytest.fixture
def portal(live_server: Any, town: Any, settings: Any) -> str:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    forget_suggestions()
    return str(live_server.url)


def asked(page: Page) -> list[str]:
    """The questions that the page sends, as they go out."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "/suggest/" in request.url else None)
    return found


def test_the_keys_of_a_combobox(portal: str, page: Page) -> None:
    page.goto(f"{portal}/")
    box = page.get_by_role("combobox", name="困りごとを調べる")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("定期購入", delay=30)
    options = page.get_by_role("listbox", name="候補").get_by_role("option")
    expect(options.first).to_contain_text("定期購入をやめたい")
    expect(box).to_have_attribute("aria-expanded", "true")
    count = options.count()
    assert 2 <= count <= 8
    expect(page.get_by_role("status").filter(has_text=f"候補が{count}件")).to_be_attached()
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "q-list-1")
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    box.press("ArrowUp")
    box.press("ArrowUp")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    box.press("ArrowUp")
    expect(options.nth(count - 1)).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_have_value("定期購入")
    expect(box).to_be_focused()
    box.press("ArrowDown")
    expect(options.first).to_be_visible()
    box.press("ArrowDown")
    box.press("ArrowDown")
    title = options.nth(1).locator(".app-suggest__text").inner_text()
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_enter_without_a_choice_searches_as_before(portal: str, page: Page) -> None:
    page.goto(f"{portal}/search/")
    box = page.get_by_role("combobox")
    box.press_sequentially("定期購入", delay=30)
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("「定期購入」をさがした結果")


def test_a_finger_on_a_suggestion_opens_it(portal: str, page: Page) -> None:
    page.goto(f"{portal}/")
    page.get_by_role("combobox").press_sequentially("F-1001")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/articles/F-1001/")


def test_leaving_the_field_closes_the_list(portal: str, page: Page) -> None:
    page.goto(f"{portal}/")
    page.get_by_role("combobox").press_sequentially("定期")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("combobox").press("Tab")
    expect(page.get_by_role("option")).to_have_count(0)


def test_nothing_is_asked_while_the_input_method_converts(portal: str, page: Page, context: BrowserContext) -> None:
    page.goto(f"{portal}/")
    questions = asked(page)
    page.get_by_role("combobox").focus()
    typing = context.new_cdp_session(page)
    for text in ("t", "て", "てい", "ていき"):
        typing.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        page.wait_for_timeout(200)
    assert questions == []
    typing.send("Input.insertText", {"text": "定期"})
    expect(page.get_by_role("option").first).to_be_visible()
    assert len(questions) == 1


def test_fast_typing_asks_seldom(portal: str, page: Page) -> None:
    page.goto(f"{portal}/")
    questions = asked(page)
    page.get_by_role("combobox").press_sequentially("aiueokakikukeko", delay=20)
    page.wait_for_timeout(500)
    assert len(questions) == 1


def test_an_old_answer_never_covers_a_new_question(portal: str, page: Page) -> None:
    def slow(route: Route) -> None:
        if route.request.url.endswith("q=%E8%B3%83%E8%B2%B8"):
            page.wait_for_timeout(700)
        try:
            route.continue_()
        except Exception as error:
            assert "abort" in str(error).lower() or "closed" in str(error).lower() or "handled" in str(error).lower()

    page.route("**/search/suggest/**", slow)
    page.goto(f"{portal}/")
    box = page.get_by_role("combobox")
    box.press_sequentially("賃貸")
    page.wait_for_timeout(250)
    box.fill("定期購入")
    expect(page.get_by_role("option").first).to_contain_text("定期購入")
    page.wait_for_timeout(900)
    expect(page.get_by_role("option").first).to_contain_text("定期購入")


def test_without_an_answer_the_box_is_what_it_was(portal: str, page: Page) -> None:
    page.allow_console("status of 500")  # type: ignore[attr-defined]
    page.route("**/search/suggest/**", lambda route: route.fulfill(status=500, body="{}"))
    page.goto(f"{portal}/")
    box = page.get_by_role("combobox")
    box.press_sequentially("定期購入")
    page.wait_for_timeout(500)
    expect(page.get_by_role("option")).to_have_count(0)
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("さがした結果")


def test_without_javascript_the_box_searches(portal: str, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{portal}/")
    expect(page.get_by_role("combobox")).to_have_count(0)
    page.get_by_role("searchbox", name="困りごとを調べる").fill("定期購入")
    page.get_by_role("button", name="調べる").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("「定期購入」をさがした結果")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/search/"])
def test_the_open_list_is_accessible_and_fits(
    portal: str, page: Page, axe: Any, no_sideways_scroll: Any, width: int, path: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{portal}{path}")
    box = page.get_by_role("combobox")
    box.press_sequentially("契約")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")
    expect(page.get_by_role("option").nth(1)).to_be_in_viewport()
    axe(page)
    no_sideways_scroll(page)
