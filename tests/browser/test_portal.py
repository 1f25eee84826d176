"""The portal in Chromium: a whole consultation with and without JavaScript, accessible at both widths, light."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from caasis.channels.models import Attachment, Contact
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.services import load_seed_articles
from caasis.platform.transactions import system_transaction
from tests.rooms.channels.conftest import png
from tests.support.browser import WIDTHS
from tests.support.translations import load_translations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]

PUBLIC = (
    "/", "/guide/", "/search/", "/search/?q=ぞうさんのかばん", "/search/?q=定期購入をやめたい", "/search/?situation=cancel",
    "/articles/F-1001/", "/articles/F-1011/", "/articles/A-2001/", "/alerts/", "/offices/", "/offices/?postcode=980-0811",
    "/offices/?prefecture=12", "/consult/1/", "/consult/resume/", "/receipt/", "/privacy/", "/accessibility/", "/about/",
    "/guides/", "/guides/yametai/", "/guides/yametai/?a=1.1.1", "/guides/haratta/?a=1", "/ask/", "/ask/?lang=en",
    "/easy/", "/easy/search/?q=けいやく", "/easy/articles/F-1001/", "/en/", "/en/search/?q=cancel", "/en/articles/F-1001/",
    "/alerts/?kind=alert&prefecture=04", "/alerts/?kind=action", "/cross-border/", "/help-without-internet/", "/statistics/",
    "/articles/F-1001/?voted=1", "/news/", "/news/sent/", "/news/confirmed/",
    "/events/", "/events/?past=1", "/events/lecture/", "/events/lecture/done/", "/materials/",
    "/materials/?audience=young", "/articles/K-3001/",
    "/watch-report/",
    "/book/", "/book/?prefecture=12",
)  # fmt: skip
MAX_BYTES = 90 * 1024
MAX_SCRIPT_BYTES = 30 * 1024
MAX_REQUESTS = 12


@pytest.fixture
def portal(live_server: Any, town: Any, settings: Any, tmp_path: Path) -> str:
    """The address of a running portal with articles and two centres."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    load_translations(tmp_path)
    return str(live_server.url)


def fill_day(page: Page, name: str, days_ago: int) -> None:
    day = day_in_japan(timezone.now()) - timedelta(days=days_ago)
    for part, value in (("y", f"令和{day.year - 2018}"), ("m", str(day.month)), ("d", str(day.day))):
        page.locator(f"[name={name}_{part}]").fill(value)


def choose(page: Page, **choices: str) -> None:
    for name, value in choices.items():
        page.locator(f"[name={name}][value={value}]").check()


def to_contract(page: Page, portal: str) -> None:
    """Through the first two steps."""
    page.goto(f"{portal}/consult/1/")
    choose(page, topic="cancel", who="self", injury="no", money_moving="soon")
    page.get_by_role("button", name="次へ：できごと").click()
    page.get_by_label("できごと").fill("給湯器の点検だと言って来て、\nその日のうちに契約してしまいました。")
    page.get_by_role("button", name="次へ：契約").click()


def fill_contract(page: Page) -> None:
    choose(page, how="visit", document="yes", exceptions="none", paid="none")
    page.get_by_label("相手の名前").fill("あおぞら設備点検")
    fill_day(page, "contracted_on", 2)
    fill_day(page, "document_on", 2)
    page.locator("[name=amount]").fill("４８万")


def picture(name: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/png", "buffer": png(64, 64)}


def send_all(page: Page, portal: str) -> tuple[str, str]:
    """A whole consultation with a photo; returns receipt number and secret."""
    to_contract(page, portal)
    fill_contract(page)
    page.locator("[name=files]").set_input_files([picture("契約書 1枚目.png"), picture("名刺.png")])
    page.get_by_role("button", name="選んだ写真を加える").click()
    expect(page.get_by_label("受け取った写真").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("listitem").filter(has_text="名刺.png").get_by_role("button", name="消す").click()
    expect(page.get_by_label("受け取った写真").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_label("相手の名前")).to_have_value("あおぞら設備点検")
    page.get_by_role("button", name="次へ：あなたのこと").click()
    page.get_by_label("郵便番号").fill("９８０ー０８１１")
    page.get_by_role("button", name="次へ：確認").click()
    expect(page.get_by_role("heading", name="青葉市消費生活センターに届きます")).to_be_visible()
    expect(page.get_by_text("480,000円")).to_be_visible()
    page.get_by_role("button", name="この内容で送る").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ご相談を受け付けました")
    values = page.locator(".app-slip dd")
    return values.nth(0).inner_text(), values.nth(1).inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_whole_consultation(
    portal: str,
    new_context: Callable[..., BrowserContext],
    watch_page: Callable[[Page], Page],
    town: Any,
    script: bool,
) -> None:
    page = watch_page(new_context(java_script_enabled=script).new_page())
    page.goto(portal)
    page.get_by_role("link", name="文章で送る").click()
    expect(page).to_have_url(f"{portal}/consult/1/")
    number, secret = send_all(page, portal)
    last = day_in_japan(timezone.now()) + timedelta(days=5)
    expect(page.locator(".app-first")).to_contain_text("お返事を待たずに、通知を出してください")
    expect(page.locator(".app-due__big")).to_contain_text(f"{last.month}月{last.day}日")
    expect(page.locator(".app-days li")).to_have_count(8)
    page.reload()
    expect(page.locator(".app-slip dd").nth(1)).to_have_text(secret)
    with system_transaction():
        contact = Contact.objects.get(receipt_number=number)
        assert contact.centre_id == town.centre_a.id and Attachment.objects.filter(contact=contact).count() == 1
    # Another browser, with nothing but what was written down.
    other = watch_page(new_context(java_script_enabled=script).new_page())
    other.goto(f"{portal}/receipt/")
    other.get_by_label("受付番号").fill(number.replace("-", " "))
    other.get_by_label("暗証番号").fill(secret.replace(" ", ""))
    other.get_by_role("button", name="状況を見る").click()
    expect(other.locator(".app-track [aria-current=step]")).to_contain_text("青葉市消費生活センター")
    other.get_by_label("センターへの返事").fill("書類は、あります。")
    other.get_by_role("button", name="返事を送る").click()
    expect(other.locator(".app-msg").last).to_contain_text("書類は、あります。")
    other.get_by_role("button", name="見おわったので閉じる").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("送った相談の状況を見る")
    other.go_back()
    other.reload()
    expect(other.locator(".app-msg")).to_have_count(0)


def test_the_browsers_back_button_loses_nothing(portal: str, page: Page) -> None:
    to_contract(page, portal)
    fill_contract(page)
    page.get_by_role("button", name="次へ：あなたのこと").click()
    # A person goes back from a page that is there; in the middle of a navigation the browser has none.
    expect(page).to_have_url(f"{portal}/consult/4/")
    page.go_back()
    expect(page.get_by_label("相手の名前")).to_have_value("あおぞら設備点検")
    page.reload()
    expect(page.locator("[name=amount]")).to_have_value("480,000")
    page.get_by_role("button", name="もどる").click()
    expect(page.get_by_label("できごと")).to_have_value("給湯器の点検だと言って来て、\nその日のうちに契約してしまいました。")
    number, _ = send_all(page, portal)
    page.go_back()
    page.goto(f"{portal}/consult/5/")
    expect(page.locator(".app-slip dd").first).to_have_text(number)
    with system_transaction():
        assert Contact.objects.count() == 1


def test_enter_in_a_field_goes_on_and_removes_nothing(portal: str, page: Page) -> None:
    to_contract(page, portal)
    fill_contract(page)
    page.locator("[name=files]").set_input_files([picture("契約書.png")])
    page.get_by_role("button", name="選んだ写真を加える").click()
    page.get_by_label("相手の名前").press("Enter")
    expect(page).to_have_url(f"{portal}/consult/4/")
    page.go_back()
    page.reload()
    expect(page.get_by_label("受け取った写真").get_by_role("listitem")).to_have_count(1)


def test_the_first_step_by_keyboard_alone(portal: str, page: Page) -> None:
    page.goto(f"{portal}/consult/1/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("本文へ移動")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("保存コードで、前の続きを書く")
    for _ in range(4):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("次へ：できごと")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{portal}/consult/2/")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_public_page_is_accessible_and_fits(
    portal: str, page: Page, axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    for path in PUBLIC:
        page.goto(portal + path)
        assert page.locator("h1").count() == 1, path
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        no_sideways_scroll(page)
        assert small_targets(page) == [], path


@pytest.mark.parametrize("width", WIDTHS)
def test_the_form_is_accessible_and_fits_also_with_errors(
    portal: str,
    page: Page,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
    screenshot: Callable[..., None],
    width: int,
) -> None:
    def check(name: str) -> None:
        assert page.locator("h1").count() == 1
        axe(page)
        no_sideways_scroll(page)
        assert small_targets(page) == []
        if name in ("step3", "done"):
            screenshot(page, f"portal-{name}-{width}")

    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(portal)
    screenshot(page, f"portal-top-{width}")
    page.goto(f"{portal}/consult/1/")
    page.get_by_role("button", name="次へ：できごと").click()
    expect(page.locator(".app-error-summary")).to_be_focused()
    assert page.title().startswith("エラー：")
    check("step1-error")
    to_contract(page, portal)
    page.locator("[name=files]").set_input_files([{"name": "a.exe", "mimeType": "image/png", "buffer": b"MZ" + b"\0" * 99}])
    page.get_by_role("button", name="次へ：あなたのこと").click()
    check("step3-error")
    fill_contract(page)
    page.locator("[name=files]").set_input_files([picture("契約書.png")])
    page.get_by_role("button", name="選んだ写真を加える").click()
    check("step3")
    page.get_by_role("button", name="次へ：あなたのこと").click()
    choose(page, reply_by="phone")
    page.get_by_role("button", name="次へ：確認").click()
    check("step4-error")
    page.get_by_label("電話番号").fill("090-1234-5678")
    page.get_by_role("button", name="次へ：確認").click()
    check("step5")
    page.get_by_role("button", name="この内容で送る").click()
    check("done")
    page.get_by_role("link", name="いまの状況を見る").click()
    page.get_by_role("button", name="返事を送る").click()
    check("status-error")
    page.get_by_role("link", name="相談を取り下げる").click()
    check("withdraw")
    page.get_by_role("button", name="取り下げる", exact=True).click()
    check("withdrawn")


def small_targets(page: Page) -> list[str]:
    """Buttons, fields and links that stand alone and are lower than 44 pixels."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('button, select, textarea, input[type=text], input[type=search], summary,'
              + ' label.dads-radio, label.dads-checkbox, a.dads-button, a.app-tlink, nav a, header a, footer a')]
            .filter((e) => !e.closest('.app-vh') && !e.classList.contains('app-vh') && !e.classList.contains('app-skip'))
            .filter((e) => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 43.5)
            .map((e) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 20)} `
              + `${Math.round(e.getBoundingClientRect().height)}px`)"""
    )
    return found


def test_every_page_is_light(portal: str, new_context: Callable[..., BrowserContext]) -> None:
    """Bytes as a compressing server sends them; a page counts with everything that it loads into an empty cache."""
    too_heavy = []
    for path in ("/", "/search/?q=定期購入をやめたい", "/articles/F-1001/", "/offices/?postcode=980-0811", "/consult/1/", "/receipt/"):
        context = new_context()
        page = context.new_page()
        sizes: dict[str, int] = {}
        page.on("response", lambda answer, sizes=sizes: sizes.update({answer.url: len(gzip.compress(answer.body(), 6))}))
        page.goto(portal + path)
        page.wait_for_load_state("networkidle")
        scripts = sum(size for url, size in sizes.items() if url.endswith(".js"))
        if sum(sizes.values()) > MAX_BYTES or scripts > MAX_SCRIPT_BYTES or len(sizes) > MAX_REQUESTS:
            too_heavy.append((path, sum(sizes.values()), scripts, len(sizes)))
        assert len(sizes) > 3, "the page's own resources were not counted"
    assert too_heavy == []
