"""The survey in Chromium: large and calm at both widths, questions that follow an answer, keyboard alone, no script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import WIDTHS
from tests.support.surveys import asked_on_the_web, link_of, running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]


@pytest.fixture
def address(live_server: Any, town: Any, settings: Any) -> str:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    running(town)
    return f"{live_server.url}{link_of(asked_on_the_web(town))}"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_accessible_and_fits(
    page: Page,
    address: str,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
    screenshot: Callable[..., None],
    width: int,
) -> None:
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(address)
    axe(page)
    no_sideways_scroll(page)
    page.get_by_role("radio", name="不満", exact=True).check()
    screenshot(page, f"survey-{width}")
    page.get_by_role("radio", name="話し方や聞き方").check()
    page.get_by_role("textbox").fill("あ" * 1001)
    page.get_by_role("button", name="答えを送る").click()
    expect(page.get_by_role("alert")).to_contain_text("1,000字までです")
    axe(page)
    no_sideways_scroll(page)
    screenshot(page, f"survey-wrong-{width}")
    page.get_by_role("button", name="今回は答えない").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("わかりました")
    axe(page)
    no_sideways_scroll(page)
    screenshot(page, f"survey-end-{width}")


def test_a_following_question_shows_itself_after_its_answer(page: Page, address: str) -> None:
    page.goto(address)
    follows = page.locator("[data-key=reason]")
    expect(follows).to_be_hidden()
    page.get_by_role("radio", name="やや不満").check()
    expect(follows).to_be_visible()
    page.get_by_label("話し方や聞き方").check()
    page.get_by_role("radio", name="満足", exact=True).check()
    expect(follows).to_be_hidden()
    page.get_by_role("button", name="答えを送る").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("ありがとうございました")
