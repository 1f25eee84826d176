"""運用 in Chromium at both widths: its pages as they open, with rows, and when they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from caasis.kernel.ids import uuid7
from caasis.platform.outbox.models import DeadLetter
from tests.support.browser import WIDTHS
from tests.support.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def administrator(live: Any, live_town: Any, page: Page) -> Page:
    """Logged in by hand, and led to 運用."""
    page.goto(f"{live.url}/accounts/login/")
    page.get_by_label("利用者名").fill("admin")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン", exact=True).click()
    page.wait_for_url("**/desk/administration/")
    return page


@pytest.fixture
def looked_at(axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None], screenshot: Callable[..., None]) -> Any:
    def look(page: Page, name: str = "") -> None:
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            axe(page)
            no_sideways_scroll(page)
            if name:
                screenshot(page, f"administration-{name}-{width}")

    return look


def letter(town: Any) -> DeadLetter:
    return DeadLetter.objects.create(
        consumer="analytics.facts", position=1, topic="cases.registered", subject=uuid7(), centre_id=town.centre_a.id,
        error="KeyError (facts.py:12 store)", tries=11,
    )  # fmt: skip


def test_the_way_of_an_administrator(live: Any, live_town: Any, administrator: Page, looked_at: Any) -> None:
    """State, a letter that is given up, a new colleague with a password, and a new centre with its hours."""
    page = administrator
    letter(live_town)
    page.get_by_role("heading", level=1, name="システムの状態").wait_for()
    looked_at(page, "state")
    page.allow_console(r"status of 422")  # type: ignore[attr-defined]

    page.get_by_role("link", name="止まった処理").click()
    looked_at(page, "letters")
    page.get_by_role("link", name="捨てる").click()
    page.get_by_role("button", name="理由を記録して捨てる").click()
    page.get_by_role("alert").wait_for()
    looked_at(page, "discard")
    page.get_by_label("捨てる理由").fill("試験のデータだったため")
    page.get_by_role("button", name="理由を記録して捨てる").click()
    page.get_by_text("止まった処理はありません").wait_for()

    page.get_by_role("link", name="利用者", exact=True).click()
    looked_at(page, "users")
    page.get_by_role("link", name="利用者を作る").click()
    page.get_by_role("button", name="作る", exact=True).click()
    page.get_by_role("alert").wait_for()
    looked_at(page, "user-new")
    page.get_by_label("利用者名").fill("hanako")
    page.get_by_label("氏名").fill("見本 花子")
    page.get_by_label("役割").select_option(label="相談員")
    page.get_by_label("センター", exact=False).select_option(label="青葉市消費生活センター")
    page.get_by_role("button", name="作る", exact=True).click()
    page.get_by_text("一度だけのパスワード").first.wait_for()
    looked_at(page, "password")
    page.get_by_role("link", name="利用者の画面へ").click()
    page.get_by_text("本人のログイン待ち").wait_for()
    page.get_by_text("役割を付ける").click()
    looked_at(page, "user")
    page.get_by_role("button", name="役割「相談員」を終える").click()
    page.get_by_text("役割がないので").wait_for()

    page.get_by_role("navigation", name="運用の画面").get_by_role("link", name="センター").click()
    looked_at(page, "centres")
    page.get_by_role("link", name="センターを登録する").click()
    page.get_by_role("button", name="登録する", exact=True).click()
    page.get_by_role("alert").wait_for()
    looked_at(page, "centre-new")
    page.get_by_label("記号").fill("C01")
    page.get_by_label("センターの名前").fill("新町消費生活センター")
    page.get_by_label("都道府県").select_option(label="宮城県")
    page.get_by_role("button", name="登録する", exact=True).click()
    page.get_by_label("月曜日 1回目の始まり").fill("09:00")
    page.get_by_role("button", name="1週間の時間を保存する").click()
    page.get_by_role("alert").wait_for()
    page.get_by_text("特別な日を入れる").click()
    looked_at(page, "hours")
    page.get_by_label("月曜日 1回目の終わり").fill("17:00")
    page.get_by_role("button", name="1週間の時間を保存する").click()
    page.get_by_text("開いている時間を保存しました").wait_for()
    page.get_by_role("link", name="決裁と保存").click()
    looked_at(page, "settings")
    page.get_by_role("button", name="保存する").click()
    page.get_by_text("設定を保存しました").wait_for()
    page.get_by_role("link", name="基本").click()
    looked_at(page, "centre")


def test_without_a_script_the_forms_work(live: Any, live_town: Any, new_context: Callable[..., Any]) -> None:
    """The administrator's pages ask for no script at all."""
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live.url}/accounts/login/?next={reverse('desk:admin-user', args=[live_town.counsellor.id])}")
    page.get_by_label("利用者名").fill("admin")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン", exact=True).click()
    page.get_by_role("button", name="パスワードを作り直す").click()
    page.get_by_role("heading", name="新しいパスワードを作りました").wait_for()
