"""The desk in Chromium: two people at once, typing that is never lost, the keyboard, and every page with axe."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from caasis.cases import services
from caasis.cases.models import Case, Draft
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import SYSTEM
from caasis.knowledge.services import load_seed_articles
from caasis.platform.transactions import system_transaction
from tests.support.browser import WIDTHS
from tests.support.cards import COMPLETE
from tests.support.desk import phone_case, send_consultation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Sign = Callable[..., Page]


def session_cookie(live: Any, user: Any) -> dict[str, str]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": store.session_key or "", "url": live.url}


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Callable[..., BrowserContext], watch_page: Callable[[Page], Page]) -> Sign:
    """`sign_in("counsellor", "/desk/")`: a browser of its own for one of the cast, at an address."""

    def sign(role: str, path: str = "/desk/", **options: Any) -> Page:
        context = new_context(**options)
        context.add_cookies([session_cookie(live, live_town.users[role])])
        page = watch_page(context.new_page())
        page.goto(live.url + path)
        return page

    return sign


def reload(case: Any) -> Case:
    with system_transaction():
        return Case.objects.get(id=case.id)


def streaming(page: Page) -> None:
    """Wait until the page hears the stream: events before that come by its position."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(700)


# --- two browsers -----------------------------------------------------------------------------------------------------


def test_a_new_consultation_appears_within_a_second_without_reload(sign_in: Sign, live_town: Any) -> None:
    page = sign_in("counsellor", "/desk/")
    listed = sign_in("counsellor2", "/desk/cases/?list=centre")
    for one in (page, listed):
        streaming(one)
        one.evaluate("window.notReloaded = true")
    page.evaluate(
        """() => { window.seen = []; new MutationObserver(() => window.seen.push(
            [document.querySelectorAll('.app-wait').length, Date.now()])).observe([...document.querySelectorAll('[data-live-body]')].at(-1), {childList: true, subtree: true}) }"""
    )
    taken = []
    for number in range(3):
        send_consultation(live_town.centre_a, topic="paid")
        saved = time.time() * 1000
        expect(page.locator(".app-wait")).to_have_count(number + 1, timeout=3000)
        taken.append(min(at for count, at in page.evaluate("window.seen") if count == number + 1) - saved)
    expect(listed.locator(".app-wait")).to_have_count(3, timeout=3000)
    assert sorted(taken)[1] <= 1000, f"milliseconds from commit to screen: {taken}"
    assert page.evaluate("window.notReloaded") and listed.evaluate("window.notReloaded")
    expect(page.locator("[data-live-status]")).to_contain_text("新しい相談が1件届きました。")


def test_while_somebody_is_in_the_list_new_rows_wait_behind_a_button(sign_in: Sign, live_town: Any) -> None:
    for _ in range(4):
        send_consultation(live_town.centre_a)
    page = sign_in("counsellor", "/desk/")
    streaming(page)
    link = page.locator(".app-wait__t").nth(2)
    link.focus()
    place = link.bounding_box()
    send_consultation(live_town.centre_a, injury="yes")
    send_consultation(live_town.centre_a, injury="yes")
    button = page.get_by_role("button", name="新しい相談 2件を表示")
    expect(button).to_be_visible(timeout=4000)
    expect(page.locator(".app-wait")).to_have_count(4)
    expect(link).to_be_focused()
    now = link.bounding_box()
    assert now and place and abs(now["y"] - place["y"]) < 1, "nothing moves under the reader's eyes"
    button.click()
    expect(page.locator(".app-wait")).to_have_count(6)
    expect(page.locator(".app-wait").first).to_contain_text("けが・事故")


def test_a_contact_that_a_colleague_takes_leaves_the_queue(sign_in: Sign, live_town: Any) -> None:
    receipt = send_consultation(live_town.centre_a)
    page = sign_in("counsellor", "/desk/")
    streaming(page)
    services.take_contact(actor=live_town.counsellor2, contact_id=receipt.contact_id)
    expect(page.get_by_text("待っている相談はありません。")).to_be_visible(timeout=4000)


def test_two_people_on_one_card(sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any, screenshot: Any) -> None:
    case = phone_case(live_town.counsellor)
    mine, theirs = sign_in("counsellor", f"/desk/cases/{case.id}/"), sign_in("supervisor", f"/desk/cases/{case.id}/")
    mine.allow_console("409")  # type: ignore[attr-defined]
    streaming(mine)
    theirs.locator("#business_name").fill("カクウルーフ")
    theirs.locator("#amount").fill("1,840,000")
    theirs.keyboard.press("Control+s")
    expect(theirs.locator("#save-state")).to_contain_text("保存しました")
    expect(mine.locator("#news")).to_contain_text("見本 supervisorさんが", timeout=4000)
    mine.locator("#amount").fill("148万円")
    mine.locator("#summary").fill("わたしの概要")
    mine.keyboard.press("Control+s")
    conflict = mine.locator(".app-conflict")
    expect(conflict).to_contain_text("ほかの職員が先に更新しました。あなたの入力は残っています。")
    expect(conflict).to_contain_text("重なったのは1項目")
    expect(conflict).to_be_focused()
    expect(mine.locator("#amount")).to_have_value("148万円")
    expect(mine.locator("#summary")).to_have_value("わたしの概要")
    expect(mine.locator("#business_name")).to_have_value("カクウルーフ")
    for width, height in WIDTHS.items():
        mine.set_viewport_size({"width": width, "height": height})
        axe(mine)
        no_sideways_scroll(mine)
    mine.set_viewport_size({"width": 1440, "height": 900})
    screenshot(mine, "desk-conflict")
    mine.get_by_role("button", name="これで決めて保存").click()
    expect(mine.locator("#save-state")).to_contain_text("保存しました")
    saved = reload(case)
    with system_transaction():
        assert saved.contracts.get().amount == 1_480_000 and saved.businesses.get().name_as_heard == "カクウルーフ"
    assert saved.summary == "わたしの概要"


def test_who_is_looking_is_said_in_words(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    theirs = sign_in("supervisor", f"/desk/cases/{case.id}/")
    expect(theirs.locator("#presence")).to_contain_text("ほかに見ている人はいません")
    mine = sign_in("counsellor", f"/desk/cases/{case.id}/")
    expect(mine.locator("#presence")).to_contain_text("見本 supervisorさんが見ています")


# --- typing is never lost ---------------------------------------------------------------------------------------------


def body_of_draft(case: Any) -> str:
    from caasis.privacy.services import read_sealed

    with system_transaction():
        row = Draft.objects.select_related("case").filter(case_id=case.id).first()
        return read_sealed(row, "body")["body"] if row else ""


def test_typing_is_saved_by_itself_and_nothing_stays_on_the_terminal(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.locator("#summary").press_sequentially("突然来訪した男性に言われた。", delay=20)
    expect(page.locator("#save-state")).to_contain_text("下書きを保存しました（", timeout=5000)
    assert "突然来訪した男性" in body_of_draft(case)
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("caches.keys().then((k) => k.length)") == 0 and page.evaluate("indexedDB.databases().then((d) => d.length)") == 0
    page.reload()
    expect(page.locator("#summary")).to_have_value("突然来訪した男性に言われた。")


def test_without_a_connection_the_page_says_so_and_saves_later(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    # Whatever the page asks for meanwhile (the autosave, a look-up of similar cases) fails, and the browser and htmx say so.
    page.allow_console("ERR_INTERNET_DISCONNECTED|Failed to|htmx:(sendError|afterRequest)")  # type: ignore[attr-defined]
    page.context.set_offline(True)
    page.locator("#summary").fill("つながらないあいだの入力")
    expect(page.locator("#save-state")).to_have_text("通信できません。画面を閉じないでください。つながりしだい保存します。", timeout=5000)
    page.context.set_offline(False)
    expect(page.locator("#save-state")).to_contain_text("下書きを保存しました", timeout=8000)
    assert "つながらないあいだの入力" in body_of_draft(case)


def test_an_expired_session_in_the_middle_of_a_card(sign_in: Sign, live: Any, live_town: Any, axe: Any) -> None:
    from django.contrib.sessions.models import Session

    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.allow_console("401")  # type: ignore[attr-defined]
    streaming(page)
    Session.objects.all().delete()
    page.locator("#summary").fill("時間切れの前からの入力")
    expect(page.get_by_role("heading", name="ログインの時間が切れました")).to_be_visible(timeout=5000)
    expect(page.locator("#summary")).to_have_value("時間切れの前からの入力")
    axe(page)
    page.context.add_cookies([session_cookie(live, live_town.users["counsellor"])])
    page.get_by_role("button", name="ログインしたので続ける").click()
    expect(page.locator("#save-state")).to_contain_text("下書きを保存しました", timeout=8000)
    assert "時間切れの前からの入力" in body_of_draft(case)
    page.keyboard.press("Control+s")
    expect(page.locator("#save-state")).to_contain_text("保存しました", timeout=5000)
    assert reload(case).summary == "時間切れの前からの入力"


def test_the_back_button_brings_the_typing_back(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.locator("#summary").fill("書きかけ")
    expect(page.locator("#save-state")).to_contain_text("下書きを保存しました（", timeout=5000)
    page.get_by_role("link", name="一覧").first.click()
    expect(page.get_by_role("heading", name="自分の担当")).to_be_visible()
    page.go_back()
    expect(page.locator("#summary")).to_have_value("書きかけ")
    page.keyboard.press("Control+s")
    expect(page.locator("#save-state")).to_contain_text("保存しました（", timeout=5000)


def test_refused_input_stays_and_says_where(sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.allow_console("422")  # type: ignore[attr-defined]
    page.locator("#amount").fill("たくさん")
    page.locator("#handling").fill("助言した")
    page.get_by_text("くわしい項目").click()
    page.locator("#keywords").fill("一、二、三、四、五、六")
    page.keyboard.press("Control+s")
    summary = page.locator(".app-error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("2か所、確かめてください")
    expect(page.locator("#amount")).to_have_value("たくさん")
    expect(page.locator("#amount")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#amount-error")).to_contain_text("契約金額を「38000」か")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        axe(page)
        no_sideways_scroll(page)
    page.get_by_role("link", name="キーワードは5つまでです。").click()
    expect(page.locator("#keywords")).to_be_focused()
    page.locator("#keywords").fill("点検商法")
    page.locator("#amount").fill("148万円")
    page.keyboard.press("Control+s")
    expect(page.locator("#save-state")).to_contain_text("保存しました（")
    expect(page.locator("#amount")).not_to_have_attribute("aria-invalid", "true")
    with system_transaction():
        assert Case.objects.get(id=case.id).contracts.get().keywords == ["点検商法"]


def test_without_scripts_everything_works(sign_in: Sign, live_town: Any) -> None:
    receipt = send_consultation(live_town.centre_a)
    page = sign_in("counsellor", f"/desk/contacts/{receipt.contact_id}/", java_script_enabled=False)
    page.get_by_role("button", name="引き受ける").click()
    page.locator("#title").fill("屋根工事を解約したい")
    page.locator("#memo").fill("14:00 電話した")
    page.locator("#answer_text").fill("はがきを出してください。")
    page.get_by_role("button", name="相談者へ送る").click()
    expect(page.locator(".app-talk__scroll")).to_contain_text("はがきを出してください。")
    expect(page.locator("#title")).to_have_value("屋根工事を解約したい")
    expect(page.locator("#memo")).to_have_value("14:00 電話した")
    page.locator("#product-cand button").click()
    expect(page.locator("#product")).not_to_have_value("")
    page.locator("#save-button").click()
    expect(page.get_by_text("保存しました。", exact=True)).to_be_visible()
    page.get_by_role("button", name="処理終了", exact=True).click()
    with system_transaction():
        case = Case.objects.get()
        assert case.state == "handled" and case.title == "屋根工事を解約したい" and case.contracts.get().product
        from caasis.channels.models import Message

        assert Message.objects.filter(author="centre").count() == 1


# --- the keyboard, the pencil, the memo -------------------------------------------------------------------------------


def test_from_the_queue_to_a_saved_card_by_keyboard(sign_in: Sign, live_town: Any) -> None:
    send_consultation(live_town.centre_a)
    page = sign_in("counsellor", "/desk/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="本文へ移動")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('app-wait__t')"):
            break
    page.keyboard.press("Enter")
    # The script that knows the keys has written them on the button.
    expect(page.get_by_role("button", name="引き受ける")).to_have_attribute("aria-keyshortcuts", "Alt+T")
    page.keyboard.press("Alt+t")
    expect(page.locator("#save-button")).to_have_attribute("aria-keyshortcuts", "Control+S")
    page.locator("#title").focus()
    page.keyboard.press("Alt+1")
    expect(page.locator("#title")).to_have_value("屋根工事：契約したけれど、やめたい")
    page.keyboard.press("Control+s")
    expect(page.locator("#save-state")).to_contain_text("保存しました（", timeout=5000)
    expect(page.locator("[data-h1]")).to_have_text("屋根工事：契約したけれど、やめたい")
    page.keyboard.press("F6")
    assert page.evaluate("document.activeElement.hasAttribute('data-pane')")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="キーの一覧")).to_be_visible()
    with system_transaction():
        assert Case.objects.get().title == "屋根工事：契約したけれど、やめたい"


def test_enter_in_a_line_sends_nothing(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.evaluate("window.notReloaded = true")
    page.locator("#business_name").fill("カクウ")
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    assert page.evaluate("window.notReloaded") and reload(case).version == 1


def test_a_candidate_is_adopted_and_taken_back(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor, product_text="屋根工事")
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    line = page.locator("#product-cand")
    expect(line).to_contain_text("候補")
    page.locator("#product_text").focus()
    page.keyboard.press("Alt+1")
    expect(page.locator("#product")).not_to_have_value("")
    expect(line).to_contain_text("採用")
    line.get_by_role("button").click()
    expect(page.locator("#product")).to_have_value("")
    expect(line).to_contain_text("候補")


def test_the_memo_pad_stamps_lines_and_quotes_them(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    entry = page.locator("#memo_entry")
    entry.click()
    tool = page.context.new_cdp_session(page)
    tool.send("Input.imeSetComposition", {"text": "とつぜん", "selectionStart": 4, "selectionEnd": 4})
    page.evaluate("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true}))")
    expect(page.locator(".app-memo__lines .app-utt")).to_have_count(0)
    tool.send("Input.insertText", {"text": "突然来訪した"})
    page.keyboard.press("Enter")
    line = page.locator(".app-memo__lines .app-utt")
    expect(line).to_have_count(1)
    expect(line.locator("time")).not_to_be_empty()
    expect(entry).to_have_value("")
    line.get_by_role("button", name="のメモを概要へ引用").click()
    expect(page.locator("#summary")).to_have_value("突然来訪した")
    expect(page.locator("#save-state")).to_contain_text("下書きを保存しました（", timeout=5000)
    page.reload()
    expect(page.locator(".app-memo__lines .app-utt")).to_contain_text("突然来訪した")


def test_the_clock_ticks_while_one_types(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    day = today_in_japan() - timedelta(days=2)
    page.locator("#sales_form").select_option("door_to_door")
    page.locator("#contract_document_on").fill(f"{day.month}/{day.day}")
    expect(page.locator(".app-clock")).to_contain_text("あと5日", timeout=4000)
    expect(page.locator(".app-days__d")).to_have_count(8)
    expect(page.locator("#questions")).to_contain_text("来てほしい", timeout=4000)


def test_taking_is_undone_within_ten_seconds(sign_in: Sign, live_town: Any) -> None:
    receipt = send_consultation(live_town.centre_a)
    page = sign_in("counsellor", f"/desk/contacts/{receipt.contact_id}/")
    page.get_by_role("button", name="引き受ける").click()
    toast = page.locator(".app-toast")
    expect(toast).to_contain_text("相談を引き受けました。")
    toast.get_by_role("button", name="元に戻す").click()
    page.wait_for_url("**/desk/")
    expect(page.locator(".app-wait")).to_have_count(1)


def test_an_answer_is_taken_back_before_it_leaves(sign_in: Sign, live_town: Any) -> None:
    receipt = send_consultation(live_town.centre_a)
    case = services.take_contact(actor=live_town.counsellor, contact_id=receipt.contact_id)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.locator("#answer_text").fill("まちがえたお返事")
    page.keyboard.press("Control+Enter")
    toast = page.locator(".app-toast")
    expect(toast).to_contain_text("10秒後に出ます。")
    toast.get_by_role("button", name="元に戻す").click()
    expect(page.locator(".app-talk__scroll del")).to_contain_text("まちがえたお返事", timeout=5000)


def test_the_preview_follows_the_focus_without_moving_it(sign_in: Sign, live_town: Any) -> None:
    phone_case(live_town.counsellor, title="ひとつめ", summary="ひとつめの概要")
    phone_case(live_town.counsellor, title="ふたつめ", summary="ふたつめの概要")
    page = sign_in("counsellor", "/desk/cases/")
    link = page.get_by_role("link", name="ひとつめ")
    link.focus()
    expect(page.locator("#preview")).to_contain_text("ひとつめの概要")
    expect(link).to_be_focused()
    page.get_by_role("link", name="ふたつめ").focus()
    expect(page.locator("#preview")).to_contain_text("ふたつめの概要")
    page.locator(".app-check").first.check()
    expect(page.locator("[data-bulk-count]")).to_have_text("1件を選んでいます")


# --- every page at both widths ----------------------------------------------------------------------------------------


def test_every_page_of_the_desk_passes_axe_at_both_widths(sign_in: Sign, live: Any, live_town: Any, axe: Any, no_sideways_scroll: Any, screenshot: Any) -> None:
    with system_transaction():
        load_seed_articles(actor=SYSTEM, alerts=True)
    receipts = [send_consultation(live_town.centre_a, **answers) for answers in ({}, {"injury": "yes"}, {"money_moving": "soon", "topic": "paid"})]
    web = services.take_contact(actor=live_town.counsellor, contact_id=receipts[0].contact_id)
    services.add_note(actor=live_town.counsellor, case_id=web.id, text="申し送り")
    phone = phone_case(live_town.counsellor, consumer_age=68, consumer_sex="male", sales_form="door_to_door", contract_document_on=today_in_japan() - timedelta(days=5), requested_visit=False)
    masked = phone_case(live_town.counsellor2, consumer_name="相談 花子")
    ready = services.open_case(actor=live_town.counsellor, card=COMPLETE)
    services.change_state(actor=live_town.counsellor, case_id=ready.id, verb="finish_handling")
    waiting = services.open_case(actor=live_town.counsellor, card=COMPLETE)
    services.change_state(actor=live_town.counsellor, case_id=waiting.id, verb="finish_handling")
    services.request_approval(actor=live_town.counsellor, case_id=waiting.id)
    with system_transaction():
        Case.objects.filter(id=ready.id).update(state="handled")
    page = sign_in("counsellor", "/desk/")
    page.allow_console("409|422|404")  # type: ignore[attr-defined]
    pages = {
        "home": "/desk/",
        "cases": "/desk/cases/",
        "centre": "/desk/cases/?list=centre",
        "no-result": "/desk/cases/?product=ありえない",
        "registered": "/desk/cases/?list=registered",
        "new": "/desk/cases/new",
        "contact": f"/desk/contacts/{receipts[1].contact_id}/",
        "contact-open": f"/desk/contacts/{receipts[1].contact_id}/?purpose=advice",
        "workspace": f"/desk/cases/{web.id}/",
        "workspace-phone": f"/desk/cases/{phone.id}/",
        "workspace-masked": f"/desk/cases/{masked.id}/",
        "handover": f"/desk/cases/{phone.id}/?panel=handover",
        "request": f"/desk/cases/{ready.id}/request",
        "request-missing": f"/desk/cases/{phone.id}/request",
        "reading": f"/desk/cases/{waiting.id}/",
        "task": f"/desk/cases/{phone.id}/task",
        "absent": "/desk/cases/01890000-0000-7000-8000-000000000000/",
    }
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for name, path in pages.items():
            page.goto(live.url + path)
            if name.startswith("workspace"):
                page.get_by_text("くわしい項目").click()
            axe(page)
            no_sideways_scroll(page)
            assert page.locator("h1").count() == 1, name
            screenshot(page, f"desk-{name}-{width}", full_page=width < 1024)


def test_the_workspace_stays_within_its_budget_of_script(sign_in: Sign, live_town: Any) -> None:
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", "/desk/")
    sizes: dict[str, int] = {}

    def measure(response: Any) -> None:
        if "javascript" in (response.headers.get("content-type") or ""):
            sizes[response.url] = len(gzip.compress(response.body()))

    page.on("response", measure)
    page.goto(page.url.rstrip("/") + f"/cases/{case.id}/")
    expect(page.locator("#save-button")).to_have_attribute("aria-keyshortcuts", "Control+S")
    page.wait_for_timeout(500)
    assert sum(sizes.values()) <= 150 * 1024, sizes
    assert len(sizes) >= 5, "the scripts were measured"
