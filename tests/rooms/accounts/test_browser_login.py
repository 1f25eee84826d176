"""Logging in with a browser: password, app, passkey, lock; accessible at both widths."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from playwright.sync_api import Page, expect

from tests.support.browser import WIDTHS
from tests.support.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]


@pytest.fixture
def user(town: Any) -> Any:
    cache.clear()
    user = town.users["counsellor"]
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def url(live_server: Any, settings: Any) -> str:
    """The product under the name that counts as a secure context, which passkeys need."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.LOGIN_REDIRECT_URL = "/accounts/sessions/"
    return str(live_server.url).replace("127.0.0.1", "localhost")


def confirm_it_is_me(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("本人の確認")
    page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="続ける").click()


def fill_in(page: Page, url: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("利用者名").fill("counsellor")
    page.get_by_label("パスワード", exact=True).fill(password)
    page.get_by_role("button", name="ログイン", exact=True).click()


@pytest.mark.parametrize("width", [320, 1440])
def test_a_wrong_password_then_the_right_one(
    user: Any,
    url: str,
    page: Page,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
    width: int,
) -> None:
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.goto(f"{url}/accounts/login/")
    axe(page)
    no_sideways_scroll(page)
    fill_in(page, url, "ちがう")
    expect(
        page.get_by_role("link", name="利用者名かパスワードが違います。")
        .or_(page.get_by_text("利用者名かパスワードが違います。"))
        .first
    ).to_be_visible()
    expect(page).to_have_title(re.compile("^エラー："))
    axe(page)
    no_sideways_scroll(page)
    fill_in(page, url)
    expect(page.get_by_role("heading", level=1)).to_have_text("ログイン中の端末")
    axe(page)
    no_sideways_scroll(page)


def test_after_many_wrong_passwords_the_page_says_what_to_do(
    user: Any,
    url: str,
    page: Page,
    axe: Callable[..., Any],
    settings: Any,
) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    page.allow_console("status of 4(22|29)")  # type: ignore[attr-defined]
    for _ in range(3):
        fill_in(page, url, "ちがう")
    expect(page.get_by_role("heading", level=1)).to_have_text("しばらくログインできません")
    axe(page)


def code(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_an_authenticator_app_is_set_up_and_asked_for(
    user: Any,
    url: str,
    page: Page,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
) -> None:
    fill_in(page, url)
    page.goto(f"{url}/accounts/2fa/")
    axe(page)
    page.get_by_role("link", name="認証アプリを設定する").click()
    axe(page)
    confirm_it_is_me(page)
    picture = page.get_by_alt_text("認証アプリで読み取る図")
    expect(picture).to_be_visible()
    assert page.evaluate("(e) => e.naturalWidth", picture.element_handle()) > 0, "the policy lets the picture through"
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    no_sideways_scroll(page)
    secret = page.locator("#totp-secret").inner_text()
    page.get_by_label("アプリに表示された番号").fill(code(secret))
    page.get_by_role("button", name="設定する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("リカバリーコード")
    recovery = page.locator(".app-accounts__codes li").first.inner_text()
    axe(page)
    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("button", name="ログアウト").click()

    cache.clear()
    fill_in(page, url)
    expect(page.get_by_role("heading", level=1)).to_have_text("二段階認証")
    axe(page)
    # The code that set it up is used up; the recovery code gets in as well.
    page.get_by_label("番号").fill(recovery)
    page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ログイン中の端末")


def test_a_passkey_is_added_and_opens_without_a_password(
    user: Any,
    url: str,
    page: Page,
    axe: Callable[..., Any],
) -> None:
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    protocol.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    fill_in(page, url)
    page.goto(f"{url}/accounts/2fa/webauthn/add/")
    confirm_it_is_me(page)
    axe(page)
    page.get_by_label("名前").fill("職場のパソコン")
    page.get_by_label("パスワードなしのログインにも使う").check()
    page.get_by_role("button", name="追加する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("リカバリーコード")
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count() == 1
    page.goto(f"{url}/accounts/2fa/webauthn/")
    expect(page.get_by_role("cell", name="職場のパソコン（パスワードなし）")).to_be_visible()
    axe(page)
    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("button", name="ログアウト").click()

    page.goto(f"{url}/accounts/login/")
    page.get_by_role("button", name="パスキーでログイン").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ログイン中の端末")


def test_without_a_passkey_the_page_says_so_and_stays(user: Any, url: str, page: Page) -> None:
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    page.goto(f"{url}/accounts/login/")
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('x', 'NotAllowedError')) }"
    )
    page.get_by_role("button", name="パスキーでログイン").click()
    expect(page.get_by_role("alert")).to_contain_text("パスキーを使えませんでした。")
