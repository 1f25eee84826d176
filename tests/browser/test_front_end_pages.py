"""Bases, fields and style sheets in Chromium: accessible, and no page wider than its window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kit.server import Kit
from tests.support.browser import WIDTHS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [320, 1024, 1280, 1440])
@pytest.mark.parametrize("name", ["form", "card", "conflict", "list", "approval", "analysis", "error"])
def test_a_page_is_accessible_and_reflows(
    kit: Kit, page: Page, axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None], name: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
    page.goto(f"{kit.url}/{name}")
    axe(page)
    no_sideways_scroll(page)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_errors_stand_in_the_summary_and_at_the_field(
    kit: Kit, page: Page, axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None], width: int
) -> None:
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{kit.url}/form")
    page.get_by_label("相手の名前").fill("点検の会社")
    page.locator("[name=signed_on_y]").fill("２０２６")
    page.locator("[name=signed_on_m]").fill("１２")
    page.locator("[name=signed_on_d]").fill("１８")
    page.get_by_role("button", name="次へ").click()
    summary = page.locator(".app-error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("5か所、確かめてください")
    assert page.title().startswith("エラー：")
    expect(page.get_by_label("相手の名前")).to_have_value("点検の会社")
    expect(page.locator("[name=signed_on_y]")).to_have_value("２０２６")
    page.get_by_role("link", name="きょうか、きょうより前の日を入力してください。").click()
    expect(page.locator("[name=signed_on_y]")).to_be_focused()
    expect(page.locator("[name=signed_on_y]")).to_have_attribute("aria-invalid", "true")
    group = page.locator("fieldset", has=page.locator("[name=signed_on_y]"))
    assert "id_signed_on_error" in (group.get_attribute("aria-describedby") or "")
    expect(page.locator("#id_signed_on_error")).to_contain_text("きょうか、きょうより前の日を入力してください。")
    page.get_by_role("link", name="契約のしかたを選んでください。").click()
    expect(page.locator("#id_how_0")).to_be_focused()
    axe(page)
    no_sideways_scroll(page)


def test_what_people_write_is_taken(kit: Kit, page: Page) -> None:
    page.goto(f"{kit.url}/form")
    page.get_by_label("家に来た").check()
    page.locator("[name=signed_on_y]").fill("令和8年11月18日")
    page.locator("[name=amount]").fill("148万")
    page.get_by_label("できごと").fill("屋根の点検と言われた")
    page.get_by_label("個人情報の取り扱いを読みました").check()
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.get_by_role("button", name="次へ").click()
    assert posted.value.status == 200


def test_the_form_works_without_javascript(
    kit: Kit, new_context: Callable[..., Any], watch_page: Callable[[Page], Page]
) -> None:
    page = watch_page(new_context(java_script_enabled=False).new_page())
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.goto(f"{kit.url}/form")
    page.get_by_role("button", name="次へ").click()
    assert page.title().startswith("エラー：")
    assert (
        page.get_by_text("6か所、確かめてください").count() + page.get_by_text("5か所、確かめてください").count() == 1
    )


def test_the_first_tab_leads_past_the_head(kit: Kit, page: Page) -> None:
    for name in ("form", "list", "analysis"):
        page.goto(f"{kit.url}/{name}")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="本文へ移動")).to_be_focused()


def test_characters_are_counted_and_too_many_are_kept(kit: Kit, page: Page) -> None:
    page.goto(f"{kit.url}/form")
    story = page.get_by_label("できごと")
    story.fill("𠮟" * 42)
    expect(page.locator("[data-count-for=id_story]")).to_have_text("42／40字（2字多い）")
    expect(story).to_have_value("𠮟" * 42)


def test_two_clicks_send_once(kit: Kit, page: Page) -> None:
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.goto(f"{kit.url}/form")
    kit.delay = 1.0
    send = page.get_by_role("button", name="次へ")
    with page.expect_navigation():
        # Playwright's own second click would wait for the next page.
        send.evaluate("(button) => { button.click(); setTimeout(() => button.click(), 300); }")
    expect(page.locator(".app-error-summary")).to_be_visible()
    assert kit.posts == 1
    with page.expect_navigation():
        page.get_by_role("button", name="次へ").click()
    assert kit.posts == 2, "the next page sends again"


def test_leaving_with_a_text_that_nobody_sent_is_asked_about(kit: Kit, page: Page) -> None:
    """Also when another form of the page is sent; whoever stays has the text and can press again."""
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.goto(f"{kit.url}/form")
    page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML(
            'beforeend', '<form method="post" action="/form"><button>ほかの記録</button></form>')"""
    )
    story, asked = page.get_by_label("できごと"), []
    story.click()
    page.keyboard.insert_text("あさって返事が来る")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("button", name="ほかの記録").click(no_wait_after=True)
    expect(page.locator("form[data-sent]")).to_have_count(0)
    assert asked == ["beforeunload"] and kit.posts == 0
    expect(story).to_have_value("あさって返事が来る")
    with page.expect_navigation():
        page.get_by_role("button", name="次へ").click()
    assert asked == ["beforeunload"], "what is sent itself asks nothing"
    assert kit.posts == 1


def test_axe_and_the_width_check_can_fail(
    kit: Kit, page: Page, axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None]
) -> None:
    page.goto(f"{kit.url}/form")
    page.evaluate("document.querySelector('label[for=id_trader]').remove()")
    with pytest.raises(AssertionError, match="label"):
        axe(page)
    page.evaluate("document.querySelector('main').style.width = '3000px'")
    with pytest.raises(AssertionError, match="scrolls sideways"):
        no_sideways_scroll(page)
