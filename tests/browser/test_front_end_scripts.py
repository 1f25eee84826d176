"""The scripts in Chromium: nothing typed is lost, the keys respect conversion, the stream catches up."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.kit.server import Kit

pytestmark = pytest.mark.browser
SAVED = "下書きを保存しました（14:03:21）"


@pytest.fixture
def card(kit: Kit, page: Page) -> Page:
    page.goto(f"{kit.url}/card")
    expect(page.locator("#save-state")).to_have_text("変更なし")
    return page


def test_typing_is_saved_after_a_pause(kit: Kit, card: Page) -> None:
    card.locator("#product").fill("屋根工事")
    expect(card.locator("#save-state")).to_have_text(SAVED)
    assert kit.saves[-1]["product"] == "屋根工事"
    expect(card.locator("[name=draft_version]")).to_have_value("7")


def test_long_typing_is_saved_every_five_seconds(kit: Kit, card: Page) -> None:
    card.locator("#summary").focus()
    for _ in range(14):
        card.keyboard.insert_text("あ")
        card.wait_for_timeout(450)
    assert len(kit.saves) >= 1, "six seconds of typing without a pause of 800 ms"


def test_text_survives_a_broken_connection(kit: Kit, card: Page, context: BrowserContext) -> None:
    card.allow_console("ERR_INTERNET_DISCONNECTED")  # type: ignore[attr-defined]
    context.set_offline(True)
    card.locator("#product").fill("屋根工事（代金は後払い）")
    expect(card.locator("#save-state")).to_have_text(
        "通信できません。画面を閉じないでください。つながりしだい保存します。"
    )
    expect(card.locator("#save-state")).to_have_attribute("data-state", "offline")
    assert not kit.saves
    context.set_offline(False)
    expect(card.locator("#save-state")).to_have_text(SAVED, timeout=15_000)
    assert kit.saves[-1]["product"] == "屋根工事（代金は後払い）"


def test_a_failing_server_is_tried_again(kit: Kit, card: Page) -> None:
    card.allow_console("status of 500")  # type: ignore[attr-defined]
    kit.answer = (500, "text/html", "")
    card.locator("#product").fill("あ")
    expect(card.locator("#save-state")).to_contain_text("通信できません")
    kit.answer = (200, "application/json", '{"saved_at": "14:03:21"}')
    expect(card.locator("#save-state")).to_have_text(SAVED, timeout=15_000)


def test_an_answer_never_changes_what_is_typed(kit: Kit, card: Page) -> None:
    kit.answer = (200, "application/json", '{"saved_at": "14:03:21", "product": "別の値", "draft_version": 9}')
    card.locator("#product").fill("わたしの値")
    expect(card.locator("#save-state")).to_have_text(SAVED)
    expect(card.locator("#product")).to_have_value("わたしの値")


def test_a_lost_session_is_mended_without_leaving(kit: Kit, card: Page) -> None:
    card.allow_console("status of 401")  # type: ignore[attr-defined]
    kit.signed_in = False
    card.locator("#product").fill("ログアウト後の入力")
    dialog = card.get_by_role("dialog", name="ログインの時間が切れました")
    expect(dialog).to_be_visible()
    card.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="ログインしたので続ける").click()
    expect(dialog).to_contain_text("まだログインしていません。")
    assert not kit.saves
    kit.signed_in = True
    dialog.get_by_role("button", name="ログインしたので続ける").click()
    expect(dialog).to_be_hidden()
    expect(card.locator("#save-state")).to_have_text(SAVED)
    assert kit.saves[-1]["product"] == "ログアウト後の入力"


def test_a_conflict_is_shown_and_saving_rests_until_it_is_settled(kit: Kit, card: Page) -> None:
    card.allow_console("status of 409")  # type: ignore[attr-defined]
    kit.answer = (409, "text/html; charset=utf-8", "<h2>ほかの職員が先に更新しました</h2>")
    card.locator("#product").fill("わたしの値")
    expect(card.get_by_role("heading", name="ほかの職員が先に更新しました")).to_be_visible()
    expect(card.locator("#save-state")).to_have_text("ほかの職員が先に更新しました。あなたの入力は残っています。")
    expect(card.locator("#product")).to_have_value("わたしの値")
    kit.answer = (200, "application/json", '{"saved_at": "14:03:21"}')
    card.locator("#product").fill("わたしの値2")
    card.wait_for_timeout(1200)
    assert not kit.saves
    card.evaluate("document.getElementById('conflict').replaceChildren()")
    card.locator("#product").fill("わたしの値3")
    expect(card.locator("#save-state")).to_have_text(SAVED)


def test_nothing_stays_on_the_terminal(kit: Kit, card: Page) -> None:
    card.locator("#product").fill("保存先を確かめる語")
    expect(card.locator("#save-state")).to_have_text(SAVED)
    assert card.evaluate("localStorage.length + sessionStorage.length") == 0
    assert card.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert card.evaluate("caches.keys().then((all) => all.length)") == 0


def test_leaving_with_unsaved_text_is_asked_about(kit: Kit, card: Page, context: BrowserContext) -> None:
    card.allow_console("ERR_INTERNET_DISCONNECTED")  # type: ignore[attr-defined]
    context.set_offline(True)
    card.locator("#product").click()
    card.keyboard.insert_text("未保存")
    with card.expect_event("dialog") as asked:
        card.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_keys_do_not_work_while_japanese_is_converted(kit: Kit, card: Page, context: BrowserContext) -> None:
    card.evaluate(
        "window.adopted = 0; document.querySelector('[data-key=\"Alt+1\"]').addEventListener('click', () => adopted++)"
    )
    card.locator("#summary").focus()
    devtools = context.new_cdp_session(card)
    devtools.send("Input.imeSetComposition", {"selectionStart": 2, "selectionEnd": 2, "text": "やね"})
    card.evaluate(
        """document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
            {key: '1', code: 'Digit1', altKey: true, isComposing: true, bubbles: true, cancelable: true}))"""
    )
    assert card.evaluate("adopted") == 0
    devtools.send("Input.insertText", {"text": "屋根"})
    card.keyboard.press("Alt+1")
    assert card.evaluate("adopted") == 1


def test_the_question_mark_lists_the_keys_but_can_be_typed(kit: Kit, card: Page) -> None:
    card.locator("#summary").focus()
    card.keyboard.press("?")
    expect(card.get_by_role("dialog", name="キーの一覧")).to_be_hidden()
    assert "?" in card.locator("#summary").input_value()
    card.locator("h1").click()
    card.keyboard.press("?")
    dialog = card.get_by_role("dialog", name="キーの一覧")
    expect(dialog).to_contain_text("Ctrl+S")
    expect(dialog).to_contain_text("登録")
    card.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_f6_goes_round_the_panes(kit: Kit, card: Page) -> None:
    seen = []
    for _ in range(5):
        card.keyboard.press("F6")
        seen.append(
            card.evaluate("document.activeElement.className.split(' ').pop() || document.activeElement.tagName")
        )
    assert len(set(seen[:4])) == 4 and seen[4] == seen[0]


def test_the_palette_finds_a_screen_and_goes_there(kit: Kit, card: Page) -> None:
    card.keyboard.press("Control+k")
    expect(card.locator("#app-palette-input")).to_be_focused()
    card.keyboard.insert_text("さ")
    card.keyboard.press("Escape")
    expect(card.locator("#app-palette")).to_be_hidden()
    card.keyboard.press("Control+k")
    expect(card.locator("#app-palette-input")).to_have_value("")
    card.keyboard.insert_text("決裁")
    found = card.locator("#app-palette-list [role=option]")
    expect(found).to_have_count(1)
    expect(found).to_have_attribute("aria-selected", "true")
    with card.expect_navigation(url=re.compile("/approval$")):
        card.keyboard.press("Enter")


def test_a_closed_button_leads_to_what_is_missing(kit: Kit, card: Page) -> None:
    card.keyboard.press("Control+s")
    expect(card.locator("#consumer")).to_be_focused()


def test_ten_seconds_to_undo(kit: Kit, card: Page) -> None:
    card.evaluate(
        """document.body.dispatchEvent(new CustomEvent('app:undo',
            {bubbles: true, detail: {message: '採用しました。', url: '/undo', seconds: 10}}))"""
    )
    toast = card.locator(".app-toast")
    expect(toast).to_contain_text("採用しました。")
    toast.get_by_role("button", name="元に戻す").click()
    expect(toast).to_contain_text("元に戻しました。")
    assert kit.undone == ["token-of-the-page"]
    expect(card.locator("#live")).to_have_text("1回目の内容")


def test_an_undo_goes_away_by_itself(kit: Kit, card: Page) -> None:
    card.evaluate(
        "document.dispatchEvent(new CustomEvent('app:undo', {detail: {message: 'x', url: '/undo', seconds: 1}}))"
    )
    expect(card.locator(".app-toast")).to_have_count(0, timeout=4000)
    assert not kit.undone


def test_the_page_loads_anew_what_changed(kit: Kit, card: Page) -> None:
    card.wait_for_timeout(300)
    kit.publish("calls.ringing")
    kit.publish("cases.received")
    expect(card.locator("#live")).to_have_text("1回目の内容", timeout=3000)


def test_after_a_break_the_stream_catches_up(kit: Kit, card: Page) -> None:
    kit.publish("cases.received")
    expect(card.locator("#live")).to_have_text("1回目の内容", timeout=3000)
    kit.drop_streams.set()
    card.wait_for_timeout(300)
    kit.publish("cases.received")
    kit.drop_streams.clear()
    expect(card.locator("#live")).to_have_text("2回目の内容", timeout=10_000)
    assert kit.streams[-1] == "1", "came back with the position of the last event"


def test_two_tabs_share_one_stream(kit: Kit, card: Page, context: BrowserContext) -> None:
    card.wait_for_timeout(300)
    second = context.new_page()
    second.goto(f"{kit.url}/card")
    second.wait_for_timeout(500)
    kit.publish("cases.received")
    for tab in (card, second):
        expect(tab.locator("#live")).to_contain_text("回目の内容", timeout=3000)
    assert len(kit.streams) == 1


def test_silence_is_said_after_twenty_seconds(kit: Kit, page: Page) -> None:
    page.allow_console("ERR_|status of")  # type: ignore[attr-defined]
    page.clock.install()
    page.goto(f"{kit.url}/card")
    page.clock.run_for(2000)
    expect(page.locator("#app-connection")).to_be_empty()
    kit.drop_streams.set()
    page.wait_for_timeout(300)
    page.clock.run_for(25_000)
    expect(page.locator("#app-connection")).to_contain_text("つながりが切れています。")
